// HAProxy with one thread and connections to the endpoint shared by all clients.

import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { environment, hasCommand } from '../processes.ts'
import type { Peer } from './peer.ts'

export const haproxy: Peer = {
  name: 'HAProxy',
  streams: true,
  missing: () => (hasCommand('haproxy') ? null : 'HAProxy is not installed (Debian: apt install haproxy)'),
  version: () => /version (\S+)/.exec(execFileSync('haproxy', ['-v'], { encoding: 'utf8', env: environment() }))?.[1] ?? '?',
  command(folder, port, originPort) {
    const file = join(folder, 'haproxy.cfg')
    writeFileSync(
      file,
      `global
  nbthread 1
  maxconn 8000
defaults
  mode http
  timeout connect 2s
  timeout client 75s
  timeout server 60s
  http-reuse always
frontend web
  bind 127.0.0.1:${port} backlog 4096
  default_backend origin
backend origin
  server origin 127.0.0.1:${originPort}
`,
    )
    return ['haproxy', '-db', '-f', file]
  },
}
