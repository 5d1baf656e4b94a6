// How something is, as a shape and a colour; the word stands beside it.

import type { Kind } from './health.ts'

const SHAPES: Readonly<Record<Kind, string>> = {
  ok: 'M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2z',
  idle: 'M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2zm0 2.4a3.6 3.6 0 1 0 0 7.2 3.6 3.6 0 0 0 0-7.2z',
  warn: 'M8 1.5 15 14H1z',
  bad: 'M4.1 1.7 8 5.6l3.9-3.9 2.4 2.4L10.4 8l3.9 3.9-2.4 2.4L8 10.4l-3.9 3.9-2.4-2.4L5.6 8 1.7 4.1z',
}

export function Mark({ kind }: { readonly kind: Kind }) {
  return (
    <svg class={`mark ${kind}`} viewBox="0 0 16 16" width="12" height="12" aria-hidden="true">
      <path d={SHAPES[kind]} />
    </svg>
  )
}
