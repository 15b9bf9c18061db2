import { expect } from 'chai'
import type { Request } from 'express'
import { CookieStateStore } from '../../lib/index.js'
import { meta } from './browser.js'

/** A response that keeps the headers that are added to it. */
class Response {
  readonly added: string[] = []
  appendHeader(_name: string, value: string): void {
    this.added.push(value)
  }
}

const begin = (parts: object): Promise<string | undefined> => {
  const store = new CookieStateStore({ secret: 'a secret of the tests that is no secret' })
  return new Promise((resolve, reject) => {
    store.store({ headers: {}, ...parts } as Request, 'verifier', undefined, meta, (error, state) =>
      error ? reject(error) : resolve(state),
    )
  })
}

describe('CookieStateStore looks for the response', () => {
  it('at the request, as in Express', async () => {
    const res = new Response()
    await begin({ res })
    expect(res.added).to.have.length(1)
  })

  it('first at the context, as in Koa, whose adapter puts a stand-in at the request', async () => {
    const [standIn, res] = [new Response(), new Response()]
    await begin({ res: standIn, ctx: { res } })
    expect(res.added).to.have.length(1)
    expect(standIn.added).to.be.empty
  })
})
