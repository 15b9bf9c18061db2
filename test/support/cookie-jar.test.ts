import { expect } from 'chai'
import { CookieJar } from './cookie-jar.js'

const page = new URL('http://127.0.0.1:3000/account/page')

const sent = (jar: CookieJar, url: string): string | undefined => jar.headerFor(new URL(url))

describe('CookieJar', () => {
  const rules: ReadonlyArray<
    readonly [what: string, cookie: string, url: string, header: string | undefined]
  > = [
    ['sends a cookie to its path', 'a=1; Path=/account', 'http://127.0.0.1:3000/account', 'a=1'],
    ['sends a cookie below its path', 'a=1; Path=/account', 'http://127.0.0.1:3000/account/x', 'a=1'],
    ['keeps a cookie from a longer name', 'a=1; Path=/account', 'http://127.0.0.1:3000/accounts', undefined],
    ['sends a cookie to every port, as browsers do', 'a=1; Path=/', 'http://127.0.0.1:4000/', 'a=1'],
    ['keeps a cookie from another host', 'a=1; Path=/', 'http://localhost:3000/', undefined],
    ['defaults to the directory of the page', 'a=1', 'http://127.0.0.1:3000/account/other', 'a=1'],
    ['keeps a cookie without a path from other directories', 'a=1', 'http://127.0.0.1:3000/', undefined],
    ['keeps a value with equals signs', 'a=b=c==; Path=/', 'http://127.0.0.1:3000/', 'a=b=c=='],
    ['refuses a secure cookie over http', 'a=1; Path=/; Secure', 'http://127.0.0.1:3000/', undefined],
    ['keeps a cookie that has yet to expire', 'a=1; Path=/; Max-Age=60', 'http://127.0.0.1:3000/', 'a=1'],
  ]
  for (const [what, cookie, url, header] of rules)
    it(what, () => {
      const jar = new CookieJar()
      jar.keep([cookie], page)
      expect(sent(jar, url)).to.equal(header)
    })

  it('sends a secure cookie over https', () => {
    const jar = new CookieJar()
    jar.keep(['a=1; Path=/; Secure'], new URL('https://127.0.0.1/'))
    expect(sent(jar, 'https://127.0.0.1/')).to.equal('a=1')
    expect(sent(jar, 'http://127.0.0.1/')).to.equal(undefined)
  })

  it('sends cookies of longer paths first', () => {
    const jar = new CookieJar()
    jar.keep(['a=outer; Path=/', 'a=inner; Path=/account'], page)
    expect(sent(jar, page.href)).to.equal('a=inner; a=outer')
  })

  for (const expiry of [
    'Max-Age=0',
    'Expires=Thu, 01 Jan 1970 00:00:00 GMT',
    'Max-Age=0; Expires=Fri, 01 Jan 2999 00:00:00 GMT',
  ])
    it(`forgets a cookie by ${expiry}`, () => {
      const jar = new CookieJar()
      jar.keep(['a=1; Path=/', 'b=2; Path=/'], page)
      jar.keep([`a=; Path=/; ${expiry}`], page)
      expect(sent(jar, page.href)).to.equal('b=2')
    })
})
