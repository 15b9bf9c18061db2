import { expect } from 'chai'
import { XaiOAuthError } from '../../lib/index.js'
import {
  type DeviceAuthorization,
  deviceAuthorizationNames,
  isSamePace,
  parseDeviceAuthorization,
  progressOf,
} from '../../lib/oauth/device-grant.js'

const given = {
  device_code: 'the-device-code',
  user_code: 'WDJB-MJHT',
  verification_uri: 'https://accounts.x.ai/oauth2/device',
  verification_uri_complete: 'https://accounts.x.ai/oauth2/device?user_code=WDJB-MJHT',
  expires_in: 1800,
  interval: 10,
}

const parse = (changes: object = {}, issuer = 'https://auth.x.ai'): DeviceAuthorization => {
  const body = Buffer.from(JSON.stringify({ ...given, ...changes }))
  return parseDeviceAuthorization(deviceAuthorizationNames, { status: 200, headers: {}, body }, issuer)
}

/** The error of what must be refused. */
function refusalOf(run: () => unknown): XaiOAuthError {
  try {
    run()
  } catch (error) {
    return error as XaiOAuthError
  }
  throw new Error('it was accepted')
}

const refused = (run: () => unknown, why: RegExp): void => {
  const error = refusalOf(run)
  expect(error).to.include({ code: 'xai_device_authorization_failed', status: 502 })
  expect(error.message).to.match(why)
  expect(JSON.stringify(error)).not.to.include('the-device-code')
}

