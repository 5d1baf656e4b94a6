// The dashboard as one page: what scripts/build-dashboard.ts has made of the files in dashboard/. It is compressed once, when it is first
// asked for, and a browser that has it is told so.

import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { promisify } from 'node:util'
import { brotliCompress, gzip } from 'node:zlib'
import type { Answer } from './answer.ts'
import { type Coding, chooseCoding, hasTag } from './content-coding.ts'
import built from './dashboard/built.json' with { type: 'json' }

/** Lets the browser run and show what stands in the page itself, ask this API, and nothing else. */
const POLICY = [
  "default-src 'none'",
  `script-src ${hashOf(built.script)}`,
  `style-src ${hashOf(built.style)}`,
  "connect-src 'self'",
  'img-src data:',
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ')

const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath fill='none' stroke='%233b82f6' stroke-width='2' d='M1 8h5l8-5M6 8l8 5M6 8h8'/%3E%3C/svg%3E"

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Headgate</title>
<link rel="icon" href="${ICON}">
<style>${built.style}</style>
</head>
<body>
<noscript>The dashboard needs JavaScript. What it shows is also to be had by GET /upstreams, /routes, /config and /metrics.</noscript>
<div id="app"></div>
<script type="module">${built.script}</script>
</body>
</html>
`

const COMPRESS: Readonly<Record<Coding, (page: Buffer) => Promise<Buffer>>> = {
  br: promisify(brotliCompress),
  gzip: (page) => promisify(gzip)(page, { level: 9 }),
  identity: async (page) => page,
}

interface Form {
  readonly body: Buffer
  readonly headers: Readonly<Record<string, string>>
}

const forms = new Map<Coding, Promise<Form>>()

async function make(coding: Coding): Promise<Form> {
  const body = await COMPRESS[coding](Buffer.from(PAGE))
  const tag = createHash('sha256').update(body).digest('base64url').slice(0, 22)
  const headers = {
    // It is kept, and asked for again each time: there is no secret in it.
    'cache-control': 'no-cache',
    'content-security-policy': POLICY,
    etag: `"${tag}"`,
    vary: 'accept-encoding',
    ...(coding === 'identity' ? {} : { 'content-encoding': coding }),
  }
  return { body, headers }
}

export async function dashboardPage(asked: IncomingHttpHeaders = {}): Promise<Answer> {
  const coding = chooseCoding(asked['accept-encoding'])
  const form = forms.get(coding) ?? make(coding)
  forms.set(coding, form)
  const { body, headers } = await form
  const same = hasTag(asked['if-none-match'], headers.etag as string)
  return same ? { status: 304, type: '', body: '', headers } : { status: 200, type: 'text/html; charset=utf-8', body, headers }
}

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`
}
