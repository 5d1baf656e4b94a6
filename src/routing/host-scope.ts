// A host in one table: its routes, and the host to ask next.

import type { HostRoutes } from './host-routes.ts'

export class HostScope<R> {
  /** As written; empty for the routes of every host. */
  readonly host: string
  readonly routes: HostRoutes<R>
  /** The next less specific host. */
  wider: HostScope<R> | null = null

  constructor(host: string, routes: HostRoutes<R>) {
    this.host = host
    this.routes = routes
  }
}
