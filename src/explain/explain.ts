// Explains what the gateway would do with a request, from the compiled objects that would do it.

import { isIP } from 'node:net'
import { breakerInWords } from '../model/breaker.ts'
import type { Random } from '../model/clock.ts'
import type { Exchange } from '../model/exchange.ts'
import type { ExplainRequest, Explanation } from '../model/explanation.ts'
import { whyOut } from '../model/left-out.ts'
import type { LocalAnswer } from '../model/message.ts'
import { PRIORITY } from '../model/overload.ts'
import { normalizeHost } from '../model/request-host.ts'
import type { RouteBinding, ServedListener, Snapshot } from '../model/snapshot.ts'
import { labelsInWords, type Subset } from '../model/subset.ts'
import type { Upstream } from '../model/upstream.ts'
import { hashInUse } from '../proxy/stand-in.ts'
import { type BoundListener, type Choice, chooseListener, sharersOf } from './choose-listener.ts'
import { type DryRun, dryRun } from './dry-run.ts'
import { explainEndpoints } from './endpoints.ts'
import { noteProtocol } from './protocol-notes.ts'
import { type RequestBytes, requestBytes } from './read-request.ts'
import { seeded } from './seeded.ts'
import { effectOf } from './watched-filters.ts'

/** Endpoints of an upstream that is not used that are told about. */
const MAX_REASONS = 5

/** Routes that are told about; of the others only the number. */
const MAX_CONSIDERED = 50

/** What is in force, in a file or in a process. */
export interface ExplainView {
  readonly snapshot: Snapshot
  readonly bound: readonly BoundListener[]
  /** Names of upstreams whose endpoints are not known here. */
  readonly undiscovered: ReadonlySet<string>
  /** How overloaded the process is, as in Overload. */
  readonly pressure: number
  /** Where the request brings no seed. */
  readonly random: Random
}

export interface ExplainOptions {
  /** Index of the upstream in a route's weighted list; null = by weight. */
  readonly choice: number | null
  /** Whether to look at the routes that are not taken, which takes its time. */
  readonly others: boolean
}

export interface Outcome {
  readonly explanation: Explanation
  /** With its fields, which an explanation does not have. */
  readonly answer: LocalAnswer | null
  /** How many upstreams the route has; 0 = no route. */
  readonly choices: number
}

const EVERYTHING: ExplainOptions = { choice: null, others: true }

/** A text is why the question cannot be answered. */
export function explainRequest(view: ExplainView, request: ExplainRequest, options = EVERYTHING): Outcome | string {
  const bytes = requestBytes(request)
  if (typeof bytes === 'string') return bytes
  const chosen = chooseListener(view.snapshot, view.bound, bytes, request.listener)
  if (typeof chosen === 'string') return chosen
  const outcome = explainOn(view, request, bytes, chosen, options)
  if (outcome.explanation.route !== null) return outcome
  for (const listener of chosen.others) {
    const why = `${chosen.why}, as is ${chosen.listener.name} at another address, which has no route for this request`
    const other = explainOn(view, request, bytes, { listener, why }, options)
    if (other.explanation.route !== null) return other
  }
  return outcome
}

function explainOn(
  view: ExplainView,
  request: ExplainRequest,
  bytes: RequestBytes,
  chosen: Pick<Choice, 'listener' | 'why'>,
  options: ExplainOptions,
): Outcome {
  const { listener } = chosen
  const random = request.seed === null ? view.random : seeded(request.seed)
  const port = bytes.port ?? (bytes.scheme === 'https' || bytes.scheme === 'tls' ? 443 : 80)
  const sharing = listener.protocol === 'https' ? sharersOf(view, listener) : []
  const settings = { ...options, ...view, random, name: serverName(bytes), sharing }
  const run = dryRun(bytes.head, listener, request.client ?? '127.0.0.1', port, settings)
  const { x, binding, upstream, endpoint, filters, answer, detail } = run
  const considered = run.considered ?? []
  return {
    explanation: {
      listener: listener.name,
      route: binding?.name ?? null,
      upstream: upstream?.name ?? null,
      endpoint: endpoint?.address ?? null,
      considered: considered.slice(0, MAX_CONSIDERED),
      filters: filters.map((filter) => ({ name: filter.name, effect: effectOf(filter, answer !== null) })),
      endpoints: upstream === null ? [] : explainEndpoints(upstream, subsetIn(run)),
      answer: answer === null ? null : { status: answer.status, reason: x.reason },
      notes: [
        `listener ${listener.name}: ${chosen.why}`,
        ...noteScheme(bytes, listener),
        ...(detail === '' ? [] : [`${x.reason}: ${detail}`]),
        ...(run.considered !== null && binding === null ? elsewhere(view.snapshot, listener, x) : []),
        ...(considered.length > MAX_CONSIDERED ? [`${considered.length - MAX_CONSIDERED} more routes share host or path`] : []),
        ...noteOverload(run, view),
        ...noteUpstream(run, view),
        ...(hasRequests(listener) ? noteProtocol(x, run.asked, upstream, answer) : []),
      ],
    },
    answer,
    choices: binding?.upstreams.length ?? 0,
  }
}

const nameOf = (priority: number): string => Object.entries(PRIORITY).find(([, value]) => value === priority)?.[0] ?? ''

/** An address is not asked for by name (RFC 6066 3). */
function serverName({ host }: RequestBytes): string {
  const name = normalizeHost(host) ?? ''
  return isIP(name.replace(/^\[(.*)\]$/, '$1')) === 0 ? name : ''
}

