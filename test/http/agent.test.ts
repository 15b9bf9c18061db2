import * as http from 'node:http'
import * as https from 'node:https'

import nodeHTTP = require('node:http')

import { expect } from 'chai'
import { keepAliveAgentFor, prepareConnection } from '../../lib/http/agent.js'

/** Public in Node, and missing from its types. */
const optionsOf = (agent: http.Agent): https.AgentOptions =>
  (agent as unknown as { options: https.AgentOptions }).options

describe('the agent of strategies that were given none', () => {
  it('is one for https and another for http', () => {
    const agent = keepAliveAgentFor('https://auth.x.ai/oauth2/token')
    expect(agent).to.be.instanceOf(https.Agent).and.to.equal(keepAliveAgentFor('https://elsewhere.example/'))
    const plain = keepAliveAgentFor('http://127.0.0.1:4000/')
    expect(plain).to.be.instanceOf(http.Agent).and.to.not.be.instanceOf(https.Agent)
    expect(plain).to.equal(keepAliveAgentFor('http://localhost/'))
  })

  for (const [url, globalAgent] of [
    ['https://auth.x.ai/', https.globalAgent],
    ['http://127.0.0.1/', http.globalAgent],
  ] as const)
    it(`(${url}) is not Node’s own, but keeps idle connections for two minutes on its settings`, () => {
      const agent = keepAliveAgentFor(url)
      expect(agent).to.not.equal(globalAgent)
      expect(optionsOf(agent)).to.deep.include({
        ...optionsOf(globalAgent),
        keepAlive: true,
        timeout: 120_000,
      })
    })

  it('is the one that the application has put in the place of Node’s global agent', () => {
    class ProxyAgent extends http.Agent {}
    const { globalAgent } = nodeHTTP
    const proxy = new ProxyAgent()
    nodeHTTP.globalAgent = proxy
    try {
      expect(keepAliveAgentFor('http://127.0.0.1/')).to.equal(proxy)
      prepareConnection('http://127.0.0.1/')
      expect(proxy.sockets).to.deep.equal({})
      expect(keepAliveAgentFor('https://auth.x.ai/')).to.not.equal(proxy)
    } finally {
      nodeHTTP.globalAgent = globalAgent
    }
    expect(keepAliveAgentFor('http://127.0.0.1/')).to.not.equal(proxy)
  })

  it('gives one connection to requests that follow each other, and never keeps the process alive', async () => {
    const ports: unknown[] = []
    const server = http.createServer((request, response) => {
      ports.push(request.socket.remotePort)
      response.end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as { port: number }).port}/`
    const agent = keepAliveAgentFor(url)
    for (let count = 0; count < 3; count += 1) {
      const request = http.get(url, { agent })
      await new Promise<void>((resolve) =>
        request.on('response', (response) => response.resume().on('end', resolve)),
      )
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(ports).to.have.length(3)
    expect(new Set(ports)).to.have.property('size', 1)
    const idle = Object.values(agent.freeSockets).flat()
    expect(idle).to.not.be.empty
    for (const socket of idle)
      expect((socket as unknown as { _handle: { hasRef(): boolean } })._handle.hasRef()).to.equal(false)
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
})
