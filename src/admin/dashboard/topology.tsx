// Listeners, routes, upstreams and endpoints side by side, with lines between those that are seen.

import { useState } from 'preact/hooks'
import type { Rates } from '../live/messages.ts'
import type { Kind } from './health.ts'
import { ListBox, ROW } from './list-box.tsx'
import { Mark } from './mark.tsx'
import { type Chosen, type Parts, related } from './related.ts'
import type { Store } from './store.ts'
import { left, rate } from './words.ts'

const MOST_ROWS = 9
const GAP = 36

interface Link {
  readonly from: number
  readonly to: number
  readonly kind: Kind
}

export function TopologySection({ store, parts }: { readonly store: Store; readonly parts: Parts }) {
  const [text, setText] = useState('')
  const [trouble, setTrouble] = useState(false)
  const [chosen, setChosen] = useState<Chosen>(null)
  const [tops, setTops] = useState([0, 0, 0, 0])
  const shown = related(parts, { text, trouble, chosen })
  const { listeners, routes, upstreams, endpoints } = shown
  const rows = Math.max(3, Math.min(MOST_ROWS, Math.max(listeners.length, routes.length, upstreams.length, endpoints.length)))
  const height = rows * ROW
  const column = (index: number, kind: string) => ({
    height,
    chosen: chosen?.startsWith(`${kind} `) ? chosen.slice(kind.length + 1) : null,
    onChoose: (key: string | null) => setChosen(key === null ? null : `${kind} ${key}`),
    onScroll: (top: number) => setTops((before) => before.map((value, i) => (i === index ? top : value))),
  })
  const links = linksOf(shown)
  return (
    <section id="topology" aria-labelledby="topology-title">
      <div class="title-row">
        <h2 id="topology-title">Topology</h2>
        <label class="filter">
          <span class="hidden">Filter by name, host or address</span>
          <input
            type="search"
            placeholder="Filter by name, host or address"
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        <label class="check">
          <input type="checkbox" checked={trouble} onChange={(event) => setTrouble(event.currentTarget.checked)} />
          only trouble
        </label>
        {chosen !== null && (
          <button type="button" onClick={() => setChosen(null)}>
            show all again
          </button>
        )}
      </div>
      <div class="columns" style={{ gridTemplateColumns: `1fr ${GAP}px 1.3fr ${GAP}px 1.1fr ${GAP}px 1.5fr` }}>
        <Column title="Listeners" count={listeners.length} all={parts.listeners.length}>
          <ListBox
            {...column(0, 'listener')}
            label="Listeners"
            items={listeners}
            keyOf={({ listener }) => listener.name}
            row={({ listener, standing }) => (
              <Row
                standing={standing}
                name={listener.name}
                more={<Rate of={listener.name} rates={store.listeners} />}
                below={`${listener.protocol} ${listener.addresses.join(', ')}`}
              />
            )}
          />
        </Column>
        <Lines links={links[0]} height={height} left={tops[0] ?? 0} right={tops[1] ?? 0} />
        <Column title="Routes" count={routes.length} all={parts.routes.length}>
          <ListBox
            {...column(1, 'route')}
            label="Routes"
            items={routes}
            keyOf={({ route }) => route.name}
            row={({ route, standing }) => (
              <Row
                standing={standing}
                name={route.name}
                more={<Rate of={route.name} rates={store.routes} />}
                below={[route.hosts.join(', '), route.match.join(' or ') || 'every request'].filter(Boolean).join(' ')}
              />
            )}
          />
        </Column>
        <Lines links={links[1]} height={height} left={tops[1] ?? 0} right={tops[2] ?? 0} />
        <Column title="Upstreams" count={upstreams.length} all={parts.upstreams.length}>
          <ListBox
            {...column(2, 'upstream')}
            label="Upstreams"
            items={upstreams}
            keyOf={({ upstream }) => upstream.name}
            row={({ upstream, standing }) => (
              <Row standing={standing} name={upstream.name} below={inFlightOf(upstream.endpoints.values())} />
            )}
          />
        </Column>
        <Lines links={links[2]} height={height} left={tops[2] ?? 0} right={tops[3] ?? 0} />
        <Column title="Endpoints" count={endpoints.length} all={parts.endpoints.length}>
          <ListBox
            {...column(3, 'endpoint')}
            label="Endpoints"
            items={endpoints}
            keyOf={({ key }) => key}
            row={({ endpoint, standing }) => (
              <Row
                standing={standing}
                name={endpoint.address}
                more={endpoint.tries > 0 && <span class="rate">{rate(endpoint.tries)}/s</span>}
                below={
                  endpoint.reason === null
                    ? `${endpoint.inFlight} running`
                    : `${endpoint.reason}${endpoint.until === null ? '' : `, back in ${left(endpoint.until, store.ahead)}`}`
                }
              />
            )}
          />
        </Column>
      </div>
      <p class="legend" aria-hidden="true">
        <Mark kind="ok" /> up <Mark kind="idle" /> not used now <Mark kind="warn" /> a part is out <Mark kind="bad" /> out
        <span class="hint">Choose one (click, or arrows and Enter) to see only what belongs to it; Esc shows all again.</span>
      </p>
    </section>
  )
}

