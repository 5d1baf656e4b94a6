// The gateway itself, as it is shipped: dist/main.js with one worker, metrics on, access log off.

import { execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Peer } from './peer.ts'

const main = resolve(import.meta.dirname, '..', '..', '..', 'dist', 'main.js')

export const headgate: Peer = {
  name: 'headgate',
  streams: true,
  missing: () => (existsSync(main) ? null : 'dist/main.js is missing (npm run build)'),
  version: () =>
    execFileSync(process.execPath, [main, '--version'], { encoding: 'utf8' })
      .trim()
      .replace(/^headgate /, ''),
  command(folder, port, originPort) {
    const file = join(folder, 'headgate.yaml')
    writeFileSync(
      file,
      `workers: 1
watch: false
admin: { bind: 127.0.0.1:0 }
listeners:
  - { name: web, bind: 127.0.0.1:${port}, protocol: http }
routes:
  - { name: all, to: origin }
upstreams:
  origin: { discovery: { static: [127.0.0.1:${originPort}] } }
`,
    )
    return [process.execPath, main, 'run', '-c', file]
  },
}
