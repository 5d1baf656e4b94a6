// Every endpoint, those that are out first: why, and until when.

import { useState } from 'preact/hooks'
import { Mark } from './mark.tsx'
import { Pages } from './pages.tsx'
import type { EndpointRow, Parts } from './related.ts'
import type { Store } from './store.ts'
import { clock, duration, left, rate } from './words.ts'

const PAGE = 20
const ORDER = { bad: 0, warn: 1, idle: 2, ok: 3 } as const

export function EndpointsSection({ store, parts }: { readonly store: Store; readonly parts: Parts }) {
  const [text, setText] = useState('')
  const [out, setOut] = useState(false)
  const [page, setPage] = useState(0)
  const words = text.toLowerCase().trim()
  const rows = parts.endpoints
    .filter(({ key, standing, endpoint }) => {
      const fits = words === '' || `${key} ${endpoint.reason ?? ''} ${endpoint.zone ?? ''}`.toLowerCase().includes(words)
      return fits && (!out || standing.kind !== 'ok')
    })
    .sort((a, b) => ORDER[a.standing.kind] - ORDER[b.standing.kind])
  const at = Math.min(page, Math.max(0, Math.ceil(rows.length / PAGE) - 1))
  return (
    <section id="endpoints" aria-labelledby="endpoints-title">
      <div class="title-row">
        <h2 id="endpoints-title">Endpoints</h2>
        <label class="filter">
          <span class="hidden">Filter endpoints</span>
          <input
            type="search"
            placeholder="Filter by upstream, address, reason or zone"
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        <label class="check">
          <input type="checkbox" checked={out} onChange={(event) => setOut(event.currentTarget.checked)} />
          only those without requests
        </label>
        <Pages of="endpoints" page={at} size={PAGE} rows={rows.length} onPage={setPage} />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also by keys */}
      <section class="scroll" tabIndex={0} aria-label="Table of endpoints">
        <table class="grid">
          <thead>
            <tr>
              <th scope="col">Endpoint</th>
              <th scope="col">Upstream</th>
              <th scope="col">Health</th>
              <th scope="col">Why it gets no requests</th>
              <th scope="col">Until</th>
              <th scope="col" class="number">
                Tries
              </th>
              <th scope="col" class="number">
                Failed
              </th>
              <th scope="col" class="number">
                Running
              </th>
              <th scope="col" class="number">
                Latency
              </th>
              <th scope="col" class="number">
                Weight
              </th>
              <th scope="col" class="number">
                Priority
              </th>
              <th scope="col">Zone</th>
            </tr>
          </thead>
          <tbody>
            {rows.slice(at * PAGE, (at + 1) * PAGE).map((row) => (
              <Line key={row.key} row={row} ahead={store.ahead} />
            ))}
          </tbody>
        </table>
        {rows.length === 0 && <p class="nothing">none</p>}
      </section>
    </section>
  )
}

function Line({ row: { endpoint, upstream, standing }, ahead }: { readonly row: EndpointRow; readonly ahead: number }) {
  const { address, reason, until, tries, failed, inFlight, latencyMs, weight, priority, zone } = endpoint
  return (
    <tr class={standing.kind}>
      <th scope="row">{address}</th>
      <td>{upstream}</td>
      <td class="nowrap">
        <Mark kind={standing.kind} /> <span class={`word ${standing.kind}`}>{standing.text}</span>
      </td>
      <td>{reason ?? '–'}</td>
      <td class="nowrap">
        {until === null ? (reason === null ? '–' : 'something changes') : `${clock(until - ahead)}, in ${left(until, ahead)}`}
      </td>
      <td class="number">{tries === 0 ? '–' : `${rate(tries)}/s`}</td>
      <td class={failed > 0 ? 'number bad-text' : 'number'}>{failed === 0 ? '–' : `${rate(failed)}/s`}</td>
      <td class="number">{inFlight}</td>
      <td class="number">{duration(latencyMs)}</td>
      <td class="number">{weight}</td>
      <td class="number">{priority}</td>
      <td>{zone ?? '–'}</td>
    </tr>
  )
}
