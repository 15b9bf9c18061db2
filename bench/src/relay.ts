import { createConnection, createServer, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { serveParent } from './child.js'
import { listen } from './listen.js'

/** Carries bytes between application and server as a line with a round-trip time does. */
interface Line {
  /** Where the server is. */
  port: number
  /** Milliseconds. */
  roundTrip: number
}

/** Passes each chunk on after half a round trip, in order. */
function carry(from: Socket, to: Socket, { delay, notBefore }: { delay: number; notBefore: number }): void {
  let last = Promise.resolve()
  const later = (act: () => void): void => {
    const due = wait(Math.max(notBefore - performance.now(), 0) + delay)
    last = last.then(() => due).then(act)
  }
  from.on('data', (chunk) => later(() => to.writable && to.write(chunk)))
  from.on('end', () => later(() => to.end()))
  from.on('close', () => later(() => to.destroy()))
  from.on('error', () => to.destroy())
}

serveParent({
  /** Listens; gives the port. */
  start: ({ port, roundTrip }: Line) =>
    listen(
      createServer({ noDelay: true }, (near) => {
        const far = createConnection({ port, host: '127.0.0.1', noDelay: true })
        // Loopback connects at once. On a line, the client could not send anything for a round trip.
        const connected = performance.now() + roundTrip
        carry(near, far, { delay: roundTrip / 2, notBefore: connected })
        carry(far, near, { delay: roundTrip / 2, notBefore: 0 })
      }),
    ),
})
