// Writes docs/reference/reasons.md from src/model/reasons.ts. Run: node scripts/generate-reasons.ts

import { writeFileSync } from 'node:fs'
import { REASONS, type Reason } from '../src/model/reasons.ts'

export const REASONS_PAGE = new URL('../docs/reference/reasons.md', import.meta.url)

export function reasonsPage(): string {
  const rows = Object.entries(REASONS as Readonly<Record<string, Reason>>).map(
    ([code, { status, title, retryAfter }]) =>
      `| \`${code}\` | ${status} | ${title} | ${retryAfter === 0 ? '' : `${retryAfter} s`} |`,
  )
  return `# Reasons

<!-- Made by scripts/generate-reasons.ts from src/model/reasons.ts. -->

When the gateway answers a request by itself, it says why with one of these words. The words are stable. They stand in the
response header \`x-headgate-reason\`, in \`code\` of the \`application/problem+json\` body, in \`reason\` of the access log, and in
the label \`reason\` of \`headgate_rejected_total\` (requests without a route). With \`errors: { detail: minimal }\` clients are not
told, logs and metrics are.

| Reason | Status | Meaning | Retry-After |
| --- | --- | --- | --- |
${rows.join('\n')}
`
}

if (import.meta.main) writeFileSync(REASONS_PAGE, reasonsPage())
