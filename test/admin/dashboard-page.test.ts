// The page of the dashboard without a browser: it is what its source says, and lets a browser run nothing else.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
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
  t.equal(answer.headers.get('cache-control'), 'no-store')
  const head = await fetch(url, { method: 'HEAD' })
  t.equal(head.headers.get('content-length'), String(Buffer.byteLength(page)))
})
