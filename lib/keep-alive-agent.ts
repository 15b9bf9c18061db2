import * as http from 'node:http'
import * as https from 'node:https'

/**
 * Milliseconds that an idle connection is kept. Node's own agents drop it after 5 seconds, while a person takes
 * longer than that at xAI's pages and then waits for a new TLS handshake.
 */
const idleTimeout = 120_000

const agents = new Map<string, http.Agent>()

/**
 * The agent of all strategies that were given none: Node's own, with connections that stay open longer. Idle
 * connections never keep a process alive. Settings of Node's global agent, such as its proxy, are taken over.
 */
export function keepAliveAgentFor(url: string): http.Agent {
  const { Agent, globalAgent } = url.startsWith('https:') ? https : http
  // `options` is public in Node (it holds what the agent was made with) and missing from the type.
  const { options } = globalAgent as unknown as { options: https.AgentOptions }
  const protocol = url.slice(0, url.indexOf(':'))
  const agent = agents.get(protocol) ?? new Agent({ ...options, keepAlive: true, timeout: idleTimeout })
  agents.set(protocol, agent)
  return agent
}
