/** Signs in beside the recipe of docs/diagnostics.md, with the real SDK of OpenTelemetry, and prints what came of it. */
import { trace } from '@opentelemetry/api'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { startEmulator } from 'passport-xai/emulator'
import { startApplication } from './application.cjs'

const spans = new InMemorySpanExporter()
trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }))
const { exporter } = await import('./prometheus.mjs')

const emulator = await startEmulator({ idTokenClaims: ['email'] })
const address = await startApplication({ issuer: emulator.issuer, clientID: emulator.publicClient.clientID })

async function signIn(decision) {
  const begun = await fetch(`${address}/sign-in`, { redirect: 'manual' })
  const callback = await emulator.decide(begun.headers.get('location'), decision)
  await fetch(callback, { redirect: 'manual', headers: { cookie: begun.headers.get('set-cookie') } })
  return callback
}

const callbacks = [await signIn(), await signIn({ as: 'free' }), await signIn({ deny: true })]
await fetch(callbacks[0])
emulator.misbehaveOnce({ path: '/oauth2/token', cut: 'before-headers' })
await signIn()

const metrics = await new Promise((resolve) =>
  exporter.getMetricsRequestHandler({}, { setHeader() {}, end: resolve }),
)
const secrets = callbacks.flatMap((url) =>
  [...new URL(url).searchParams.values()].filter((value) => value.length > 20),
)
const told = spans.getFinishedSpans().map((span) => ({
  name: span.name,
  attributes: span.attributes,
  status: span.status,
  parent: span.parentSpanContext?.spanId,
  id: span.spanContext().spanId,
}))
console.log(JSON.stringify({ metrics, spans: told, secrets }))
await emulator.close()
process.exit()
