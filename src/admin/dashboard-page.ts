// The dashboard as one page: what scripts/build-dashboard.ts has made of the files in dashboard/.

import { createHash } from 'node:crypto'
import type { Answer } from './answer.ts'
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

export function dashboardPage(): Answer {
  return { status: 200, type: 'text/html; charset=utf-8', body: PAGE, headers: { 'content-security-policy': POLICY } }
}

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`
}
