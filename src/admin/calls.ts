// The one table of admin calls: path, method, what it is about and how it is answered.

import type { IncomingHttpHeaders } from 'node:http'
import { type Answer, json, refusal } from './answer.ts'
import { answerExplain } from './explain.ts'
import { page } from './page.ts'
import { redact } from './redact.ts'
import type { AdminState } from './state.ts'

export interface Call {
  readonly path: string
  readonly method: 'GET' | 'POST'
  readonly about: string
  /** Answered without a token: probes have none, and nothing is told that they need not know. */
  readonly open?: true
  /** Changes something, so that `admin.readOnly` refuses it. */
  readonly writes?: true
  /** `body` is what was sent with a POST. */
  readonly answer: (state: AdminState, headers: IncomingHttpHeaders, body: Buffer) => Answer | Promise<Answer>
}

const notSupported = (what: string): Answer => refusal(501, 'not-supported', `${what} is not supported yet`)

/** Whether OpenMetrics is preferred: named, and not with less weight than plain text. */
function prefersOpenMetrics(accept = ''): boolean {
  const weight = (type: string): number => {
    const item = accept.split(',').find((part) => part.trim().toLowerCase().startsWith(type))
    return item === undefined ? 0 : Number(/;\s*q=([\d.]+)/i.exec(item)?.[1] ?? 1)
  }
  const open = weight('application/openmetrics-text')
  return open > 0 && open >= weight('text/plain')
}

export const CALLS: readonly Call[] = [
  {
    path: '/',
    method: 'GET',
    about: 'This page.',
    answer: () => ({ status: 200, type: 'text/html; charset=utf-8', body: page(CALLS) }),
  },
  {
    path: '/healthz',
    method: 'GET',
    about: '200 while the process lives.',
    open: true,
    answer: (state) => (state.live() ? json(200, { live: true }) : json(503, { live: false })),
  },
  {
    path: '/ready',
    method: 'GET',
    about: '200 while requests are served, 503 with the reasons else and while draining.',
    open: true,
    answer: (state) => {
      const { ready, why } = state.ready()
      return json(ready ? 200 : 503, { ready, why })
    },
  },
  {
    path: '/metrics',
    method: 'GET',
    about: 'Prometheus text, or OpenMetrics by Accept; all workers summed.',
    answer: async (state, headers) => {
      const { contentType, text } = await state.metrics(prefersOpenMetrics(headers.accept))
      return { status: 200, type: contentType, body: text, headers: { vary: 'accept' } }
    },
  },
  {
    path: '/config',
    method: 'GET',
    about: 'The configuration in force, its revision and source; secrets are hidden.',
    answer: (state) => {
      const { revision, source, config } = state.config()
      return json(200, { revision, source, config: redact(config) })
    },
  },
  { path: '/routes', method: 'GET', about: 'The routes in force.', answer: (state) => json(200, redact(state.routes())) },
  {
    path: '/upstreams',
    method: 'GET',
    about: 'Every upstream with its endpoints.',
    answer: async (state) => json(200, await state.upstreams()),
  },
  {
    path: '/reload',
    method: 'POST',
    about: 'Reads the configuration again: 200 with the revision, or 422 with every error.',
    writes: true,
    answer: async (state) => {
      const result = await state.reload()
      return 'errors' in result ? json(422, { errors: result.errors }) : json(200, { revision: result.revision })
    },
  },
  {
    path: '/drain',
    method: 'POST',
    about: 'Ends the gateway as SIGTERM does.',
    writes: true,
    answer: (state) => {
      state.drain()
      return json(200, { draining: true })
    },
  },
  {
    path: '/explain',
    method: 'POST',
    about: 'What would become of the request {method, url, headers}, and why.',
    answer: (state, _headers, body) => answerExplain(state, body),
  },
  {
    path: '/cache/purge',
    method: 'POST',
    about: 'Not supported yet.',
    writes: true,
    answer: () => notSupported('POST /cache/purge'),
  },
]
