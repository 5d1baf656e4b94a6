// The page of the dashboard without a browser: it is what its source says, and lets a browser run nothing else.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import t from 'tap'
import { BUILT, buildDashboard } from '../../scripts/build-dashboard.ts'
import { startAdmin } from './fixture.ts'

t.test('what is committed is what the source comes to', async (t) => {
  const { text, inputs } = await buildDashboard()
  t.ok(text === readFileSync(BUILT, 'utf8'), 'run npm run build:dashboard')
  for (const name of ['preact', 'uplot']) t.ok(inputs.some((input) => input.includes(`node_modules/${name}/`)))
  t.ok(text.length < 200_000, 'and small')
})

t.test('a policy for exactly this page', async (t) => {
  const { url } = await startAdmin(t, { token: 'secret' })
  const answer = await fetch(url)
  t.equal(answer.status, 200, 'without a token: there is no secret in it')
  const page = await answer.text()
  const policy = answer.headers.get('content-security-policy') ?? ''
  t.match(policy, /default-src 'none';.*connect-src 'self';.*frame-ancestors 'none'/)
  t.notMatch(policy, /unsafe|\*|https?:/)
  const hashOf = (text = ''): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
  const script = /<script type="module">([\s\S]*?)<\/script>/.exec(page)?.[1]
  const style = /<style>([\s\S]*?)<\/style>/.exec(page)?.[1]
  t.ok(policy.includes(`script-src ${hashOf(script)}`))
  t.ok(policy.includes(`style-src ${hashOf(style)}`))
  t.notMatch(page.replace(/<(script|style)[\s\S]*?<\/\1>/g, ''), /\b(src|href)="(?!data:)/, 'nothing is fetched')
  t.equal(answer.headers.get('cache-control'), 'no-cache', 'asked for again each time')
})

/** The head, with names in lower case, and the body as it was sent. */
async function get(port: number, headers: Record<string, string>, method = 'GET') {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request({ port, host: '127.0.0.1', method, headers, agent: false }, resolve).once('error', reject).end()
  })
  return { status: response.statusCode, headers: response.headers, body: await buffer(response) }
}

t.test('compressed by what the browser takes', async (t) => {
  const { port } = await startAdmin(t)
  const plain = await get(port, {})
  t.equal(plain.headers['content-encoding'], undefined)
  const tags = new Set([plain.headers.etag])
  for (const [coding, unpack] of [
    ['br', brotliDecompressSync],
    ['gzip', gunzipSync],
  ] as const) {
    const { status, headers, body } = await get(port, { 'accept-encoding': `deflate, ${coding}` })
    t.match({ status, headers }, { status: 200, headers: { 'content-encoding': coding, vary: 'accept-encoding' } })
    t.equal(headers['content-length'], String(body.length))
    t.ok(body.length < plain.body.length / 2, `${coding}: ${body.length} bytes`)
    t.ok(unpack(body).equals(plain.body), 'and it is the same page')
    t.equal(headers['content-security-policy'], plain.headers['content-security-policy'])
    const head = await get(port, { 'accept-encoding': coding }, 'HEAD')
    t.match(head, { status: 200, headers: { 'content-length': String(body.length), 'content-encoding': coding } })
    t.equal(head.body.length, 0)
    tags.add(headers.etag)
  }
  t.equal(tags.size, 3, 'each form has a tag of its own')
})

t.test('a browser that has it is told so', async (t) => {
  const { port } = await startAdmin(t)
  const first = await get(port, { 'accept-encoding': 'gzip' })
  const tag = first.headers.etag as string
  for (const known of [tag, `W/${tag}`, `"other", ${tag}`, '*']) {
    for (const method of ['GET', 'HEAD']) {
      const again = await get(port, { 'accept-encoding': 'gzip', 'if-none-match': known }, method)
      t.match(again, { status: 304, headers: { etag: tag, vary: 'accept-encoding', 'cache-control': 'no-cache' } }, known)
      t.equal(again.headers['content-security-policy'], first.headers['content-security-policy'])
      t.equal(again.body.length, 0)
      t.equal(again.headers['content-type'], undefined)
    }
  }
  t.equal((await get(port, { 'accept-encoding': 'br', 'if-none-match': tag })).status, 200, 'the tag of another form')
  t.equal((await get(port, { 'accept-encoding': 'gzip', 'if-none-match': '"other"' })).status, 200)
})
