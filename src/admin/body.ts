// Reads a request's body to its end, within a bound.

import type { IncomingMessage } from 'node:http'

/** `whole` when it ended, `large` when it is longer than `maxBytes`, `cut` when the client went away. What it holds is not kept. */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<'whole' | 'large' | 'cut'> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return Promise.resolve('large')
  return new Promise((resolve) => {
    let bytes = 0
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > maxBytes) resolve('large')
    })
    request.on('end', () => resolve('whole'))
    request.on('error', () => resolve('cut'))
    request.on('close', () => resolve('cut'))
  })
}
