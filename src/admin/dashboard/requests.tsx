// The live tail: a few of the requests as they end, and what was decided about each.

import { useState } from 'preact/hooks'
import type { RequestSample } from '../../model/request-sample.ts'
import type { Question } from './api.ts'
import { Decision } from './decision.tsx'
import { Mark } from './mark.tsx'
import type { Store } from './store.ts'
import { bytes, clock, duration } from './words.ts'

const MOST = 25

interface RequestsProps {
  readonly store: Store
  readonly onExplain: (question: Question) => void
}

export function RequestsSection({ store, onExplain }: RequestsProps) {
  const [failed, setFailed] = useState(false)
  const [text, setText] = useState('')
  const [open, setOpen] = useState<string | null>(null)
  const words = text.toLowerCase().trim()
  const shown = store.samples
    .filter(
      (sample) => (!failed || sample.failed || sample.attempts.length > 1) && (words === '' || textOf(sample).includes(words)),
    )
    .slice(0, MOST)
  return (
    <section id="requests" aria-labelledby="requests-title">
      <div class="title-row">
        <h2 id="requests-title">Requests</h2>
        <span class="muted">
          {store.paused
            ? 'paused'
            : store.held
              ? 'held while you are in it'
              : `a sample of ${store.seen.toLocaleString('en')} in the last second; failed ones first`}
        </span>
        <label class="filter">
          <span class="hidden">Filter requests</span>
          <input
            type="search"
            placeholder="Filter by path, route, endpoint, reason …"
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        <label class="check">
          <input type="checkbox" checked={failed} onChange={(event) => setFailed(event.currentTarget.checked)} />
          only failed or tried again
        </label>
        <button type="button" aria-pressed={store.paused} onClick={() => store.pause(!store.paused)}>
          {store.paused ? 'Go on' : 'Pause'}
        </button>
      </div>
      <section
        class="scroll tail"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also by keys
        tabIndex={0}
        aria-label="Table of requests"
        onPointerEnter={() => store.hold(true)}
        onPointerLeave={({ currentTarget }) => store.hold(currentTarget.contains(document.activeElement))}
        onFocusIn={() => store.hold(true)}
        onFocusOut={({ currentTarget, relatedTarget }) => store.hold(currentTarget.contains(relatedTarget as Node | null))}
      >
        <table class="grid">
          <thead>
            <tr>
              <th scope="col">Time</th>
              <th scope="col">Request</th>
              <th scope="col">Answer</th>
              <th scope="col">Route</th>
              <th scope="col">Upstream</th>
              <th scope="col">Endpoint</th>
              <th scope="col">Tries</th>
              <th scope="col" class="number">
                Took
              </th>
              <th scope="col">
                <span class="hidden">Details</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map((sample) => {
              const key = `${sample.requestId} ${sample.time}`
              return (
                <Line
                  key={key}
                  sample={sample}
                  ahead={store.ahead}
                  open={open === key}
                  onOpen={() => setOpen(open === key ? null : key)}
                  onExplain={onExplain}
                />
              )
            })}
          </tbody>
        </table>
        {shown.length === 0 && (
          <p class="nothing">{store.samples.length === 0 ? 'no request has ended yet' : 'none of them fits'}</p>
        )}
      </section>
    </section>
  )
}

interface LineProps {
  readonly sample: RequestSample
  readonly ahead: number
  readonly open: boolean
  readonly onOpen: () => void
  readonly onExplain: (question: Question) => void
}

function Line({ sample, ahead, open, onOpen, onExplain }: LineProps) {
  const { method, host, path, status, reason, route, upstream, endpoint, attempts, durationMs, failed } = sample
  const again = attempts.length > 1
  const kind = failed ? 'bad' : again ? 'warn' : 'ok'
  return (
    <>
      <tr class={kind}>
        <td class="nowrap">{clock(sample.time - ahead)}</td>
        <td class="path" title={`${method} ${host}${path}`}>
          <b>{method}</b> <span class="muted">{host}</span>
          {path}
        </td>
        <td class="nowrap">
          <Mark kind={kind} /> {status === 0 ? '' : status} {reason !== null && <span class="bad-text">{reason}</span>}
        </td>
        <td>{route ?? '–'}</td>
        <td>{upstream ?? '–'}</td>
        <td class="nowrap">{endpoint ?? '–'}</td>
        <td class="nowrap">
          {again ? `${attempts.length}: ${attempts.map(({ outcome }) => outcome).join(', ')}` : attempts.length}
        </td>
        <td class="number nowrap">{duration(durationMs)}</td>
        <td>
          <button type="button" class="small" aria-expanded={open} onClick={onOpen}>
            {open ? 'Less' : 'More'}
            <span class="hidden">
              {' '}
              about {method} {path}
            </span>
          </button>
        </td>
      </tr>
      {open && (
        <tr class="details">
          <td colSpan={9}>
            <dl>
              <dt>Request id</dt>
              <dd>{sample.requestId}</dd>
              <dt>From</dt>
              <dd>
                {sample.client} by {sample.protocol} at listener {sample.listener}
              </dd>
              <dt>Bytes</dt>
              <dd>
                {bytes(sample.bytesIn)} in, {bytes(sample.bytesOut)} out
              </dd>
            </dl>
            {attempts.length > 0 && (
              <ol class="attempts">
                {attempts.map((attempt, i) => (
                  <li key={i}>
                    <Mark kind={attempt.outcome === 'ok' ? 'ok' : 'bad'} /> {attempt.endpoint}: {attempt.outcome}
                    {attempt.status > 0 && `, answered ${attempt.status}`} after {duration(attempt.durationMs)}
                    {attempt.reason !== '' && <span class="muted">, made because of {attempt.reason}</span>}
                    {attempt.detail !== '' && <span class="muted"> ({attempt.detail})</span>}
                  </li>
                ))}
              </ol>
            )}
            {sample.decision?.noRetry && <p>No further try: {sample.decision.noRetry}.</p>}
            {sample.decision !== null && <Decision of={sample.decision} />}
            <button type="button" onClick={() => onExplain(questionOf(sample))}>
              Explain such a request now
            </button>
          </td>
        </tr>
      )}
    </>
  )
}

function textOf({ method, host, path, status, reason, route, upstream, attempts, requestId, client }: RequestSample): string {
  const tries = attempts.map(({ endpoint, outcome }) => `${endpoint} ${outcome}`).join(' ')
  return `${method} ${host}${path} ${status} ${reason} ${route} ${upstream} ${tries} ${requestId} ${client}`.toLowerCase()
}

/** Fields of the request are not known here, nor are values of its query. */
function questionOf({ method, host, path }: RequestSample): Question {
  return { method, url: `http://${host === '' ? 'localhost' : host}${path.replaceAll('=…', '=')}`, headers: {} }
}
