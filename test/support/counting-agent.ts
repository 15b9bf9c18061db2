import { Agent } from 'node:http'

/** An agent that counts the connections it opens. */
export class CountingAgent extends Agent {
  opened = 0

  override createConnection(
    ...args: Parameters<Agent['createConnection']>
  ): ReturnType<Agent['createConnection']> {
    this.opened += 1
    return super.createConnection(...args)
  }
}