function Column({
  title,
  count,
  all,
  children,
}: {
  title: string
  count: number
  all: number
  children: preact.ComponentChildren
}) {
  return (
    <div class="column">
      <h3>
        {title} <span class="count">{count === all ? all : `${count} of ${all}`}</span>
      </h3>
      {children}
    </div>
  )
}

interface RowProps {
  readonly standing: { readonly kind: Kind; readonly text: string }
  readonly name: string
  readonly more?: preact.ComponentChildren
  readonly below: string
}

function Row({ standing, name, more, below }: RowProps) {
  return (
    <>
      <span class="row-top">
        <Mark kind={standing.kind} />
        <span class="name" title={name}>
          {name}
        </span>
        {more}
      </span>
      <span class="row-below" title={below}>
        <span class={`word ${standing.kind}`}>{standing.text}</span> {below}
      </span>
    </>
  )
}

function Rate({ of, rates }: { readonly of: string; readonly rates: Rates }) {
  // A name may be that of something that every object has.
  const [requests, failed] = (Object.hasOwn(rates, of) ? rates[of] : null) ?? [0, 0]
  if (requests === 0) return null
  return (
    <span class="rate">
      {rate(requests)}/s{failed > 0 && <span class="bad-text"> {rate(failed)} failed</span>}
    </span>
  )
}

function inFlightOf(endpoints: Iterable<{ readonly inFlight: number }>): string {
  let sum = 0
  for (const { inFlight } of endpoints) sum += inFlight
  return `${sum} running`
}

/** From listeners to routes, to upstreams, to endpoints: places in the lists. */
function linksOf({ listeners, routes, upstreams, endpoints }: Parts): [Link[], Link[], Link[]] {
  const listenerAt = new Map(listeners.map(({ listener }, i) => [listener.name, i]))
  const upstreamAt = new Map(upstreams.map(({ upstream }, i) => [upstream.name, i]))
  const link = (from: number | undefined, to: number | undefined, kind: Kind): Link[] =>
    from === undefined || to === undefined ? [] : [{ from, to, kind }]
  return [
    routes.flatMap(({ route, standing }, to) =>
      route.listeners.flatMap((name) => link(listenerAt.get(name), to, standing.kind)),
    ),
    routes.flatMap(({ route }, from) =>
      route.to.flatMap(({ upstream }) => {
        const to = upstreamAt.get(upstream)
        return link(from, to, upstreams[to ?? -1]?.standing.kind ?? 'ok')
      }),
    ),
    endpoints.flatMap(({ upstream, standing }, to) => link(upstreamAt.get(upstream), to, standing.kind)),
  ]
}

/** Only lines with an end that is seen; `left` and `right` are how far the lists are scrolled. */
function Lines({ links, height, left, right }: { links: readonly Link[]; height: number; left: number; right: number }) {
  const seen = (y: number): boolean => y > -ROW && y < height + ROW
  const paths = links.flatMap(({ from, to, kind }) => {
    const y1 = from * ROW + ROW / 2 - left
    const y2 = to * ROW + ROW / 2 - right
    return seen(y1) && seen(y2) ? [{ y1, y2, kind, key: `${from}-${to}` }] : []
  })
  return (
    <svg class="lines" width={GAP} height={height} aria-hidden="true">
      {paths.map(({ y1, y2, kind, key }) => (
        <path key={key} class={kind} d={`M0 ${y1}C${GAP / 2} ${y1} ${GAP / 2} ${y2} ${GAP} ${y2}`} />
      ))}
    </svg>
  )
}
