// What is said about Gateways and ListenerSets.

import { isIP } from 'node:net'
import type { StatusIntent } from '../translation.ts'
import type { Trouble } from './addresses.ts'
import { type Condition, condition, fieldOf, joinConditions, listOf, summary } from './conditions.ts'
import type { Plan, PlannedListener, PlannedSet } from './gateways.ts'
import { GROUP } from './kinds.ts'

/** By name of the listener. */
export type Attached = ReadonlyMap<string, number>

const INSECURE = 'InsecureFrontendValidationMode'
const OVERLAPPING = 'OverlappingTLSConfig'

export function gatewayStatus(plan: Plan, attached: Attached): StatusIntent {
  const { object, addresses, listeners, sets } = plan
  const { meta, status } = object
  const served = [...listeners, ...sets.flatMap((set) => set.listeners)].some(isProgrammed)
  const wanted = {
    ...Object(status),
    addresses: (served ? addresses.values : []).map((value) => ({ type: isIP(value) === 0 ? 'Hostname' : 'IPAddress', value })),
    conditions: joinConditions(fieldOf(status, 'conditions'), gatewayConditions(plan, served), [INSECURE]),
    listeners: listenerStatuses(listeners, attached, fieldOf(status, 'listeners'), plan.refused, meta.generation),
    attachedListenerSets: sets.filter(isSetAccepted).length,
  }
  return { current: status, wanted, resourceVersion: meta.resourceVersion }
}

export function listenerSetStatus({ object, refused, listeners }: PlannedSet, attached: Attached): StatusIntent {
  const { meta, status } = object
  const bad = listeners.filter((each) => !isProgrammed(each))
  const trouble = refused ?? (listeners.length > 0 && bad.length === listeners.length ? notValid(bad) : null)
  const both = (type: 'Accepted' | 'Programmed'): Condition => {
    if (trouble !== null) return condition(type, false, trouble.reason, trouble.message, meta.generation)
    const partly = type === 'Accepted' && bad.length > 0
    return condition(
      type,
      true,
      partly ? 'ListenersNotValid' : type,
      partly ? notValid(bad).message : SAID[type],
      meta.generation,
    )
  }
  const wanted = {
    ...Object(status),
    conditions: joinConditions(fieldOf(status, 'conditions'), [both('Accepted'), both('Programmed')]),
    listeners: listenerStatuses(listeners, attached, fieldOf(status, 'listeners'), null, meta.generation),
  }
  return { current: status, wanted, resourceVersion: meta.resourceVersion }
}

const SAID = { Accepted: 'it is valid', Programmed: 'it is served' } as const

function isSetAccepted({ refused, listeners }: PlannedSet): boolean {
  return refused === null && listeners.some(isProgrammed)
}

function isProgrammed({ bind }: PlannedListener): boolean {
  return bind.length > 0
}

function notValid(listeners: readonly PlannedListener[]): Trouble {
  const each = listeners.map((listener) => nameWith(listener, refusalOf(listener) ?? listener.judged.idle))
  return { reason: 'ListenersNotValid', message: `these listeners are not served: ${each.join(', ')}` }
}

function notResolved(listeners: readonly PlannedListener[]): Trouble {
  const each = listeners.map((listener) => nameWith(listener, listener.judged.unresolved[0] ?? null))
  return { reason: 'ListenersNotResolved', message: `references of these listeners are not resolved: ${each.join(', ')}` }
}

function nameWith({ spec }: PlannedListener, why: Trouble | null): string {
  return why === null ? spec.name : `${spec.name} (${why.message})`
}

function refusalOf({ judged, conflict, unavailable }: PlannedListener): Trouble | null {
  return judged.refused ?? conflict ?? unavailable
}

