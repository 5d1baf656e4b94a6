// Endpoints that tell who they are.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Answering {
  readonly port: number
  readonly close: () => void
}

/** Answers with `name` on one port of every address of this machine. */
export async function answering(name: string): Promise<Answering> {
  const server = createServer({ keepAliveTimeout: 60_000 }, (_request, response) => response.end(name))
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve))
  const { port } = server.address() as AddressInfo
  return {
    port,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
