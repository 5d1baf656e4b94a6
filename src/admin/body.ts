// Reads a request's body to its end, within a bound.

import type { IncomingMessage } from 'node:http'

/** All of it; `large` when it is longer than `maxBytes`, `cut` when the client went away. */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | 'large' | 'cut'> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return Promise.resolve('large')
  return new Promise((resolve) => {
    let bytes = 0
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > maxBytes) resolve('large')
      else chunks.push(chunk)
    })
    request.on('end', () => resolve(Buffer.concat(chunks)))
    request.on('error', () => resolve('cut'))
    request.on('close', () => resolve('cut'))
  })
}