describe('parseDeviceAuthorization', () => {
  it('types what the server gives', () => {
    expect(parse()).to.deep.equal({
      deviceCode: 'the-device-code',
      userCode: 'WDJB-MJHT',
      verificationURI: 'https://accounts.x.ai/oauth2/device',
      verificationURIComplete: 'https://accounts.x.ai/oauth2/device?user_code=WDJB-MJHT',
      expiresIn: 1800,
      interval: 10,
    })
  })

  for (const complete of [undefined, null])
    it(`does without a complete address that is ${complete}`, () => {
      expect(parse({ verification_uri_complete: complete })).not.to.have.property('verificationURIComplete')
    })

  const silly = [undefined, null, 0, -1, 0.5, 61, 1e9, '7', '', true, [], {}]
  for (const value of silly)
    it(`takes 5 seconds for an interval of ${JSON.stringify(value)}`, () => {
      expect(parse({ interval: value }).interval).to.equal(5)
    })

  for (const value of [undefined, null, 0, -1, 1e9, 1e300, '1800', false, []])
    it(`takes 15 minutes for a lifetime of ${JSON.stringify(value)}`, () => {
      expect(parse({ expires_in: value }).expiresIn).to.equal(900)
    })

  for (const value of [1, 1.5, 60])
    it(`takes ${value} seconds for an interval of ${value}`, () => {
      expect(parse({ interval: value }).interval).to.equal(value)
    })

  it('reads a number that JSON cannot hold as missing', () => {
    const body = Buffer.from(JSON.stringify(given).replace('"interval":10', '"interval":1e999'))
    const response = { status: 200, headers: {}, body }
    expect(
      parseDeviceAuthorization(deviceAuthorizationNames, response, 'https://auth.x.ai').interval,
    ).to.equal(5)
  })

  const shown: ReadonlyArray<readonly [what: string, issuer: string, address: string]> = [
    ['x.ai itself', 'https://auth.x.ai', 'https://x.ai/device'],
    ['a host below x.ai', 'https://auth.x.ai', 'https://a.b.x.ai/device'],
    ['the host of another issuer', 'https://id.example', 'https://id.example/device?a=1#b'],
    ['a host below it', 'https://id.example', 'https://device.id.example/'],
    ['its own port', 'https://id.example:8443', 'https://id.example:8443/device'],
    ['the usual port', 'https://id.example:8443', 'https://id.example:443/device'],
    ['a URL of 2,048 characters', 'https://auth.x.ai', 'https://accounts.x.ai/'.padEnd(2048, 'a')],
    ['loopback for an issuer there', 'http://127.0.0.1:4000', 'http://localhost:5000/device'],
  ]
  for (const [what, issuer, address] of shown)
    it(`shows an address on ${what}`, () => {
      const both = { verification_uri: address, verification_uri_complete: address }
      expect(parse(both, issuer)).to.include({ verificationURI: address, verificationURIComplete: address })
    })

  const foreign: ReadonlyArray<readonly [move: string, address: unknown]> = [
    ['another host', 'https://evil.example/device'],
    ['a host that ends alike', 'https://evilx.ai/device'],
    ['a host that begins alike', 'https://accounts.x.ai.evil.example/device'],
    ['a user name that looks like the host', 'https://accounts.x.ai@evil.example/device'],
    ['a user name before the right host', 'https://evil.example@accounts.x.ai/device'],
    ['a password', 'https://a:b@accounts.x.ai/device'],
    ['a backslash, which browsers read as a slash', 'https://evil.example\\@accounts.x.ai/device'],
    ['a backslash behind the host', 'https://accounts.x.ai\\.evil.example/'],
    ['another port', 'https://accounts.x.ai:8443/device'],
    ['a dot behind the host', 'https://accounts.x.ai./device'],
    ['http', 'http://accounts.x.ai/device'],
    ['javascript:', 'javascript:alert(1)//accounts.x.ai'],
    ['javascript: with slashes', 'javascript://accounts.x.ai/%0aalert(1)'],
    ['data:', 'data:text/html,<script>alert(1)</script>'],
    ['no scheme', '//accounts.x.ai/device'],
    ['a path', '/device'],
    ['blanks around it', ' https://accounts.x.ai/device'],
    ['a line break in the scheme', 'java\nscript://accounts.x.ai/%0aalert(1)'],
    ['markup', 'https://accounts.x.ai/"><script>alert(1)</script>'],
    ['letters that look like others', 'https://accounts.х.ai/device'],
    ['text that turns its direction', 'https://accounts.x.ai/\u202edevice'],
    ['loopback', 'http://127.0.0.1/device'],
    ['a number', 7],
    ['nothing', ''],
    ['more than 2,048 characters', `https://accounts.x.ai/${'a'.repeat(2048)}`],
  ]
  for (const [move, address] of foreign) {
    it(`shows no address with ${move}`, () => {
      refused(() => parse({ verification_uri: address }), /its verification_uri is not on x\.ai/)
    })
    it(`shows no complete address with ${move}`, () => {
      refused(
        () => parse({ verification_uri_complete: address }),
        /its verification_uri_complete is not on x\.ai/,
      )
    })
  }

  it('shows no address of xAI for another issuer, and none of this machine', () => {
    for (const address of ['https://accounts.x.ai/device', 'http://localhost/device']) {
      refused(() => parse({ verification_uri: address }, 'https://id.example'), /is not on id\.example/)
    }
  })

  it('shows no address of the internet for an issuer on loopback', () => {
    refused(() => parse({}, 'http://127.0.0.1:4000'), /is not on 127\.0\.0\.1/)
  })

  const codes = ['', '<b>AB</b>', 'AB CD', 'ÄBCD', 'A'.repeat(65), 'AB\nCD', 7, null, undefined, {}, ['AB']]
  for (const code of codes)
    it(`refuses the user code ${JSON.stringify(code)}`, () => {
      refused(() => parse({ user_code: code }), /its user_code is missing, or holds more than letters/)
    })

  it('accepts a device code of 2,048 characters', () => {
    expect(parse({ device_code: 'A'.repeat(2048) }).deviceCode).to.have.length(2048)
  })

  for (const code of ['', 7, null, undefined, {}, 'A'.repeat(2049)])
    it(`refuses the device code ${JSON.stringify(code)?.slice(0, 20)}`, () => {
      refused(() => parse({ device_code: code }), /it holds no device_code/)
    })

  for (const body of ['', 'null', '[]', '7', '"text"', '<html></html>', '{"device_code":', '\xff'])
    it(`refuses the body ${JSON.stringify(body)}`, () => {
      const response = { status: 200, headers: {}, body: Buffer.from(body, 'latin1') }
      refused(
        () => parseDeviceAuthorization(deviceAuthorizationNames, response, 'https://auth.x.ai'),
        /it is not a JSON object/,
      )
    })

  it('says of HTTP 404 that the server has the grant switched off', () => {
    const response = { status: 404, headers: {}, body: Buffer.from('no') }
    const error = refusalOf(() =>
      parseDeviceAuthorization(deviceAuthorizationNames, response, 'https://auth.x.ai'),
    )
    expect(error).to.include({
      status: 404,
      message:
        'xAI device authorization failed (HTTP 404). The server has the device authorization grant switched off. Response: no',
    })
  })

  it('repeats no device code of a refusal, whatever it looks like', () => {
    const body = Buffer.from('{"device_code": "short", "error": "server_error"}')
    const error = refusalOf(() =>
      parseDeviceAuthorization(
        deviceAuthorizationNames,
        { status: 500, headers: {}, body },
        'https://auth.x.ai',
      ),
    )
    expect(error.message).to.include('"device_code": "[redacted]"')
    expect(error.response?.body).not.to.include('short')
  })
})

describe('the pace of a device sign-in', () => {
  it('is the same with the same interval and the same pause, which is the interval where there is none', () => {
    expect(isSamePace({ interval: 5 }, { interval: 5, pause: 5 })).to.equal(true)
    expect(isSamePace({ interval: 5 }, { interval: 5, pause: 10 })).to.equal(false)
    expect(isSamePace({ interval: 5, pause: 10 }, { interval: 10 })).to.equal(false)
  })
})

describe('a refusal of a device code', () => {
  const progress = (status: number, error: string, code = 'xai_token_exchange_failed' as const): string => {
    const response = { status, headers: {}, body: '' }
    return progressOf(new XaiOAuthError(code, '', { status, response, error }), { interval: 5 }).kind
  }

  it('is believed from 400 to 499', () => {
    const statuses = [400, 499].map((status) => progress(status, 'expired_token'))
    expect(statuses).to.deep.equal(['expired', 'expired'])
    expect(progress(500, 'expired_token')).to.equal('pending')
  })

  it('is about the tier only when it says access_denied', () => {
    const tierDenied = 'xai_oauth_tier_denied' as never
    expect(progress(403, 'access_denied', tierDenied)).to.equal('failed')
    expect(progress(403, 'authorization_denied', tierDenied)).to.equal('denied')
  })
})
