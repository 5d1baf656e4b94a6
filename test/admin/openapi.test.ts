// The OpenAPI document against its own specification, and the real answers of a gateway against it.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { validate } from '@hyperjump/json-schema/openapi-3-1'
import t, { type Test } from 'tap'
import { ADMIN_API_PAGE, adminApiPage } from '../../scripts/generate-admin-api.ts'
import { CALLS } from '../../src/admin/calls.ts'
import { openApi } from '../../src/admin/openapi.ts'
import { simpleConfig, startEndpoint, startGateway } from '../supervisor/gateway-process.ts'
import { startAdmin } from './fixture.ts'

interface Reply {
  readonly content: Readonly<Record<string, { readonly schema?: { readonly $ref: string } }>>
}
interface Operation {
  readonly responses: Readonly<Record<string, Reply>>
  readonly requestBody?: unknown
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> }
}

const document = JSON.parse(JSON.stringify(openApi())) as Document
// The name says what it is.
const file = join(t.testdir({}), 'admin.openapi.json')
writeFileSync(file, JSON.stringify(document))

async function valid(schema: string, value: unknown): Promise<string | null> {
  const output = await validate(schema, value as never, 'BASIC')
  return output.valid ? null : JSON.stringify(output.errors?.slice(-3))
}

t.test('the document is OpenAPI 3.1, and lists every call', async (t) => {
  t.equal(await valid('https://spec.openapis.org/oas/3.1/schema-base', document), null)
  t.same(
    Object.entries(document.paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${path}`)),
    CALLS.map(({ method, path }) => `${method.toLowerCase()} ${path}`),
  )
  const broken = { ...document, paths: { '/x': { get: { responses: { 200: {} } } } } }
  t.not(await valid('https://spec.openapis.org/oas/3.1/schema-base', broken), null, 'the validator looks')
})

/** Holds one answer against the document: its status, its type and every field of it. */
async function hold(t: Test, what: string, method: string, path: string, response: Response): Promise<unknown> {
  const type = (response.headers.get('content-type') ?? '').split(';')[0] as string
  const reply = document.paths[path]?.[method.toLowerCase()]?.responses[response.status]
  const media = reply?.content[type]
  t.ok(media, `${what}: ${response.status} ${type} is in the document`)
  const text = await response.text()
  if (media?.schema === undefined) return text
  const body = JSON.parse(text)
  t.equal(await valid(`${file}${media.schema.$ref}`, body), null, `${what}: ${text.slice(0, 100)}`)
  return body
}

t.test('answers of a gateway are as the document says', async (t) => {
  const endpoint = await startEndpoint(t, (_request, response) => response.end('hello'))
  const gateway = await startGateway(
    t,
    simpleConfig(endpoint, {
      workers: 1,
      upstreams: {
        all: { discovery: { static: [endpoint, { address: '127.0.0.1:1', zone: 'z' }] }, balancer: 'peak-ewma', breaker: {} },
      },
    }),
  )
  for (let i = 0; i < 4; i++) await (await fetch(gateway.url('/'))).text()
  const ask = async (method: string, path: string, init: RequestInit = {}, what = `${method} ${path}`) =>
    hold(t, what, method, path.split('?')[0] as string, await fetch(gateway.url(path, 'admin'), { method, ...init }))

  for (const { method, path } of CALLS) {
    if (path !== '/drain' && path !== '/events' && method === 'GET') await ask(method, path)
  }
  t.same(await ask('GET', '/openapi.json').then((text) => JSON.parse(text as string)), document)
  await ask('GET', '/metrics', { headers: { accept: 'application/openmetrics-text' } }, 'OpenMetrics')
  await ask('POST', '/explain', { body: '{"url":"http://localhost/x"}' })
  await ask('POST', '/explain', { body: '{"method":"POST","url":"http://localhost/x","headers":{"a":["b","c"]},"seed":1}' })
  await ask('POST', '/explain', { body: '{' }, 'a question that cannot be read')
  await ask('POST', '/explain', { body: 'x'.repeat(100_000) }, 'a question that is too long')
  await ask('POST', '/cache/purge')
  await ask('POST', '/reload')
  await gateway.write({ ...simpleConfig(endpoint), routes: [{ name: 'all', to: 'nobody' }] })
  await ask('POST', '/reload', {}, 'a reload that is refused')
  await ask('POST', '/reload', { headers: { 'sec-fetch-site': 'cross-site' } }, 'from another site')
  const events = await fetch(gateway.url('/events', 'admin'))
  t.match(events.headers.get('content-type'), 'text/event-stream')
  await events.body?.cancel()
  await ask('POST', '/drain')
  await gateway.exited
})

t.test('what the document does not say is noticed', async (t) => {
  const schema = (name: string): string => `${file}#/components/schemas/${name}`
  t.equal(await valid(schema('Live'), { live: true }), null)
  t.not(await valid(schema('Live'), { live: true, more: 1 }), null, 'a further field')
  t.not(await valid(schema('Problem'), { code: 'no-such' }), null)
  const { url, state } = await startAdmin(t, { token: 'secret' })
  t.equal((await fetch(`${url}/openapi.json`)).status, 401)
  state.upstreams = () => Promise.reject(new Error('nobody'))
  const failed = await fetch(`${url}/upstreams`, { headers: { authorization: 'Bearer secret' } })
  t.equal(await valid(schema('Problem'), await failed.json()), null)
})

t.test('the reference page is current', async (t) => {
  t.equal(readFileSync(ADMIN_API_PAGE, 'utf8'), adminApiPage(), 'run node scripts/generate-admin-api.ts')
})
