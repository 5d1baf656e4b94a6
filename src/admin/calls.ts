// The one table of admin calls: path, method, what it is about and how it is answered.

import type { IncomingHttpHeaders } from 'node:http'
import { type Answer, json, refusal } from './answer.ts'
import { answerExplain } from './explain.ts'
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
  /** Costs something for as long as it lasts, so that pages of other sites are refused as for what writes. */
  readonly streams?: true
  /** `body` is what was sent with a POST. Of what streams this is the answer to HEAD. */
  readonly answer: (state: AdminState, headers: IncomingHttpHeaders, body: Buffer) => Answer | Promise<Answer>
}

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
    about: 'The dashboard: a page that asks for the token itself where one is needed.',
    open: true,
    answer: async (_state, headers) => (await import('./dashboard-page.ts')).dashboardPage(headers),
  },
  {
    path: '/healthz',
    method: 'GET',
    about: '200 while the process lives, 503 else.',
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
    about: 'Prometheus text, or OpenMetrics when Accept prefers it; all workers summed.',
    answer: async (state, headers) => {
      const { contentType, text } = await state.metrics(prefersOpenMetrics(headers.accept))
      return { status: 200, type: contentType, body: text, headers: { vary: 'accept' } }
    },
  },
  {
    path: '/config',
    method: 'GET',
    about: 'The configuration in force, complete with defaults, its revision (a hash) and source; secrets are hidden.',
    answer: (state) => {
      const { revision, source, config } = state.config()
      return json(200, { revision, source, config: redact(config) })
    },
  },
  { path: '/routes', method: 'GET', about: 'The routes in force.', answer: (state) => json(200, redact(state.routes())) },
  {
    path: '/upstreams',
    method: 'GET',
    about: 'Every upstream with its endpoints: health, why one gets no requests and until when; all workers together.',
    answer: async (state) => json(200, await state.upstreams()),
  },
  {
    path: '/events',
    method: 'GET',
    about: 'What the dashboard shows, as server-sent events: `start` has everything, `tick` once a second what has changed.',
    streams: true,
    answer: () => ({ status: 200, type: 'text/event-stream', body: '' }),
  },
  {
    path: '/openapi.json',
    method: 'GET',
    about: 'This API as an OpenAPI 3.1 document.',
    answer: async () => json(200, (await import('./openapi.ts')).openApi()),
  },
  {
    path: '/explain',
    method: 'POST',
    about: 'What would become of a request, and why, by live state. Nothing is sent and nothing changes.',
    answer: (state, _headers, body) => answerExplain(state, body),
  },
  {
    path: '/reload',
    method: 'POST',
    about: 'Reads the configuration again: 200 when it is in force everywhere, 422 with every error when it is refused.',
    writes: true,
    answer: async (state) => {
      const result = await state.reload()
      return 'errors' in result ? json(422, { errors: result.errors }) : json(200, { revision: result.revision })
    },
  },
  {
    path: '/drain',
    method: 'POST',
    about: 'Ends the gateway as SIGTERM does: finishes what runs.',
    writes: true,
    answer: (state) => {
      state.drain()
      return json(200, { draining: true })
    },
  },
  {
    path: '/cache/purge',
    method: 'POST',
    about: 'Belongs to the filter `cache`, which is not supported yet.',
    writes: true,
    answer: () => refusal('not-supported', 'POST /cache/purge belongs to the filter cache, which is not supported yet'),
  },
]

/** What a path is asked with. */
export function methodsOf({ method }: Call): readonly string[] {
  return method === 'GET' ? ['GET', 'HEAD'] : ['POST']
}
