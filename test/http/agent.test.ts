import * as http from 'node:http'
import * as https from 'node:https'

import nodeHTTP = require('node:http')
import nodeHTTPS = require('node:https')

import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { defaultAgentFor, idleConnectionsOf } from '../../lib/http/agent.js'

/** Public in Node, and missing from its types. */
const optionsOf = (agent: http.Agent): https.AgentOptions =>
  (agent as unknown as { options: https.AgentOptions }).options

async function withGlobalAgent(agent: http.Agent | https.Agent, run: () => unknown): Promise<void> {
  const [modules, own] = [nodeHTTP as { globalAgent: http.Agent }, nodeHTTP.globalAgent]
  modules.globalAgent = agent
  try {
    await run()
  } finally {
    modules.globalAgent = own
  }
}

describe('the default agent', () => {
  it('is one for https and another for http', () => {
    const agent = defaultAgentFor('https://auth.x.ai/oauth2/token')
    expect(agent).to.be.instanceOf(https.Agent).and.to.equal(defaultAgentFor('https://elsewhere.example/'))
    const plain = defaultAgentFor('http://127.0.0.1:4000/')
    expect(plain).to.be.instanceOf(http.Agent).and.to.not.be.instanceOf(https.Agent)
    expect(plain).to.equal(defaultAgentFor('http://localhost/'))
  })

  for (const [url, globalAgent] of [
    ['https://auth.x.ai/', nodeHTTPS.globalAgent],
    ['http://127.0.0.1/', nodeHTTP.globalAgent],
  ] as const)
    it(`for ${url} has the settings of Node’s global agent and keeps idle connections for two minutes`, () => {
      const agent = defaultAgentFor(url)
      expect(agent).to.not.equal(globalAgent)
      expect(optionsOf(agent)).to.deep.include({
        ...optionsOf(globalAgent),
        keepAlive: true,
        timeout: 120_000,
      })
    })

  class ProxyAgent extends http.Agent {}
  const replacements: ReadonlyArray<readonly [what: string, agent: http.Agent]> = [
    ['of a class of its own', new ProxyAgent({ timeout: 5000, scheduling: 'lifo' })],
    ['of Node’s class', new http.Agent({ keepAlive: true })],
    ['of Node’s class with its time limit', new http.Agent({ timeout: 5000 })],
    ['of Node’s class with its scheduling', new http.Agent({ scheduling: 'lifo' })],
  ]
  for (const [what, agent] of replacements)
    it(`is a global agent ${what} that the application has put in the place of Node’s, while it is there`, async () => {
      const before = defaultAgentFor('http://127.0.0.1/')
      await withGlobalAgent(agent, () => {
        expect(defaultAgentFor('http://127.0.0.1/')).to.equal(agent)
        expect(defaultAgentFor('https://auth.x.ai/')).to.not.equal(agent)
      })
      expect(defaultAgentFor('http://127.0.0.1/')).to.equal(before)
    })

  it('has the proxy that was set for Node’s global agent later', async () => {
    const before = defaultAgentFor('http://127.0.0.1/')
    const options = { ...optionsOf(nodeHTTP.globalAgent), proxyEnv: { HTTP_PROXY: 'http://127.0.0.1:1' } }
    await withGlobalAgent(new http.Agent(options), () => {
      const agent = defaultAgentFor('http://127.0.0.1/')
      expect(agent).to.not.equal(before)
      expect(optionsOf(agent)).to.deep.include({ ...options, timeout: 120_000 })
    })
  })

  it('gives one connection to requests that follow each other, and never keeps the process alive', async () => {
    const ports = new Set<unknown>()
    const server = http.createServer((request, response) => {
      ports.add(request.socket.remotePort)
      response.end()
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const agent = defaultAgentFor(url)
    for (let count = 0; count < 3; count += 1) {
      const [response] = await once(http.get(url, { agent }), 'response')
      await once(response.resume(), 'close')
      await new Promise(setImmediate)
    }
    expect(ports.size).to.equal(1)
    const [idle] = idleConnectionsOf(agent, url)
    expect((idle as unknown as { _handle: { hasRef(): boolean } })._handle.hasRef()).to.equal(false)
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
})

describe('idleConnectionsOf', () => {
  const socket = {}
  const agent = new http.Agent()
  const rows: ReadonlyArray<readonly [name: string, url: string, found: boolean]> = [
    ['auth.x.ai:443::::::::', 'https://auth.x.ai/oauth2/token?a=b', true],
    ['auth.x.ai:443::::::::', 'https://auth.x.ai:443/', true],
    ['auth.x.ai:443::::::::', 'https://auth.x.ai:4430/', false],
    ['auth.x.ai:4430:', 'https://auth.x.ai/', false],
    ['www.auth.x.ai:443:', 'https://auth.x.ai/', false],
    ['auth.x.ai:80:', 'http://AUTH.x.ai/', true],
    ['::1:8080:', 'http://[::1]:8080/', true],
  ]
  for (const [name, url, found] of rows)
    it(`${found ? 'finds' : 'does not find'} what ${url} needs under the name ${name}`, () => {
      const free = Object.assign(Object.create(agent), { freeSockets: { [name]: [socket] } })
      expect(idleConnectionsOf(free, url)).to.deep.equal(found ? [socket] : [])
    })

  for (const none of [undefined, true, false, {} as http.Agent])
    it(`finds nothing in an agent that is ${JSON.stringify(none)}`, () => {
      expect(idleConnectionsOf(none, 'http://127.0.0.1/')).to.deep.equal([])
    })
})
