// Says why a configuration could not be served, in the operator's words.

import type { GatewayConfig } from '../config/model.ts'

/** Names the listener when an address is the matter. */
export function describeFailure(error: unknown, config: GatewayConfig): string {
  const { message, bind } = error as Partial<Error & { bind: string }>
  const text = message ?? String(error)
  if (typeof bind !== 'string') return text
  const names = config.listeners.filter((listener) => listener.bind.includes(bind)).map(({ name }) => name)
  return names.length === 0 ? text : `listener ${names.join(', ')}: ${text}`
}

/** Whether the input or the machine is the matter (exit code 1), not this program. */
export function isOperational(error: unknown): boolean {
  const { name, bind, operational } = error as { name?: unknown; bind?: unknown; operational?: unknown }
  return typeof bind === 'string' || name === 'WorkerRefusal' || operational === true
}