function noteScheme({ scheme }: RequestBytes, { name, protocol, tls }: ServedListener): string[] {
  if (protocol === 'tls' && tls !== null)
    return [`listener ${name} ends TLS and passes bytes: of a request only the name is seen`]
  if (protocol === 'tcp') return [`listener ${name} passes bytes: nothing of a request is seen`]
  if (protocol === 'tls') return [`listener ${name} passes TLS through: of a request only the name is seen`]
  return scheme === null || scheme === protocol
    ? []
    : [`listener ${name} speaks ${protocol}, not ${scheme}: this is what ${protocol} would get`]
}

const hasRequests = ({ protocol }: ServedListener): boolean => protocol === 'http' || protocol === 'https'

/** Which other listeners would have taken it. */
function elsewhere({ listeners }: Snapshot, here: ServedListener, x: Exchange): string[] {
  return [...listeners.values()].flatMap((listener) => {
    const serves = listener.servesHost === null || listener.servesHost(x.host)
    const alike = hasRequests(listener) ? hasRequests(here) : listener.protocol === here.protocol
    if (listener.name === here.name || !serves || !alike) return []
    const binding = listener.route(x)
    return binding === null ? [] : [`listener ${listener.name} would take it to route ${binding.name}`]
  })
}

/** The part of the upstream that is asked. */
function subsetIn({ x: { subset }, upstream }: DryRun): Subset | null {
  return subset !== null && subset.upstream === upstream ? subset : null
}

function noteSubset(subset: Subset | null): string[] {
  return subset === null ? [] : [`only endpoints that are labelled ${labelsInWords(subset.labels)}`]
}

function notePanic({ name, roster }: Upstream, subset: Subset | null): string[] {
  const ignored = subset === null ? roster?.panic === true : subset.panic
  return ignored ? [`too few endpoints of upstream ${name} are healthy (panic): health is ignored`] : []
}

/** Whoever is not refused for certain may be. */
function noteOverload({ binding, answer }: DryRun, { pressure }: ExplainView): string[] {
  if (binding === null || answer !== null || pressure <= binding.priority) return []
  const share = Math.min(Math.max(Math.round((pressure - binding.priority) * 100), 1), 99)
  return [`the gateway is overloaded: it refuses ${share}% of the requests to routes of priority ${nameOf(binding.priority)}`]
}

function noteUpstream(run: DryRun, { undiscovered }: ExplainView): string[] {
  const { x, binding, upstream, answer } = run
  if (binding === null || upstream === null || answer !== null) return []
  const { inFlight, pending } = upstream.counters
  const hash = hashInUse(x)
  return [
    ...(binding.upstreams.length > 1 ? [noteShares(binding)] : []),
    ...noteSubset(subsetIn(run)),
    ...noteFailover(binding.upstreams[x.choice] as Upstream, upstream),
    ...notePanic(upstream, subsetIn(run)),
    ...noteBreaker(upstream),
    ...noteOthers(binding),
    ...(binding.affinity === null ? [] : [binding.affinity.says(x)]),
    ...(hash ? [hash.says(x)] : []),
    ...(undiscovered.has(upstream.name) ? [`the endpoints of ${upstream.name} are only known to a gateway that runs`] : []),
    ...(upstream.full
      ? [`upstream ${upstream.name} is full: ${inFlight} requests run and ${pending} wait, it would wait too`]
      : []),
  ]
}

function noteFailover(chosen: Upstream, used: Upstream): string[] {
  if (chosen === used && (chosen.failover === null || chosen.usable)) return []
  const out =
    chosen.roster?.usable === true && chosen.breaker !== null
      ? `the breaker of upstream ${chosen.name} is ${breakerInWords(chosen.breaker)}`
      : `upstream ${chosen.name} has no endpoint that can be used${reasonsOut(chosen)}`
  return [chosen === used ? `${out}, and nobody who could stand in has one` : `${out}: ${used.name} stands in`]
}

/** Of each endpoint of an upstream that others stand in for, as long as they are few. */
function reasonsOut({ roster, endpoints }: Upstream): string {
  if (roster === null) return ''
  const out = [...endpoints.values()].flatMap((endpoint) => {
    const standing = roster.stateOf(endpoint)
    return standing.up ? [] : [`${endpoint.address} ${whyOut(standing)}`]
  })
  const said = out.slice(0, MAX_REASONS)
  if (out.length > MAX_REASONS) said.push(`${out.length - MAX_REASONS} more`)
  return said.length === 0 ? '' : ` (${said.join(', ')})`
}

function noteBreaker({ name, breaker }: Upstream): string[] {
  if (breaker === null) return []
  return [`the breaker of upstream ${name} is ${breakerInWords(breaker)}`]
}

/** Who is asked besides the endpoint. */
function noteOthers({ hedge, mirrors }: RouteBinding): string[] {
  const share = (of: number): string =>
    of === 1 ? 'a copy goes' : `with a chance of ${Math.round(of * 1e6) / 1e4}% a copy goes`
  return [
    ...(hedge === null ? [] : [`another endpoint is asked too when this one has not answered after ${hedge.after} ms`]),
    ...(mirrors ?? []).map(({ upstream, share: of }) => `${share(of)} to upstream ${upstream.name}`),
  ]
}

function noteShares({ upstreams, weights, subsets }: RouteBinding): string {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const shares = upstreams.map(({ name }, i) => {
    const subset = subsets?.[i] ?? null
    return `${name}${subset === null ? '' : ` (${labelsInWords(subset.labels)})`} ${weights[i]}`
  })
  return `one upstream of several, by weight: ${shares.join(', ')} of ${total}`
}
