// The rows as a Markdown table.

import type { Row } from './row.ts'

const HEAD = [
  'fault',
  'requests',
  'client errors',
  'moved after',
  'returned after',
  'added load',
  'p50 / p99 before',
  'p50 / p99 during',
  'notes',
]

export function renderRows(rows: readonly Row[]): string {
  const lines = rows.map((row) => [
    row.fault,
    String(row.requests),
    String(row.clientErrors),
    ms(row.movedMs),
    ms(row.returnedMs),
    row.addedLoad === null ? '' : `${(row.addedLoad * 100).toFixed(1)} %`,
    both(row.before),
    both(row.during),
    row.notes,
  ])
  return `${[HEAD, HEAD.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`
}

function ms(value: number | null): string {
  if (value === null) return ''
  return value >= 1000 ? `${(value / 1000).toFixed(1)} s` : `${Math.round(value)} ms`
}

const both = (spread: Row['before']): string =>
  spread === null ? '' : `${spread.p50.toFixed(1)} / ${spread.p99.toFixed(1)} ms`
