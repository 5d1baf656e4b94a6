// Where the admin API listens.

import { chmod, lstat, unlink } from 'node:fs/promises'
import type { Server } from 'node:http'
import { BlockList, connect, isIP, type ListenOptions } from 'node:net'

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')

export type AdminBind = { readonly path: string } | { readonly host: string; readonly port: number }

/** `127.0.0.1:9901`, `[::1]:9901`, `name:9901` or `unix:/path`. */
export function parseBind(bind: string): AdminBind {
  if (bind.startsWith('unix:/')) return { path: bind.slice('unix:'.length) }
  const found = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+)):(\d{1,5})$/i.exec(bind)
  const host = found?.[1] ?? found?.[2]
  if (host === undefined || Number(found?.[3]) > 65535) throw new Error(`admin.bind: "${bind}" is not an address`)
  return { host, port: Number(found?.[3]) }
}

/** Whether only this machine can reach it. */
export function isLocal(bind: AdminBind): boolean {
  if ('path' in bind || bind.host === 'localhost') return true
  const family = isIP(bind.host)
  return family !== 0 && LOOPBACK.check(bind.host, family === 4 ? 'ipv4' : 'ipv6')
}

/** Resolves with the real address: `http://127.0.0.1:9901` or `unix:/path`. */
export async function listenOn(server: Server, bind: AdminBind): Promise<string> {
  if ('path' in bind) {
    await listen(server, bind).catch(async (error) => {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || !(await isLeftBehind(bind.path))) throw error
      await unlink(bind.path)
      await listen(server, bind)
    })
    // Who may connect is who may write the socket: the owner and the group, whatever the umask is.
    await chmod(bind.path, 0o660)
    return `unix:${bind.path}`
  }
  await listen(server, bind)
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('admin: not listening')
  return `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`
}

function listen(server: Server, options: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => reject(error)
    server.once('error', failed)
    server.listen(options, () => {
      server.off('error', failed)
      resolve()
    })
  })
}

/** Whether there is a socket that nobody serves any more: its process was killed. A file is refused like a served socket. */
async function isLeftBehind(path: string): Promise<boolean> {
  const refused = new Promise<boolean>((resolve) => {
    const probe = connect({ path })
    probe.once('connect', () => resolve(false))
    probe.once('connect', () => probe.destroy())
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'))
  })
  return (await lstat(path)).isSocket() && refused
}
