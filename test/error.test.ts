import { inspect } from 'node:util'
import { expect } from 'chai'
import { XaiOAuthError } from '../lib/index.js'

describe('XaiOAuthError', () => {
  it('is an Error of its own name', () => {
    const error = new XaiOAuthError('xai_state_invalid', 'words')
    expect(error).to.be.instanceOf(Error).and.to.include({ name: 'XaiOAuthError', message: 'words' })
    expect(error.stack).to.match(/^XaiOAuthError: words\n/)
    expect(inspect(error)).to.contain("code: 'xai_state_invalid'")
  })

  it('surfaces as 502 unless told otherwise, under both names that frameworks read', () => {
    expect(new XaiOAuthError('xai_refresh_failed', '')).to.include({ status: 502, statusCode: 502 })
    expect(new XaiOAuthError('xai_refresh_failed', '', { status: 504 })).to.include({
      status: 504,
      statusCode: 504,
    })
  })

  it('keeps its message from people where frameworks ask whether to expose it', () => {
    expect(new XaiOAuthError('xai_refresh_failed', '', { status: 429 })).to.have.property('expose', false)
  })

  it('carries what it is told', () => {
    const detail = {
      response: { status: 429, headers: { 'retry-after': '7' }, body: 'slow down' },
      error: 'temporarily_unavailable',
      error_description: 'later',
      error_uri: 'https://auth.x.ai/why',
      retryAfter: 7,
    }
    expect(new XaiOAuthError('xai_refresh_failed', '', detail)).to.deep.include(detail)
  })

  it('has no property for what it is not told', () => {
    const detail = { error: undefined, retryAfter: undefined } as object
    expect(Object.keys(new XaiOAuthError('xai_callback_invalid', '', detail))).to.have.members([
      'code',
      'status',
      'statusCode',
    ])
    expect(new XaiOAuthError('xai_callback_invalid', '')).to.not.have.property('cause')
  })

  it('keeps what was caught as an ordinary cause, which JSON leaves out', () => {
    const cause = new Error('socket hang up')
    const error = new XaiOAuthError('xai_userinfo_failed', '', { cause })
    expect(error.cause).to.equal(cause)
    expect(JSON.parse(JSON.stringify(error))).to.deep.equal({
      code: 'xai_userinfo_failed',
      status: 502,
      statusCode: 502,
    })
  })
})

describe('XaiOAuthError in frameworks', () => {
  it('lets them write what it says of itself, which is not listed among its fields', () => {
    const error = new XaiOAuthError('xai_refresh_failed', 'm')
    expect(error).to.include({ name: 'XaiOAuthError', expose: false })
    expect(Object.keys(error)).to.not.include.members(['name']).and.not.include.members(['expose'])
    Object.assign(error, { name: 'Other', expose: true })
    expect(error).to.include({ name: 'Other', expose: true })
  })
})