function gatewayConditions({ object, addresses, listeners, sets, clientTrouble, refused }: Plan, served: boolean): Condition[] {
  const { generation } = object.meta
  const { frontend } = object.spec.tls ?? {}
  const bad = listeners.filter((each) => refusalOf(each) !== null)
  const all = [...listeners, ...sets.flatMap((set) => set.listeners)]
  const useless = all.every((each) => refusalOf(each) !== null)
  const unresolved = listeners.filter(({ judged }) => judged.unresolved.length > 0)
  const accepted = refused ?? (useless ? notValid(bad) : null)
  const problem = accepted ?? addresses.trouble ?? (served ? null : whyNotServed(listeners))
  const refs = clientTrouble ?? (unresolved.length === 0 ? null : notResolved(unresolved))
  const modes = [frontend?.default?.validation?.mode, ...(frontend?.perPort ?? []).map(({ tls }) => tls?.validation?.mode)]
  return [
    accepted !== null
      ? condition('Accepted', false, accepted.reason, accepted.message, generation)
      : bad.length > 0
        ? condition('Accepted', true, 'ListenersNotValid', notValid(bad).message, generation)
        : condition('Accepted', true, 'Accepted', SAID.Accepted, generation),
    problem === null
      ? condition('Programmed', true, 'Programmed', SAID.Programmed, generation)
      : condition(
          'Programmed',
          false,
          accepted === null ? problem.reason : programmedReason(problem),
          problem.message,
          generation,
        ),
    refs === null
      ? condition('ResolvedRefs', true, 'ResolvedRefs', 'all references are resolved', generation)
      : condition('ResolvedRefs', false, refs.reason, refs.message, generation),
    ...(modes.includes('AllowInsecureFallback')
      ? [condition(INSECURE, true, 'ConfigurationChanged', 'clients without a valid certificate are let in', generation)]
      : []),
  ]
}

function programmedReason({ reason }: Trouble): string {
  return reason === 'UnsupportedAddress' ? 'AddressNotUsable' : 'Invalid'
}

function whyNotServed(listeners: readonly PlannedListener[]): Trouble {
  const lost = listeners.find(({ unavailable }) => unavailable !== null)?.unavailable
  if (lost != null && /EADDRNOTAVAIL/.test(lost.message)) return { reason: 'AddressNotUsable', message: lost.message }
  return { reason: 'Invalid', message: notValid(listeners).message }
}

function listenerStatuses(
  listeners: readonly PlannedListener[],
  attached: Attached,
  current: unknown,
  refused: Trouble | null,
  generation: number,
): object[] {
  return listeners.map((listener) => {
    const before = listOf(current).find((each) => fieldOf(each, 'name') === listener.spec.name)
    return {
      name: listener.spec.name,
      supportedKinds: listener.judged.kinds.map((kind) => ({ group: GROUP, kind })),
      attachedRoutes: attached.get(listener.name) ?? 0,
      conditions: joinConditions(fieldOf(before, 'conditions'), listenerConditions(listener, refused, generation), [
        OVERLAPPING,
      ]),
    }
  })
}

function listenerConditions(listener: PlannedListener, parent: Trouble | null, generation: number): Condition[] {
  const { judged, conflict, overlapping } = listener
  const refused = refusalOf(listener)
  const pending = { reason: 'Pending', message: parent?.message ?? 'the Gateway has no address' }
  const why = refused ?? judged.idle ?? pending
  const unresolved = judged.unresolved.length === 0 ? null : summary(judged.unresolved)
  return [
    refused === null
      ? condition('Accepted', true, 'Accepted', SAID.Accepted, generation)
      : condition('Accepted', false, refused.reason, refused.message, generation),
    isProgrammed(listener)
      ? condition('Programmed', true, 'Programmed', SAID.Programmed, generation)
      : condition('Programmed', false, why === conflict || why === pending ? why.reason : 'Invalid', why.message, generation),
    unresolved === null
      ? condition('ResolvedRefs', true, 'ResolvedRefs', 'all references are resolved', generation)
      : condition('ResolvedRefs', false, unresolved.reason, unresolved.message, generation),
    conflict === null
      ? condition('Conflicted', false, 'NoConflicts', 'no other listener is in its way', generation)
      : condition('Conflicted', true, conflict.reason, conflict.message, generation),
    ...(overlapping
      ? [
          condition(
            OVERLAPPING,
            true,
            'OverlappingHostnames',
            'another listener of this port serves some of its hosts: requests for those are answered 421 here',
            generation,
          ),
        ]
      : []),
  ]
}
