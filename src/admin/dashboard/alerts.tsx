// What somebody has to know before anything else: a lost connection, a refused configuration, and who gets no requests.

import type { Reload } from '../live/messages.ts'
import { Mark } from './mark.tsx'
import type { EndpointRow, Parts } from './related.ts'
import type { Store } from './store.ts'
import { because, clock, left, listed } from './words.ts'

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
      <Out parts={parts} store={store} />
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

function Out({ parts, store }: { readonly parts: Parts; readonly store: Store }) {
  const out = parts.endpoints.filter(({ endpoint, standing }) => standing.kind === 'bad' && endpoint.health !== 'up')
  const broken = parts.upstreams.filter(({ standing }) => standing.kind === 'bad')
  const failing = parts.routes.filter(({ route }) => store.served.failing(route.name) !== null).map(({ route }) => route)
  const routesTo = (upstream: string): string[] =>
    failing.filter(({ to }) => to.some(({ upstream: name }) => name === upstream)).map(({ name }) => name)
  const felt = broken.filter(({ upstream }) => routesTo(upstream.name).length > 0)
  const unfelt = broken.filter((each) => !felt.includes(each))
  // Nobody knows that while nobody can be asked.
  if (out.length + broken.length === 0 && store.phase === 'lost') return null
  if (out.length + broken.length === 0)
    return (
      <p class="alert fine">
        <Mark kind="ok" /> Every endpoint may get requests.
      </p>
    )
  return (
    <>
      {felt.length > 0 && (
        <div class="alert bad">
          {felt.slice(0, MOST).map((each) => (
            <Broken key={each.upstream.name} of={each} parts={parts} store={store} failing={routesTo(each.upstream.name)} />
          ))}
          <More count={felt.length - MOST} href="#topology" />
        </div>
      )}
      {unfelt.length + out.length > 0 && (
        <div class="alert warn">
          {unfelt.slice(0, MOST).map((each) => (
            <Broken key={each.upstream.name} of={each} parts={parts} store={store} failing={[]} />
          ))}
          <More count={unfelt.length - MOST} href="#topology" />
          {out.slice(0, MOST).map((row) => (
            <LeftOut key={row.key} row={row} parts={parts} ahead={store.ahead} />
          ))}
          <More count={out.length - MOST} href="#endpoints" />
        </div>
      )}
    </>
  )
}

function More({ count, href }: { readonly count: number; readonly href: string }) {
  if (count <= 0) return null
  return (
    <p>
      <a href={href}>and {count} more</a>
    </p>
  )
}

interface BrokenProps {
  readonly of: Parts['upstreams'][number]
  readonly parts: Parts
  readonly store: Store
  /** Routes that lead to it and answered with errors just now. */
  readonly failing: readonly string[]
}

/** An upstream as a whole: what is wrong, what becomes of its requests, and who feels it. */
function Broken({ of, parts, store, failing }: BrokenProps) {
  return (
    <p>
      <Mark kind="bad" /> Upstream <b>{of.upstream.name}</b>: {whatOf(of, parts, store)}
      {failing.length > 0 && (
        <>
          {' '}
          Clients get errors from {failing.length === 1 ? 'route' : 'routes'} <b>{listed(failing)}</b>.
        </>
      )}
    </p>
  )
}

function whatOf({ upstream, standing }: BrokenProps['of'], { endpoints }: Parts, { tried }: Store): string {
  if (upstream.panic) return `${standing.text}, so health is ignored.`
  if (upstream.breaker === 'open') return `${standing.text}, so requests are refused at once.`
  const asked = endpoints.filter((row) => row.upstream === upstream.name && row.standing.dead)
  if (asked.length === 0) return `${standing.text}.`
  const outcome = asked.map(({ key }) => tried.outcome(key)).find((each) => each !== null)
  const why = outcome == null ? '' : ` (${because(outcome)})`
  const addresses = listed(asked.map(({ endpoint }) => endpoint.address))
  return `${standing.text}${why}. No other endpoint is left, so requests still go to ${addresses}.`
}

/** An endpoint that gets no requests: why, until when, and who gets them instead. */
function LeftOut({ row, parts, ahead }: { readonly row: EndpointRow; readonly parts: Parts; readonly ahead: number }) {
  const { upstream, endpoint } = row
  const { address, health, reason, until } = endpoint
  const others = parts.endpoints.filter((each) => each.upstream === upstream && each.endpoint.health === 'up')
  return (
    <p>
      <Mark kind="bad" /> <b>{address}</b> of upstream <b>{upstream}</b> gets no requests: {health}
      {reason !== null && reason !== health && ` (${because(reason)})`}
      {until === null ? ', until that changes.' : `, until ${clock(until - ahead)}, in ${left(until, ahead)}.`}
      {others.length === 1 && ` They go to ${others[0]?.endpoint.address} instead.`}
      {others.length > 1 && ` They go to the ${others.length} others instead.`}
    </p>
  )
}
