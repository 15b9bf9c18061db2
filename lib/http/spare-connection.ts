import type * as http from 'node:http'
import type { AgentOptions } from 'node:https'
import type { Socket } from 'node:net'
import { urlToHttpOptions } from 'node:url'

/** An agent with what it was made with, which is public in Node and missing from the type. */
type ConfiguredAgent = http.Agent & { options: AgentOptions & { proxyEnv?: unknown } }

interface Target {
  host?: string | null | undefined
  port?: number | string | null | undefined
  servername?: string | undefined
}

/** How an agent has reached an origin, and the name under which it keeps idle connections to it. */
interface Route {
  target: Target
  name: string
}

interface Spare {
  socket: Socket
  /** Ends all watching over the socket. */
  release(): void
}

/** What ends a spare connection: nothing has been asked on it, so that even data is a sign of that. */
const endings = ['close', 'end', 'timeout', 'data']

/**
 * Connections that an agent opens ahead of the request that will need them: at most one an origin, and only to
 * where the agent has been before. Nothing is sent on them, they end when idle like others of the agent, they keep
 * no process alive, and a failure shows nowhere.
 */
export class SpareConnections {
  /** By origin; `undefined` where a connection is wanted and none has been made yet. */
  private readonly routes = new Map<string, Route | undefined>()
  private readonly spares = new Map<string, Spare>()
  private readonly agent: ConfiguredAgent
  private readonly connect: http.Agent['createConnection']

  constructor(agent: http.Agent) {
    this.agent = agent as ConfiguredAgent
    this.connect = agent.createConnection.bind(agent)
    agent.createConnection = (options, callback) => this.take(options) ?? this.connect(options, callback)
  }

  /** Has a connection to a URL's origin ready, unless one is idle already. Never fails. */
  prepare(url: string): void {
    try {
      const origin = originOf(url)
      const route = this.routes.get(origin)
      if (!route) this.routes.set(origin, undefined)
      else if (!this.agent.freeSockets[route.name] && !this.spares.has(origin)) this.open(origin, route)
    } catch {
      // The request that needs the connection will tell.
    }
  }

  private open(origin: string, { target }: Route): void {
    // What Node opens to a proxy is no connection yet that a request could use.
    if (this.agent.options.proxyEnv) return
    const socket = this.connect({ ...this.agent.options, ...target }) as Socket
    const discard = (): void => {
      release()
      socket.destroy()
    }
    const release = (): void => {
      for (const ending of endings) socket.off(ending, discard)
      this.spares.delete(origin)
    }
    for (const ending of endings) socket.on(ending, discard)
    // For good, because an error may come just before the request that takes the connection listens to it.
    socket.on('error', () => undefined)
    socket.unref()
    this.spares.set(origin, { socket, release })
  }

  private take(options: http.ClientRequestArgs & Target): Socket | undefined {
    const { host, port, servername } = options
    const origin = `${host}:${port}`
    if (this.routes.has(origin)) {
      this.routes.set(origin, { target: { host, port, servername }, name: this.agent.getName(options) })
    }
    const spare = this.spares.get(origin)
    spare?.release()
    return spare?.socket.destroyed ? undefined : spare?.socket.ref()
  }
}

function originOf(url: string): string {
  const { hostname, port, protocol } = urlToHttpOptions(new URL(url))
  return `${hostname}:${port ?? (protocol === 'https:' ? 443 : 80)}`
}
