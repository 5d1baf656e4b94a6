// The kinds of load. Sizes are those of the endpoint's bodies in `origin.ts`.

export const KIB = 1024

/** One kind of request, sent over 64 keep-alive connections for as long as asked. */
export interface Work {
  readonly name: string
  readonly label: string
  readonly method: 'GET' | 'POST'
  readonly path: string
  /** Bytes of request body. */
  readonly requestBytes: number
  /** Bytes of response body. */
  readonly responseBytes: number
}

export const WORKS: readonly Work[] = [
  { name: 'get-1k', label: 'GET, 1 KiB response', method: 'GET', path: '/1k', requestBytes: 0, responseBytes: KIB },
  { name: 'get-100k', label: 'GET, 100 KiB response', method: 'GET', path: '/100k', requestBytes: 0, responseBytes: 100 * KIB },
  { name: 'post-16k', label: 'POST, 16 KiB body', method: 'POST', path: '/post', requestBytes: 16 * KIB, responseBytes: 2 },
]

/** What is measured besides, by name, in this order. */
export const MEASUREMENTS = ['start', 'rest', 'idle', 'slow'] as const
export type Measurement = (typeof MEASUREMENTS)[number]

export const CONNECTIONS = 64
