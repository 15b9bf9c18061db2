import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { userAgent } from '../../lib/http/user-agent.js'

describe('the user agent', () => {
  it('names the version in package.json', () => {
    const { name, version } = JSON.parse(readFileSync(join(__dirname, '../../../package.json'), 'utf8'))
    expect(userAgent).to.equal(`${name}/${version}`)
  })
})
