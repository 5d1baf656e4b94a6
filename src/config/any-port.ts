// Port 0 asks for any free port. Listeners that write it alike share one where their hosts tell them apart; else each gets its own.

import type { ListenerConfig } from './model.ts'

/** Where two listeners cannot share, the second writes the same port with one more 0: a text of its own, and so a socket of its own. */
export function separateAnyPorts<T extends Pick<ListenerConfig, 'bind' | 'hosts' | 'protocol'>>(listeners: readonly T[]): T[] {
  const taken = new Map<string, T[]>()
  return listeners.map((listener) => {
    const bind = listener.bind.map((written) => {
      if (!/:0+$/.test(written) || written.startsWith('unix:')) return written
      let own = written
      while (taken.get(own)?.some((other) => !canShare(other, listener))) own += '0'
      taken.set(own, [...(taken.get(own) ?? []), listener])
      return own
    })
    return { ...listener, bind }
  })
}

function canShare(one: Pick<ListenerConfig, 'hosts' | 'protocol'>, other: Pick<ListenerConfig, 'hosts' | 'protocol'>): boolean {
  const alike = one.protocol === other.protocol || (inTls(one) && inTls(other))
  if (!alike || one.protocol === 'tcp') return false
  if (one.hosts.length === 0 && other.hosts.length === 0) return false
  return !one.hosts.some((host) => other.hosts.includes(host))
}

const inTls = ({ protocol }: Pick<ListenerConfig, 'protocol'>): boolean => protocol === 'https' || protocol === 'tls'
