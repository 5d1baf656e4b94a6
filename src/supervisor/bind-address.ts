// Where to listen: what a `bind` says, what it resolves to, and what is told when it cannot be had.

import { lookup } from 'node:dns/promises'
import { lstat, unlink } from 'node:fs/promises'
import { type AddressInfo, connect, isIP } from 'node:net'

export type BindTarget = { readonly host: string; readonly port: number } | { readonly path: string }

/** A listener cannot be had. The message names the address, says why and what to do. */
export class BindError extends Error {
  override readonly name = 'BindError'
  readonly bind: string
  readonly code: string

  constructor(bind: string, code: string, who = '') {
    super(`${who}cannot listen on ${bind}: ${ADVICE[code] ?? code}`)
    this.bind = bind
    this.code = code
  }
}

const ADVICE: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the address is in use by another process; end that one (`ss -ltnp` shows it) or change the bind',
  EACCES: 'permission denied; ports below 1024 need root or CAP_NET_BIND_SERVICE, a unix socket a writable folder',
  EPERM: 'permission denied; ports below 1024 need root or CAP_NET_BIND_SERVICE',
  EADDRNOTAVAIL: 'no interface of this machine has this address',
  EAFNOSUPPORT: 'this machine does not speak that address family',
  ENOTFOUND: 'the name cannot be resolved',
  EAI_AGAIN: 'the name cannot be resolved now',
  ENOENT: 'the folder of the unix socket does not exist',
  ENOTSOCK: 'there is a file at that path which is not a socket',
  EMFILE: 'this process has too many open files; raise its limit (ulimit -n)',
}

/** Resolves the name and clears the path of a unix socket that nobody listens on any more. Throws a BindError. */
export async function resolveBind(bind: string): Promise<BindTarget> {
  if (bind.startsWith('unix:')) {
    const path = bind.slice('unix:'.length)
    await clearStaleSocket(bind, path)
    return { path }
  }
  const colon = bind.lastIndexOf(':')
  const host = bind.slice(0, colon).replace(/^\[(.*)\]$/, '$1')
  const port = Number(bind.slice(colon + 1))
  if (isIP(host) !== 0) return { host, port }
  try {
    return { host: (await lookup(host)).address, port }
  } catch (error) {
    throw new BindError(bind, codeOf(error))
  }
}

/** `127.0.0.1:80`, `[::1]:80`. */
export function formatAddress(info: Pick<AddressInfo, 'address' | 'port'>): string {
  return isIP(info.address) === 6 ? `[${info.address}]:${info.port}` : `${info.address}:${info.port}`
}

export function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' ? code : String(error)
}

async function clearStaleSocket(bind: string, path: string): Promise<void> {
  const there = await lstat(path).catch(() => null)
  if (there === null) return
  // Connecting to a plain file is refused too: it must not be taken for a dead socket.
  if (!there.isSocket()) throw new BindError(bind, 'ENOTSOCK')
  const answer = await new Promise<string>((resolve) => {
    const probe = connect({ path })
    probe.once('connect', () => {
      probe.destroy()
      resolve('connected')
    })
    probe.once('error', (error) => resolve(codeOf(error)))
  })
  if (answer === 'connected') throw new BindError(bind, 'EADDRINUSE')
  if (answer === 'ECONNREFUSED') await unlink(path).catch(() => {})
}
