import { expect } from 'chai'
import { html } from '../../lib/page/html.js'
import { buildPage } from '../../lib/page/page.js'

const policyOf = ({ headers }: ReturnType<typeof buildPage>): Record<string, string> =>
  Object.fromEntries(
    `${headers['content-security-policy']}`.split('; ').map((directive) => directive.split(/ (.*)/)),
  )
/** What a page's own style and script carry. */
const nonceOf = (page: ReturnType<typeof buildPage>): string =>
  /^'nonce-([\w-]{22})'$/.exec(`${policyOf(page)['style-src']}`)?.[1] ?? ''

describe('buildPage', () => {
  it('allows nothing but its own style, and is never cached, framed or given away by a referrer', () => {
    const page = buildPage({ title: 'A page', content: html`<p>Hello</p>` })
    expect(policyOf(page)).to.deep.equal({
      'default-src': "'none'",
      'style-src': `'nonce-${nonceOf(page)}'`,
      'form-action': "'none'",
      'base-uri': "'none'",
      'frame-ancestors': "'none'",
    })
    expect(page).to.include({ status: 200 })
    expect(page.headers).to.include({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    })
    expect(page.body)
      .to.include(`<style nonce="${nonceOf(page)}">`)
      .and.not.include('<script')
  })

  it('runs a script under the nonce', () => {
    const page = buildPage({ title: 'A page', content: html``, script: 'a && b' })
    expect(policyOf(page)).to.include({ 'script-src': `'nonce-${nonceOf(page)}'` })
    expect(page.body).to.include(`<script nonce="${nonceOf(page)}">a && b</script>`)
  })

  it('takes a new nonce for each page', () => {
    const nonces = [1, 2].map(() => nonceOf(buildPage({ title: '', content: html`` })))
    expect(nonces[0]).to.have.lengthOf(22)
    expect(nonces[0]).to.not.equal(nonces[1])
  })

  it('adds what a page may do besides', () => {
    const policy = { 'form-action': "'self'", 'img-src': "'self'" }
    expect(policyOf(buildPage({ title: '', content: html``, policy }))).to.include(policy)
  })

  it('escapes the title, in the head and as heading', () => {
    const { body } = buildPage({ title: '<b>', site: '&', content: html`` })
    expect(body)
      .to.include('<title>&lt;b&gt; · &amp;</title>')
      .and.include('<h1 tabindex="-1">&lt;b&gt;</h1>')
  })

  it('shows a banner, more of a head and another status', () => {
    const parts = {
      banner: html`<p>Not xAI</p>`,
      head: html`<link rel="icon" href="/icon.svg">\n`,
      status: 404,
    }
    const page = buildPage({ title: 'A page', content: html``, ...parts })
    expect(page.body)
      .to.include('<header><p>Not xAI</p></header>')
      .and.include('<link rel="icon" href="/icon.svg">\n</head>')
    expect(page).to.include({ status: 404 })
  })

  it('loads nothing from anywhere and styles nothing but by its stylesheet', () => {
    const { body } = buildPage({ title: 'A page', content: html`` })
    expect(body).not.to.match(/https?:|url\(|@import| style=| on[a-z]+="/)
  })
})
