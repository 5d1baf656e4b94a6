// Ports for programs that have to be told one before they start.

import { createServer } from 'node:net'

/** Below the ports that systems hand out by themselves, so that no connection or test beside is given one before it is used. */
const [FIRST_PORT, PORTS] = [20_000, 10_000]

const given = new Set<number>()

/** A port of loopback that nobody has at the moment, never twice the same in one process. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORTS)
    if (given.has(port) || !(await isFree(port))) continue
    given.add(port)
    return port
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((told) => {
    const server = createServer()
    server.once('error', () => told(false))
    server.listen(port, '127.0.0.1', () => server.close(() => told(true)))
  })
}
