// The admin API as an OpenAPI 3.1 document, made of the table of calls and the shapes of their answers.

import * as z from 'zod'
import { CALLS, type Call } from './calls.ts'
import { PROBLEMS, type ProblemCode } from './problems.ts'
import * as shapes from './shapes.ts'

type ShapeName = keyof typeof shapes

interface Reply {
  readonly about: string
  /** Media type → what it is: JSON of a shape, or text. */
  readonly content: Readonly<Record<string, ShapeName | 'text'>>
}

interface Operation {
  readonly id: string
  readonly asks?: ShapeName
  readonly replies: Readonly<Record<number, Reply>>
  /** Beside those that every call may be refused with. */
  readonly problems?: readonly ProblemCode[]
}

const of = (shape: ShapeName, about: string): Reply => ({ about, content: { 'application/json': shape } })

/** Of each call of the table; those that only refuse have no replies. */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  '/': {
    id: 'dashboard',
    replies: {
      200: { about: 'A page; compressed by `br` or `gzip` where Accept-Encoding allows it.', content: { 'text/html': 'text' } },
      304: { about: 'The client has it, by If-None-Match.', content: {} },
    },
  },
  '/healthz': { id: 'health', replies: { 200: of('Live', 'It lives.'), 503: of('Live', 'It does not.') } },
  '/ready': {
    id: 'ready',
    replies: { 200: of('Ready', 'Requests are served.'), 503: of('Ready', 'They are not; `why` says why.') },
  },
  '/metrics': {
    id: 'metrics',
    replies: {
      200: { about: 'The metrics.', content: { 'text/plain': 'text', 'application/openmetrics-text': 'text' } },
    },
  },
  '/config': { id: 'config', replies: { 200: of('Config', 'What is in force.') } },
  '/routes': { id: 'routes', replies: { 200: of('Routes', 'In the order written.') } },
  '/upstreams': { id: 'upstreams', replies: { 200: of('Upstreams', 'All of them.') } },
  '/events': {
    id: 'events',
    replies: { 200: { about: 'A stream that does not end by itself.', content: { 'text/event-stream': 'text' } } },
    problems: ['origin', 'too-many-watchers'],
  },
  '/openapi.json': { id: 'openapi', replies: { 200: { about: 'This document.', content: { 'application/json': 'text' } } } },
  '/explain': {
    id: 'explain',
    asks: 'ExplainRequest',
    replies: { 200: of('Explanation', 'What would become of it.') },
    problems: ['bad-request', 'origin', 'body-limit', 'unavailable'],
  },
  '/reload': {
    id: 'reload',
    replies: { 200: of('Reloaded', 'It is in force.'), 422: of('ReloadRefused', 'It was refused; what was in force stays.') },
    problems: ['origin', 'read-only', 'body-limit'],
  },
  '/drain': { id: 'drain', replies: { 200: of('Draining', 'It has begun.') }, problems: ['origin', 'read-only', 'body-limit'] },
  '/cache/purge': { id: 'purgeCache', replies: {}, problems: ['origin', 'read-only', 'body-limit', 'not-supported'] },
}

/** A new copy each time. */
export function openApi(): object {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Headgate admin API',
      version: '1',
      description:
        'Shows what a gateway does and steers it. A `Host` that is neither an address, `localhost`, the bound name nor one of `admin.hosts` is refused, so that web pages do not reach it through names of their own.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    paths: Object.fromEntries(CALLS.map((call) => [call.path, { [call.method.toLowerCase()]: operation(call) }])),
    components: {
      schemas: schemas(),
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: '`admin.token`; where none is configured none is asked for.' },
      },
    },
  }
}

function operation(call: Call): object {
  const { id, asks, replies, problems = [] } = OPERATIONS[call.path] as Operation
  const refusals: ProblemCode[] = [
    ...(call.open ? [] : (['token'] as const)),
    'host',
    'bad-request',
    'expectation',
    'header-limit',
    'internal',
    ...problems,
  ]
  return {
    operationId: id,
    summary: call.about,
    security: call.open ? [] : [{ token: [] }],
    ...(asks === undefined ? {} : { requestBody: { required: true, content: { 'application/json': schemaOf(asks) } } }),
    responses: {
      ...Object.fromEntries(
        Object.entries(replies).map(([status, { about, content }]) => [
          status,
          { description: about, content: contentOf(content) },
        ]),
      ),
      ...problemReplies(refusals, replies),
    },
  }
}

/** One for each status; 503 of probes is theirs. */
function problemReplies(codes: readonly ProblemCode[], replies: Operation['replies']): object {
  const byStatus = Map.groupBy(new Set(codes), (code) => PROBLEMS[code].status)
  return Object.fromEntries(
    [...byStatus]
      .filter(([status]) => !(status in replies))
      .map(([status, those]) => [
        status,
        {
          description: those.map((code) => `\`${code}\`: ${PROBLEMS[code].title}.`).join(' '),
          content: { 'application/problem+json': schemaOf('Problem') },
        },
      ]),
  )
}

function contentOf(content: Reply['content']): object {
  return Object.fromEntries(Object.entries(content).map(([type, shape]) => [type, shape === 'text' ? {} : schemaOf(shape)]))
}

const schemaOf = (shape: ShapeName): object => ({ schema: { $ref: `#/components/schemas/${shape}` } })

function schemas(): object {
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => {
      const { $schema: _, ...schema } = z.toJSONSchema(shape)
      return [name, schema]
    }),
  )
}
