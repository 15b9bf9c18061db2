import { expect } from 'chai'
import { buildDevicePage, buildEndedDevicePage, type DevicePage } from '../../lib/page/device-page.js'

const hostile = `"><script>alert(1)</script>`
const page = (parts: Partial<DevicePage> = {}) =>
  buildDevicePage({
    userCode: 'WDJB-MJHT',
    verificationURI: 'https://accounts.x.ai/oauth2/device',
    verificationURIComplete: 'https://accounts.x.ai/oauth2/device?user_code=WDJB-MJHT',
    expiresIn: 900,
    interval: 5,
    ...parts,
  })
const codeOn = (body: string): string =>
  (/<code id="code">(.*?)<\/code>/.exec(body)?.[1] ?? '').replaceAll(/<\/?span>/g, '')

describe('buildDevicePage', () => {
  it('shows the code, and opens the page of xAI where it is filled in, in a tab that knows nothing of this one', () => {
    const { body } = page()
    expect(codeOn(body)).to.equal('WDJB-MJHT')
    expect(body).to.include(
      'href="https://accounts.x.ai/oauth2/device?user_code=WDJB-MJHT" target="_blank" rel="noopener noreferrer"',
    )
    expect(body).to.include('href="https://accounts.x.ai/oauth2/device"').and.include('15 min left')
  })

  it('opens every link to xAI in a new tab, and stays open itself', () => {
    for (const { body } of [page(), page({ verificationURIComplete: undefined })]) {
      const links = body.match(/<a [^>]*href="https:\/\/accounts\.x\.ai\/oauth2\/device[^>]*>/g) ?? []
      expect(links).to.have.lengthOf(2)
      for (const link of links) expect(link).to.include('target="_blank" rel="noopener noreferrer"')
    }
  })

  it('opens the page of xAI where the code is typed when there is no other', () => {
    expect(page({ verificationURIComplete: undefined }).body).to.match(
      /class="button primary wide" href="https:\/\/accounts\.x\.ai\/oauth2\/device"/,
    )
  })

  const codes = ['ABCDEFGH', 'WDJB-MJHT', 'AB-CD-EF-GH', '123456789', '-A--B-', 'X']
  for (const code of codes) {
    it(`adds nothing to the code ${code} by grouping it`, () => {
      expect(codeOn(page({ userCode: code }).body)).to.equal(code)
    })
  }

  it('names the application, and warns who did not begin here', () => {
    expect(page({ title: 'Notes & more' }).body)
      .to.include('<strong>Notes &amp; more</strong> asks to sign you in with xAI.')
      .and.include('Go on only if you began this here yourself')
      .and.include('<title>Confirm this code at xAI · Notes &amp; more</title>')
    expect(page().body).to.include('<strong>This application</strong> asks')
  })

  it('may run its script, ask its own origin and send its own form, and nothing else', () => {
    const { headers } = page()
    expect(`${headers['content-security-policy']}`.replaceAll(/nonce-[\w-]{22}/g, 'nonce-…')).to.equal(
      "default-src 'none'; style-src 'nonce-…'; script-src 'nonce-…'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; connect-src 'self'",
    )
    expect(headers).to.include({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' })
  })

  it('loads itself again without JavaScript, once each interval, and says which code it shows', () => {
    expect(page({ interval: 7 }).body)
      .to.include('<noscript><meta http-equiv="refresh" content="7; url=?shown=WDJB-MJHT"></noscript>')
      .and.include('<a href="?shown=WDJB-MJHT">Look now</a>')
  })

  it('keeps other parameters of its address in what it loads and sends', () => {
    const { body } = page({ query: 'next=%2Fnotes&a=1' })
    expect(body)
      .to.include('content="5; url=?next=%2Fnotes&amp;a=1&amp;shown=WDJB-MJHT"')
      .and.include('<a href="?next=%2Fnotes&amp;a=1&amp;shown=WDJB-MJHT">')
    const form = '<form method="post" action="?next=%2Fnotes&amp;a=1&amp;restart">'
    expect(body.split(form)).to.have.lengthOf(3)
    expect(buildEndedDevicePage({ query: 'next=%2Fnotes&a=1' }).body).to.include(form)
  })

  it('tells its script what it has to know by attributes alone', () => {
    expect(page({ homeURL: '/home?a=1&b=2', expiresIn: 1800 }).body).to.include(
      'data-shown="WDJB-MJHT" data-expires-in="1800" data-interval="5" data-home="/home?a=1&amp;b=2"',
    )
  })

  it('begins anew by a POST of its own, with every button that says so', () => {
    const { body } = page()
    expect(body.match(/<form [^>]*>/g)).to.deep.equal(Array(2).fill('<form method="post" action="?restart">'))
  })

  it('escapes whatever it is given', () => {
    const { body } = page({
      userCode: hostile,
      verificationURI: hostile,
      verificationURIComplete: hostile,
      title: hostile,
      homeURL: hostile,
    })
    expect(body).not.to.include('<script>').and.not.include('alert(1)</script>')
    expect(body.match(/<script/g)).to.have.lengthOf(1)
  })

  const times = [
    [0, '1 min'],
    [59, '1 min'],
    [900, '15 min'],
    [1800, '30 min'],
  ] as const
  for (const [expiresIn, text] of times) {
    it(`says that ${expiresIn} seconds are ${text}`, () => {
      expect(page({ expiresIn }).body).to.include(`>${text} left<`)
    })
  }
})

describe('buildEndedDevicePage', () => {
  it('leads home, begins anew by a POST alone, and runs nothing', () => {
    const { status, headers, body } = buildEndedDevicePage({ title: 'Notes', homeURL: '/a?b=1&c=2' })
    expect(status).to.equal(200)
    expect(body)
      .to.include('<title>This code has ended · Notes</title>')
      .and.include('href="/a?b=1&amp;c=2">Back to the application</a>')
      .and.include('<form method="post" action="?restart">')
    expect(body).not.to.include('<script').and.not.include('http-equiv="refresh"')
    expect(headers['content-security-policy']).not.to.include('script-src')
  })
})
