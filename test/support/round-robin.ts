import { once } from 'node:events'
import { connect, createServer, type Server } from 'node:net'

/** One address whose connections go to several others, in turn. */
export async function startRoundRobin(origins: () => readonly string[]): Promise<Server> {
  let turn = 0
  const server = createServer((browser) => {
    const { hostname, port } = new URL(origins()[turn % origins().length] as string)
    turn += 1
    const application = connect(Number(port), hostname)
    browser.pipe(application).pipe(browser)
    browser.on('error', () => application.destroy())
    application.on('error', () => browser.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}
