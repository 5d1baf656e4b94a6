// The endpoint behind every proxy: fast and the same for all. nginx with fixed bodies where it is installed, else plain sockets.

import { truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../../test/support/free-port.ts'
import { hasCommand, LOAD_CORE, type Running, start, waitUntilAnswers } from './processes.ts'
import { KIB } from './works.ts'

export interface Origin {
  readonly kind: string
  readonly port: number
  readonly process: Running
}

/** Of /huge, which only a slow reader asks for. */
export const HUGE_BYTES = 1024 * 1024 * KIB

export async function startOrigin(folder: string): Promise<Origin> {
  const port = await freePort()
  const kind = hasCommand('nginx') ? 'nginx' : 'plain sockets'
  const command =
    kind === 'nginx'
      ? nginxCommand(folder, port)
      : [process.execPath, join(import.meta.dirname, 'plain-origin.ts'), String(port)]
  const running = start('origin', folder, LOAD_CORE, command)
  await waitUntilAnswers(running, port, '/1k')
  return { kind, port, process: running }
}

function nginxCommand(folder: string, port: number): readonly string[] {
  writeFileSync(join(folder, '100k'), 'x'.repeat(100 * KIB))
  writeFileSync(join(folder, 'huge'), '')
  truncateSync(join(folder, 'huge'), HUGE_BYTES)
  const file = join(folder, 'origin.conf')
  writeFileSync(
    file,
    `${nginxPreamble(folder, 'origin')}
http {
  ${nginxPaths(folder, 'origin')}
  access_log off;
  default_type application/octet-stream;
  sendfile on;
  open_file_cache max=10;
  keepalive_requests 100000000;
  server {
    listen 127.0.0.1:${port} backlog=4096;
    root ${folder};
    location = /1k { return 200 "${'x'.repeat(KIB)}"; }
    location = /post { return 200 "ok"; }
    location / { }
  }
}
`,
  )
  return ['nginx', '-c', file, '-e', join(folder, 'origin-error.log')]
}

/** One worker in the foreground. As root, nginx would give its worker another user, who may not read the folder. */
export function nginxPreamble(folder: string, name: string): string {
  return `${process.getuid?.() === 0 ? 'user root;' : ''}
daemon off;
worker_processes 1;
pid ${join(folder, `${name}.pid`)};
error_log ${join(folder, `${name}-error.log`)};
events { worker_connections 8192; }`
}

export function nginxPaths(folder: string, name: string): string {
  return ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path ${join(folder, `${name}-${kind}`)};`)
    .join(' ')
}
