import http = require('node:http')
import https = require('node:https')

import { SpareConnections } from './spare-connection.js'

/**
 * Milliseconds that an idle connection is kept. Node's own agents drop it after 5 seconds, while a person takes
 * longer than that at xAI's pages and then waits for a new TLS handshake.
 */
const idleTimeout = 120_000

interface Connections {
  agent: http.Agent
  spares: SpareConnections
}

const connections = new Map<string, Connections>()

/**
 * The agent of all strategies that were given none: Node's own, with connections that stay open longer. Idle
 * connections never keep a process alive. Settings of Node's global agent, such as its proxy, are taken over; one
 * of another kind, which the application has put in its place, is used as it is.
 */
export const keepAliveAgentFor = (url: string): http.Agent =>
  foreignAgentFor(url) ?? connectionsFor(url).agent

/** Has that agent open a connection to where a request will go, if none is idle. Never fails. */
export function prepareConnection(url: string): void {
  if (!foreignAgentFor(url)) connectionsFor(url).spares.prepare(url)
}

const moduleFor = (url: string): typeof https =>
  url.startsWith('https:') ? https : (http as unknown as typeof https)

function foreignAgentFor(url: string): http.Agent | undefined {
  const { Agent, globalAgent } = moduleFor(url)
  return globalAgent.constructor === Agent ? undefined : globalAgent
}

function connectionsFor(url: string): Connections {
  const protocol = url.slice(0, url.indexOf(':'))
  const known = connections.get(protocol)
  if (known) return known
  const { Agent, globalAgent } = moduleFor(url)
  // `options` is public in Node (it holds what the agent was made with) and missing from the type.
  const { options } = globalAgent as unknown as { options: https.AgentOptions }
  const agent = new Agent({ ...options, keepAlive: true, timeout: idleTimeout })
  const made = { agent, spares: new SpareConnections(agent) }
  connections.set(protocol, made)
  return made
}
