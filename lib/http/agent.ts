import http = require('node:http')
import https = require('node:https')

import type { Duplex } from 'node:stream'

/** Milliseconds after which Node's global agents close an idle connection. */
const nodeIdleTimeout = 5000

/** Milliseconds after which ours close one: people take longer than five seconds at xAI's pages. */
const idleTimeout = 120_000

/** Our agents, by the global agent whose settings they have. */
const agents = new WeakMap<http.Agent, http.Agent>()

/** `options` is public in Node (it holds what the agent was made with) and missing from the type. */
const optionsOf = (agent: http.Agent): https.AgentOptions =>
  (agent as unknown as { options: https.AgentOptions }).options

/**
 * The agent of requests that were given none: one for all strategies of the process, with the settings of Node's
 * global agent (its proxy, for example) and a longer life for idle connections, which never keep a process alive.
 * A global agent that the application has put in the place of Node's is used as it is.
 */
export function defaultAgentFor(url: string): http.Agent {
  const { Agent, globalAgent } = url.startsWith('https:') ? https : (http as unknown as typeof https)
  const options = optionsOf(globalAgent)
  const isOfNode = options?.timeout === nodeIdleTimeout && options.scheduling === 'lifo'
  if (globalAgent.constructor !== Agent || !isOfNode) return globalAgent
  const known = agents.get(globalAgent)
  if (known) return known
  const agent = new Agent({ ...options, keepAlive: true, timeout: idleTimeout })
  agents.set(globalAgent, agent)
  return agent
}

/** The idle connections that an agent has to the host of a URL, as far as the agent shows them. */
export function idleConnectionsOf(agent: http.Agent | boolean | undefined, url: string | URL): Duplex[] {
  const { hostname, port, protocol } = typeof url === 'string' ? new URL(url) : url
  // Names of an agent's connections begin with host and port; an IPv6 address stands there without its brackets.
  const start = `${hostname.replace(/[[\]]/g, '')}:${port || (protocol === 'https:' ? 443 : 80)}:`
  const { freeSockets = {} } = Object(agent) as { freeSockets?: NodeJS.ReadOnlyDict<Duplex[]> }
  const found: Duplex[] = []
  for (const name of Object.keys(freeSockets)) {
    if (name.startsWith(start)) found.push(...(freeSockets[name] ?? []))
  }
  return found
}
