// Which listeners take which routes.

import type { ListenerConfig, RouteConfig } from './model.ts'

/** What is spoken there is HTTP, so that there are requests. */
export const speaksHttp = ({ protocol }: Pick<ListenerConfig, 'protocol'>): boolean =>
  protocol === 'http' || protocol === 'https'

/** A listener takes every route that names none, unless there is no HTTP on it: then only those that name it. */
export function takesRoute(
  listener: Pick<ListenerConfig, 'name' | 'protocol'>,
  { listeners }: Pick<RouteConfig, 'listeners'>,
): boolean {
  return listeners.length === 0 ? speaksHttp(listener) : listeners.includes(listener.name)
}
