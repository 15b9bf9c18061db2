import { expect } from 'chai'
import { parseSettings } from '../../examples/express/setting.js'

type Environment = Readonly<Record<string, string>>

describe('The settings of the example', () => {
  it('need nothing, and mean the emulator on port 3000 then', () => {
    expect(parseSettings({})).to.deep.equal({
      port: 3000,
      clientID: undefined,
      clientSecret: undefined,
      callbackURL: undefined,
      scope: undefined,
      delivery: undefined,
      metrics: false,
    })
  })

  it('name a client of xAI, and how it signs people in', () => {
    const environment = {
      XAI_CLIENT_ID: 'the-client',
      XAI_CLIENT_SECRET: 'the-secret',
      XAI_CALLBACK_URL: 'https://app.example/callback',
      XAI_SCOPE: 'openid email',
      PORT: '8080',
    }
    expect(parseSettings(environment)).to.deep.equal({
      port: 8080,
      clientID: 'the-client',
      clientSecret: 'the-secret',
      callbackURL: 'https://app.example/callback',
      scope: 'openid email',
      delivery: undefined,
      metrics: false,
    })
  })

  it('take what is empty for what is not set', () => {
    const environment = {
      PORT: '',
      XAI_CLIENT_ID: ' ',
      XAI_DELIVERY: '',
      XAI_SCOPE: '',
      XAI_CALLBACK_URL: '',
    }
    expect(parseSettings(environment)).to.deep.equal(parseSettings({}))
  })

  const ports: ReadonlyArray<readonly [what: string, environment: Environment, port: number]> = [
    ['the port of a callback on loopback', { XAI_CALLBACK_URL: 'http://127.0.0.1:8085/callback' }, 8085],
    ['port 80 when such a callback names none', { XAI_CALLBACK_URL: 'http://127.0.0.1/callback' }, 80],
    ['port 3000 behind a proxy', { XAI_CALLBACK_URL: 'https://app.example/callback' }, 3000],
    ['PORT in any case', { XAI_CALLBACK_URL: 'http://127.0.0.1:8085/callback', PORT: '8086' }, 8086],
  ]
  for (const [what, environment, port] of ports) {
    it(`mean ${what}`, () => expect(parseSettings(environment)).to.include({ port }))
  }

  const mistakes: ReadonlyArray<readonly [what: string, environment: Environment, message: RegExp]> = [
    ['a port that is none', { PORT: '-1' }, /^PORT is "-1"; write a number/],
    ['a port that is too large', { PORT: '65536' }, /^PORT is "65536"; write a number/],
    [
      'a secret without a client',
      { XAI_CLIENT_SECRET: 's' },
      /^XAI_CLIENT_SECRET is set without XAI_CLIENT_ID/,
    ],
    ['metrics that are neither on nor off', { METRICS: 'yes' }, /^METRICS is "yes"; write on or off/],
    ['an unknown delivery', { XAI_DELIVERY: 'pigeon' }, /^XAI_DELIVERY is "pigeon"; write redirect or fetch/],
    [
      'a delivery for xAI',
      { XAI_DELIVERY: 'fetch', XAI_CLIENT_ID: 'c' },
      /^XAI_DELIVERY is for the emulator/,
    ],
    [
      'scopes without openid',
      { XAI_SCOPE: 'profile openid2' },
      /^XAI_SCOPE is "profile openid2"; add openid/,
    ],
    [
      'a relative callback URL',
      { XAI_CALLBACK_URL: '/callback' },
      /^XAI_CALLBACK_URL "\/callback" is no absolute/,
    ],
    [
      'a callback URL of another kind',
      { XAI_CALLBACK_URL: 'app://callback' },
      /^XAI_CALLBACK_URL "app:.*is no abs/,
    ],
    [
      'a callback where a page is',
      { XAI_CALLBACK_URL: 'http://127.0.0.1/' },
      /^XAI_CALLBACK_URL has the path \/,/,
    ],
  ]
  for (const [what, environment, message] of mistakes) {
    it(`refuse ${what}, and say what to write`, () => {
      expect(() => parseSettings(environment)).to.throw(Error, message)
    })
  }
})
