import { tracingChannel } from 'node:diagnostics_channel'
import type { RequestHandler } from 'express'

/** What an event of the library's channels may say; docs/diagnostics.md in its repository has every field. */
interface Event {
  outcome?: string
  code?: string
  reason?: string
  what?: string
  status?: number
  milliseconds?: number
}

/** What each channel counts, and by which fields. All of them are from closed sets, so there are few series. */
const counters: ReadonlyArray<
  readonly [channel: string, metric: string, labels: ReadonlyArray<keyof Event>]
> = [
  ['sign-in', 'xai_sign_ins_total', ['outcome', 'code', 'reason']],
  ['request', 'xai_requests_total', ['what', 'outcome', 'status']],
  ['refresh', 'xai_refreshes_total', ['outcome', 'code']],
]

/**
 * Counts what the library tells from now on, and shows it as Prometheus reads it. A real application takes
 * OpenTelemetry or prom-client, and keeps the path away from the public. Stops counting when `ended` is aborted.
 */
export function showMetrics(ended: AbortSignal): RequestHandler {
  const counts = new Map<string, number>()
  const add = (series: string, value: number): void =>
    void counts.set(series, (counts.get(series) ?? 0) + value)
  for (const [channel, metric, labels] of counters) {
    const { asyncEnd } = tracingChannel<Event, Event>(`passport-xai:${channel}`)
    const count = (message: unknown): void => {
      const event = message as Event
      const known = labels.filter((label) => event[label] !== undefined)
      add(`${metric}{${known.map((label) => `${label}="${event[label]}"`).join()}}`, 1)
      if (channel === 'request')
        add(`xai_request_seconds_total{what="${event.what}"}`, (event.milliseconds ?? 0) / 1000)
    }
    asyncEnd.subscribe(count)
    ended.addEventListener('abort', () => asyncEnd.unsubscribe(count))
  }
  return (_req, res) => {
    const lines = [...counts].sort().map(([series, value]) => `${series} ${value}\n`)
    res.type('text/plain; version=0.0.4').send(lines.join(''))
  }
}
