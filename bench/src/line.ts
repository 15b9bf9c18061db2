import { once } from 'node:events'
import { type AddressInfo, createConnection, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'

/** Listens on a free port of loopback, and gives the port. */
export async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** Puts a line before a server, whose bytes take half a round trip (in milliseconds) each way; gives its port. */
export function listenBehindLine(port: number, roundTrip: number): Promise<number> {
  return listen(
    createServer({ noDelay: true }, (near) => {
      const far = createConnection({ port, host: '127.0.0.1', noDelay: true })
      // Loopback connects at once. On a line, the client could not send anything for a round trip.
      const connected = performance.now() + roundTrip
      carry(near, far, roundTrip / 2, connected)
      carry(far, near, roundTrip / 2, 0)
    }),
  )
}

/** Passes each chunk on after a delay, in order. */
function carry(from: Socket, to: Socket, delay: number, notBefore: number): void {
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
