// nginx as a reverse proxy with kept upstream connections. It buffers responses and request bodies as it comes (both on), but with
// room for the bench's bodies: with the 8 KiB that it has on x86-64 it would write each body of 16 KiB to a file.

import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { nginxPaths, nginxPreamble } from '../origin.ts'
import { environment, hasCommand } from '../processes.ts'
import type { Peer } from './peer.ts'

export const nginx: Peer = {
  name: 'nginx',
  streams: false,
  missing: () => (hasCommand('nginx') ? null : 'nginx is not installed (Debian: apt install nginx-light)'),
  version: () =>
    execFileSync('sh', ['-c', 'nginx -v 2>&1'], { encoding: 'utf8', env: environment() })
      .trim()
      .replace(/^.*nginx\//, ''),
  command(folder, port, originPort) {
    const file = join(folder, 'nginx.conf')
    writeFileSync(
      file,
      `${nginxPreamble(folder, 'nginx')}
http {
  ${nginxPaths(folder, 'nginx')}
  access_log off;
  keepalive_requests 10000;
  client_body_buffer_size 32k;
  upstream origin {
    server 127.0.0.1:${originPort};
    keepalive 64;
    keepalive_requests 100000000;
  }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      proxy_pass http://origin;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
    }
  }
}
`,
    )
    return ['nginx', '-c', file, '-e', join(folder, 'nginx-error.log')]
  },
}
