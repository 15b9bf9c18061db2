import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { RefreshEvent } from '../../lib/diagnostics.js'

const channel = 'tracing:passport-xai:refresh:asyncEnd'

/** What the channel `passport-xai:refresh` says of the next refresh that ends. */
export function nextRefreshEvent(): Promise<RefreshEvent> {
  return new Promise((resolve) => {
    const listener = (message: unknown): void => {
      unsubscribe(channel, listener)
      resolve(message as RefreshEvent)
    }
    subscribe(channel, listener)
  })
}
