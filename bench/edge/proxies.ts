// The gateway and nginx with the same listeners: TLS with HTTP/1.1 and HTTP/2, cleartext HTTP/2 for gRPC, and cleartext for WebSocket.

import { execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { freePort } from '../../test/support/free-port.ts'
import { nginxPaths, nginxPreamble } from '../load/origin.ts'
import { hasCommand, PROXY_CORE, type Running, start } from '../load/processes.ts'
import type { Origins } from './origins.ts'

export interface Ports {
  /** TLS: HTTP/1.1 and HTTP/2 by ALPN. */
  readonly tls: number
  /** Cleartext HTTP/2 to an endpoint that speaks it. */
  readonly grpc: number
  /** Cleartext HTTP/1.1 to an endpoint that takes WebSockets. */
  readonly ws: number
}

export interface Proxy {
  readonly name: string
  missing(): string | null
  start(folder: string, ports: Ports, origins: Origins): Running
}

export async function threePorts(): Promise<Ports> {
  return { tls: await freePort(), grpc: await freePort(), ws: await freePort() }
}

/** An ECDSA certificate for localhost. */
export function makeCertificate(folder: string): void {
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=localhost']
  const names = ['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  const files = ['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')]
  execFileSync('openssl', ['req', '-x509', ...curve, ...names, ...files], { stdio: 'ignore' })
}

const main = resolve(import.meta.dirname, '..', '..', 'dist', 'main.js')

export const headgate: Proxy = {
  name: 'headgate',
  missing: () => (existsSync(main) ? null : 'dist/main.js is missing (npm run build)'),
  start(folder, { tls, grpc, ws }, origins) {
    const certificates = [{ cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }]
    const limits = { requestsPerConnection: 100_000_000 }
    const bind = (port: number) => `127.0.0.1:${port}`
    const route = (name: string) => ({ name, listeners: [name], to: name })
    const upstream = (port: number, more: object = {}) => ({ discovery: { static: [`127.0.0.1:${port}`] }, ...more })
    const config = {
      workers: 1,
      watch: false,
      admin: { bind: '127.0.0.1:0' },
      listeners: [
        { name: 'tls', bind: bind(tls), protocol: 'https', tls: { certificates }, limits },
        { name: 'grpc', bind: bind(grpc), limits },
        { name: 'ws', bind: bind(ws), limits },
      ],
      routes: [route('tls'), route('grpc'), route('ws')],
      upstreams: {
        tls: upstream(origins.http),
        grpc: upstream(origins.http2, { protocol: 'h2' }),
        ws: upstream(origins.ws),
      },
    }
    const file = join(folder, 'headgate.json')
    writeFileSync(file, JSON.stringify(config))
    return start('headgate', folder, PROXY_CORE, [process.execPath, main, 'run', '-c', file])
  },
}

export const nginx: Proxy = {
  name: 'nginx',
  missing: () => (hasCommand('nginx') ? null : 'nginx is not installed (Debian: apt install nginx-light)'),
  start(folder, { tls, grpc, ws }, origins) {
    const file = join(folder, 'nginx.conf')
    const upstream = (name: string, port: number) =>
      `upstream ${name} { server 127.0.0.1:${port}; keepalive 512; keepalive_requests 100000000; }`
    writeFileSync(
      file,
      `${nginxPreamble(folder, 'nginx')}
http {
  ${nginxPaths(folder, 'nginx')}
  access_log off;
  keepalive_requests 100000000;
  ssl_certificate ${folder}/cert.pem;
  ssl_certificate_key ${folder}/key.pem;
  ${upstream('http', origins.http)}
  ${upstream('http2', origins.http2)}
  ${upstream('ws', origins.ws)}
  server {
    listen 127.0.0.1:${tls} ssl http2 backlog=4096;
    ssl_protocols TLSv1.2 TLSv1.3;
    location / {
      proxy_pass http://http;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
    }
  }
  server {
    listen 127.0.0.1:${grpc} http2 backlog=4096;
    location / { grpc_pass grpc://http2; }
  }
  server {
    listen 127.0.0.1:${ws} backlog=4096;
    location / {
      proxy_pass http://ws;
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection "upgrade";
    }
  }
}
`,
    )
    return start('nginx', folder, PROXY_CORE, ['nginx', '-c', file, '-e', join(folder, 'nginx-error.log')])
  },
}
