// The endpoints of the edge bench: nginx for HTTP/1.1 and HTTP/2, and a program of a few lines that takes WebSockets.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../../test/support/free-port.ts'
import { nginxPaths, nginxPreamble } from '../load/origin.ts'
import { LOAD_CORE, type Running, start, waitUntilAnswers } from '../load/processes.ts'

export interface Origins {
  readonly http: number
  /** Prior knowledge. */
  readonly http2: number
  readonly ws: number
}

export async function startOrigins(folder: string): Promise<Origins> {
  const origins = { http: await freePort(), http2: await freePort(), ws: await freePort() }
  const file = join(folder, 'origin.conf')
  const body = 'x'.repeat(1024)
  const answer = `location / { default_type application/grpc; return 200 "${body}"; }`
  writeFileSync(
    file,
    `${nginxPreamble(folder, 'origin')}
http {
  ${nginxPaths(folder, 'origin')}
  access_log off;
  keepalive_requests 100000000;
  server { listen 127.0.0.1:${origins.http} backlog=4096; ${answer} }
  server { listen 127.0.0.1:${origins.http2} http2 backlog=4096; http2_max_concurrent_streams 1000; ${answer} }
}
`,
  )
  const nginx = start('origin', folder, LOAD_CORE, ['nginx', '-c', file, '-e', join(folder, 'origin-error.log')])
  await waitUntilAnswers(nginx, origins.http, '/')
  const echo: Running = start('echo', folder, LOAD_CORE, [
    process.execPath,
    join(import.meta.dirname, 'ws-origin.ts'),
    String(origins.ws),
  ])
  await waitUntilAnswers(echo, origins.ws, '/')
  return origins
}
