// The gateway itself, as it is shipped: dist/main.js with one worker, metrics on, access log off; and without all that keeps it and its
// clients out of trouble, to see what that costs.

import { execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Peer } from './peer.ts'

const main = resolve(import.meta.dirname, '..', '..', '..', 'dist', 'main.js')

interface Parts {
  readonly top: string
  readonly listener: string
  readonly route: string
  readonly upstream: string
}

const DEFAULTS: Parts = { top: '', listener: '', route: '', upstream: '' }
const BARE: Parts = {
  top: 'overload: off\n',
  listener: ', timeouts: { handshake: off, header: off, body: off, keepAlive: off, write: off, minRate: off }',
  route: ', timeout: { request: off, attempt: off, idle: off }, retry: { attempts: 0 }',
  upstream: ', ejection: off, panic: 0%',
}

const asShipped: Omit<Peer, 'name' | 'command'> = {
  streams: true,
  missing: () => (existsSync(main) ? null : 'dist/main.js is missing (npm run build)'),
  version: () =>
    execFileSync(process.execPath, [main, '--version'], { encoding: 'utf8' })
      .trim()
      .replace(/^headgate /, ''),
}

export const headgate: Peer = headgateWith('headgate', DEFAULTS)
export const headgateBare: Peer = { ...headgateWith('headgate-bare', BARE), onlyNamed: true }

function headgateWith(name: string, { top, listener, route, upstream }: Parts): Peer {
  return {
    ...asShipped,
    name,
    command(folder, port, originPort) {
      const file = join(folder, `${name}.yaml`)
      writeFileSync(
        file,
        `workers: 1
watch: false
admin: { bind: 127.0.0.1:0 }
${top}listeners:
  - { name: web, bind: 127.0.0.1:${port}, protocol: http${listener} }
routes:
  - { name: all, to: origin${route} }
upstreams:
  origin: { discovery: { static: [127.0.0.1:${originPort}] }${upstream} }
`,
      )
      return [process.execPath, main, 'run', '-c', file]
    },
  }
}
