// http-proxy-3, the proxy library that Node projects use most, with a keep-alive agent.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Peer } from './peer.ts'

const require = createRequire(import.meta.url)

function manifest(): string | null {
  try {
    const entry = require.resolve('http-proxy-3')
    return join(entry.slice(0, entry.lastIndexOf('http-proxy-3')), 'http-proxy-3', 'package.json')
  } catch {
    return null
  }
}

export const httpProxy3: Peer = {
  name: 'http-proxy-3',
  streams: true,
  missing: () => (manifest() === null ? 'http-proxy-3 is not installed (npm ci)' : null),
  version: () => JSON.parse(readFileSync(manifest() ?? '', 'utf8')).version,
  command: (_folder, port, originPort) => [
    process.execPath,
    join(import.meta.dirname, '..', 'http-proxy-3-process.ts'),
    String(port),
    String(originPort),
  ],
}
