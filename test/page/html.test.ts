import { expect } from 'chai'
import { buildBreakable, HTML, html } from '../../lib/page/html.js'

describe('html', () => {
  const values: ReadonlyArray<readonly [what: string, value: unknown, inserted: string]> = [
    [
      'text escaped, for elements and quoted attributes',
      `<a href="'">&`,
      '&lt;a href=&quot;&#39;&quot;&gt;&amp;',
    ],
    ['a number', 0, '0'],
    ['HTML as it is', new HTML('<b>'), '<b>'],
    ['the values of an array one after the other', ['<', html`<i>${'>'}</i>`], '&lt;<i>&gt;</i>'],
    ['nothing for undefined', undefined, ''],
    ['nothing for null', null, ''],
    ['nothing for false', false, ''],
    ['an object that only looks like HTML escaped', { toString: () => '<b>' }, '&lt;b&gt;'],
  ]
  for (const [what, value, inserted] of values) {
    it(`inserts ${what}`, () => expect(`${html`(${value})`}`).to.equal(`(${inserted})`))
  }
})

describe('buildBreakable', () => {
  it('lets a long address break after punctuation alone, and keeps its text', () => {
    const text = 'http://127.0.0.1:3000/callback?code=a-b&state=<i>'
    const broken = `${buildBreakable(text)}`
    expect(broken).to.include('http://<wbr>127.<wbr>0.')
    expect(broken).to.include('callback?<wbr>code=<wbr>a-<wbr>b&amp;<wbr>state=<wbr>&lt;i&gt;')
    expect(broken.replaceAll('<wbr>', '')).to.equal(`${html`${text}`}`)
  })
})
