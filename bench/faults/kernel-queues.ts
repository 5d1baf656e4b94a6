// What the kernel holds for connections on loopback, as it tells in /proc/net/tcp.

import { readFileSync } from 'node:fs'

/**
 * By the client's port, of its connections to `port` of this machine: bytes of answers that the kernel has taken, and the client has not
 * read. Those that it has not sent yet, or that are not acknowledged, stand at the server's end, the others at the client's.
 */
export function takenByPort(port: number, text = readFileSync('/proc/net/tcp', 'latin1')): Map<number, number> {
  const taken = new Map<number, number>()
  for (const line of text.split('\n')) {
    // sl local:port remote:port state tx_queue:rx_queue …
    const found = /^ *\d+: \w{8}:(\w{4}) \w{8}:(\w{4}) 0[18] (\w{8}):(\w{8}) /.exec(line)
    if (found === null) continue
    const [local, remote, sending, unread] = found.slice(1).map((hex) => Number.parseInt(hex, 16)) as [
      number,
      number,
      number,
      number,
    ]
    const client = local === port ? remote : local
    const bytes = local === port ? sending : unread
    if (local === port || remote === port) taken.set(client, (taken.get(client) ?? 0) + bytes)
  }
  return taken
}
