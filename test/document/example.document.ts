import { expect } from 'chai'
import { DocumentReader } from './consumer.js'

interface Span {
  name: string
  attributes: Readonly<Record<string, unknown>>
  status: { code: number; message?: string }
  parent?: string
  id: string
}

describe('an example that somebody copies from', () => {
  let reader: DocumentReader
  before(() => {
    reader = DocumentReader.install()
  })
  after(() => reader.remove())

  it('README.md is a test that mocha runs', () => {
    expect(reader.paste('README.md')).to.deep.equal(['sign-in.test.mjs'])
    reader.write('application.mjs', `export { startApplication } from './application.cjs'`)
    const printed = reader.run('npx', ['mocha', 'sign-in.test.mjs'])
    expect(printed).to.match(/^ {2}1 passing/m)
  })

  it('docs/emulator.md is a test that node:test runs, one that vitest runs, and one that Jest runs', () => {
    expect(reader.paste('docs/emulator.md')).to.deep.equal([
      'node/sign-in.test.mjs',
      'vitest/sign-in.test.mjs',
      'jest/jest.config.js',
      'jest/start.js',
      'jest/stop.js',
      'jest/sign-in.test.js',
    ])
    const node = reader.run(process.execPath, ['--test', '--test-reporter', 'tap', 'node/sign-in.test.mjs'])
    expect(node)
      .to.match(/^# pass 6$/m)
      .and.match(/^# fail 0$/m)
    const vitest = reader.run('npx', ['vitest', 'run', '--dir', 'vitest', '--no-color'])
    expect(vitest).to.match(/Tests\s+1 passed \(1\)/)
    const jest = reader.run('npx', ['jest', '--config', 'jest/jest.config.js', '--json'])
    expect(JSON.parse(jest)).to.include({ numPassedTests: 1, success: true })
  })

  it('docs/diagnostics.md gives OpenTelemetry and Prometheus what happens, and no secret', () => {
    expect(reader.paste('docs/diagnostics.md')).to.deep.equal(['telemetry.mjs', 'prometheus.mjs'])
    reader.copy('diagnose.mjs')
    const printed = reader.run(process.execPath, ['diagnose.mjs'])
    const { metrics, spans, secrets } = JSON.parse(printed) as {
      metrics: string
      spans: Span[]
      secrets: string[]
    }
    const counted = (start: string, ...labels: string[]): number =>
      metrics
        .split('\n')
        .filter((line) => line.startsWith(start) && labels.every((label) => line.includes(label)))
        .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
    expect(counted('xai_sign_ins_total', 'outcome="redirect"')).to.equal(4)
    expect(counted('xai_sign_ins_total', 'outcome="success"')).to.equal(2)
    expect(counted('xai_sign_ins_total', 'code="xai_oauth_tier_denied"')).to.equal(1)
    expect(counted('xai_sign_ins_total', 'code="access_denied"')).to.equal(1)
    expect(counted('xai_sign_ins_total', 'reason="used"')).to.equal(1)
    expect(counted('xai_request_duration_count', 'xAI token exchange', 'status="200"')).to.equal(2)
    expect(counted('xai_request_duration_count', 'xAI token exchange', 'status="403"')).to.equal(1)
    expect(metrics).to.match(/^xai_keys_age\{.*\} \d+(\.\d+)?$/m)

    const signIns = spans.filter(({ name }) => name === 'xai sign-in')
    const exchanges = spans.filter(({ name }) => name === 'xAI token exchange')
    expect(signIns).to.have.lengthOf(9)
    for (const { parent } of exchanges) expect(signIns.map(({ id }) => id)).to.include(parent)
    expect(exchanges.filter(({ attributes }) => attributes['xai.resent'] === true)).to.have.lengthOf(1)
    expect(signIns.map(({ status }) => status.message)).to.include('xai_oauth_tier_denied')
    expect(secrets).to.have.lengthOf.at.least(5)
    for (const secret of secrets) expect(printed.split('"secrets"')[0]).not.to.include(secret)
  })
})
