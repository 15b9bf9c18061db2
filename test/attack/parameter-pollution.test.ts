import { expect } from 'chai'
import { endingOf } from '../support/application.js'
import { Scene, stores } from './scene.js'

const invalid = 'xai_callback_invalid'

type Change = (callback: URLSearchParams) => { query?: string; form?: string }

const post = (form: URLSearchParams | string, query?: string) => ({
  form: `${form}`,
  ...(query && { query }),
})
const code = (callback: URLSearchParams): string => `code=${callback.get('code')}`
const state = (callback: URLSearchParams): string => `state=${callback.get('state')}`
const long = 'x'.repeat(4097)

const pollutions: ReadonlyArray<readonly [what: string, change: Change]> = [
  ['two codes', (callback) => ({ query: `${callback}&code=attacker` })],
  ['two codes, his first', (callback) => ({ query: `code=attacker&${callback}` })],
  ['two codes, the name of one encoded', (callback) => ({ query: `${callback}&%63ode=attacker` })],
  ['two states', (callback) => ({ query: `${callback}&state=attacker` })],
  ['the same code twice', (callback) => ({ query: `${callback}&${code(callback)}` })],
  ['a list of codes', (callback) => ({ query: `${callback}&code[]=attacker` })],
  ['a code in a list', (callback) => ({ query: `code[]=attacker&${state(callback)}` })],
  ['a nested code', (callback) => ({ query: `code[x]=attacker&${state(callback)}` })],
  ['a nested state', (callback) => ({ query: `${code(callback)}&state[x]=${callback.get('state')}` })],
  ['a nested name beside the code', (callback) => ({ query: `${callback}&code[__proto__][x]=1` })],
  ['an encoded nested code', (callback) => ({ query: `code%5Bx%5D=attacker&${state(callback)}` })],
  ['two iss', (callback) => ({ query: `${callback}&iss=a&iss=b` })],
  ['two errors', (callback) => ({ query: `${state(callback)}&error=a&error=b` })],
  ['an empty code', (callback) => ({ query: `code=&${state(callback)}` })],
  ['a code without a value', (callback) => ({ query: `code&${state(callback)}` })],
  ['an empty state', (callback) => ({ query: `${code(callback)}&state=` })],
  ['an empty error', (callback) => ({ query: `${callback}&error=` })],
  ['a code of more than 4,096 characters', (callback) => ({ query: `code=${long}&${state(callback)}` })],
  ['a state of more than 4,096 characters', (callback) => ({ query: `${code(callback)}&state=${long}` })],
  ['a code without a state', (callback) => ({ query: code(callback) })],
  ['a state without a code or an error', (callback) => ({ query: state(callback) })],
  ['two codes in a form', (callback) => post(`${callback}&code=attacker`)],
  ['a nested code in a form', (callback) => post(`code[x]=attacker&${state(callback)}`)],
  ['a code in the query and in the form', (callback) => post(callback, code(callback))],
  ['his code in the query, the state in the form', (callback) => post(callback, 'code=attacker')],
  ['his state in the query and the callback in the form', (callback) => post(callback, 'state=attacker')],
]

const parsers: ReadonlyArray<readonly [name: string, parser: string | false | ((text: string) => object)]> = [
  ['Express 5’s own query parser', 'simple'],
  ['the nesting query parser of Express 4', 'extended'],
  ['a query parser that keeps one value', (text) => Object.fromEntries(new URLSearchParams(text))],
  ['no query parser', false],
]

for (const [parserName, parser] of parsers)
  describe(`an attack with polluted parameters, with ${parserName}`, () => {
    let scene: Scene
    let callback: string
    before(async () => {
      scene = await Scene.build({ extend: (app) => app.set('query parser', parser) })
      callback = await scene.pending()
    })
    after(() => scene.close())

    for (const [what, change] of pollutions)
      it(`refuses ${what}, and begins no new sign-in`, async () => {
        const { query, form } = change(new URL(callback).searchParams)
        const url = `${scene.application.callbackURL}${query ? `?${query}` : ''}`
        const { victim } = scene
        const response =
          form === undefined
            ? await victim.get(url)
            : await victim.send(
                url,
                { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
                form,
              )
        expect(response.headers).not.to.have.property('location')
        await scene.expectRefused(endingOf(response), 400, { code: invalid })
        expect(response.body).not.to.include('attacker')
      })

    it('completes the honest sign-in after all of that', () => scene.expectCompletion(callback))
  })

describe('an attack with a polluted POST where no form is parsed', () => {
  let scene: Scene
  afterEach(() => scene.close())

  it('begins a sign-in, because it sees nothing of it', async () => {
    scene = await Scene.build({ ...stores[1]?.[1] })
    const response = await scene.victim.send(
      scene.application.callbackURL,
      { method: 'POST', headers: { 'content-type': 'text/plain' } },
      'code=c&state=s',
    )
    expect(response.status).to.equal(302)
    expect(scene.tokenRequests).to.equal(0)
  })
})

describe('looking ahead at a callback', () => {
  let scene: Scene
  afterEach(() => scene.close())

  const lookAheads: ReadonlyArray<readonly [what: string, method: string, headers: Record<string, string>]> =
    [
      ['a HEAD request', 'HEAD', {}],
      ['a prefetch', 'GET', { 'sec-purpose': 'prefetch' }],
      ['a prerender', 'GET', { 'sec-purpose': 'prefetch;prerender' }],
      ['a prefetch of the older kind', 'GET', { purpose: 'prefetch' }],
    ]
  for (const [name, setup] of stores)
    for (const [what, method, headers] of lookAheads)
      it(`spends no code on ${what}, and the person signs in afterwards, with a ${name}`, async () => {
        scene = await Scene.build(setup)
        const callback = await scene.pending()
        const { status } = await scene.victim.send(callback, { method, headers })
        expect(status).to.equal(400)
        expect(scene.tokenRequests).to.equal(0)
        await scene.expectCompletion(callback)
      })
})
