// What somebody has to know before anything else: a lost connection, a refused configuration, and who gets no requests.

import type { Reload } from '../live/messages.ts'
import { Mark } from './mark.tsx'
import type { Parts } from './related.ts'
import type { Store } from './store.ts'
import { clock, left } from './words.ts'

const MOST = 5

export function Alerts({ store, parts }: { readonly store: Store; readonly parts: Parts }) {
  const { standing, phase, trouble, ahead } = store
  const refused = standing?.refused ?? null
  return (
    <div class="alerts">
      <div role="alert">
        {phase === 'lost' && (
          <p class="alert bad">
            <Mark kind="bad" /> {trouble}. Trying again; what is shown is old.
          </p>
        )}
        {standing?.ready === false && (
          <p class="alert warn">
            <Mark kind="warn" /> Not ready: {standing.why.join('; ')}.
          </p>
        )}
        {refused !== null && <Refused reload={refused} stands={standing?.reload?.result === 'refused'} ahead={ahead} />}
      </div>
      <Out parts={parts} ahead={ahead} />
    </div>
  )
}

interface RefusedProps {
  readonly reload: Reload
  /** Nothing has been accepted since. */
  readonly stands: boolean
  readonly ahead: number
}

function Refused({ reload: { at, trigger, errors }, stands, ahead }: RefusedProps) {
  return (
    <details class={`alert ${stands ? 'bad' : 'past'}`} open={stands}>
      <summary>
        <Mark kind={stands ? 'bad' : 'idle'} />{' '}
        {stands
          ? `The configuration was refused at ${clock(at - ahead)} (${trigger}); what was in force stays.`
          : `A configuration was refused at ${clock(at - ahead)} (${trigger}); a later one was accepted.`}
      </summary>
      <ul class="problems">
        {errors.map(({ file, line, column, message }) => (
          <li key={`${file}:${line}:${column} ${message}`}>
            {line > 0 && <code>{`${file}:${line}:${column}`}</code>} {message}
          </li>
        ))}
      </ul>
    </details>
  )
}

function Out({ parts, ahead }: { readonly parts: Parts; readonly ahead: number }) {
  const out = parts.endpoints.filter(({ standing }) => standing.kind === 'bad')
  const broken = parts.upstreams.filter(({ upstream }) => upstream.breaker === 'open' || upstream.panic)
  if (out.length + broken.length === 0)
    return (
      <p class="alert fine">
        <Mark kind="ok" /> Every endpoint may get requests.
      </p>
    )
  return (
    <div class="alert warn">
      {broken.map(({ upstream, standing }) => (
        <p key={upstream.name}>
          <Mark kind="bad" /> Upstream <b>{upstream.name}</b>: {standing.text}
          {upstream.panic && ', so health is ignored'}
        </p>
      ))}
      {out.slice(0, MOST).map(({ key, upstream, endpoint }) => (
        <p key={key}>
          <Mark kind="bad" /> <b>{endpoint.address}</b> of upstream <b>{upstream}</b> gets no requests: {endpoint.health}
          {endpoint.reason !== null && endpoint.reason !== endpoint.health && ` (${endpoint.reason})`}
          {endpoint.until === null
            ? ', until that changes.'
            : `, until ${clock(endpoint.until - ahead)}, in ${left(endpoint.until, ahead)}.`}
        </p>
      ))}
      {out.length > MOST && (
        <p>
          <a href="#endpoints">and {out.length - MOST} more</a>
        </p>
      )}
    </div>
  )
}
