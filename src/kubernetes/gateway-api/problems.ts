// What is wrong with Gateways, ListenerSets, their class and BackendTLSPolicies, beside what their statuses say: told by Events and logs.

import type { ObjectProblem } from '../translation.ts'
import type { Trouble } from './addresses.ts'
import { refusalOfClass } from './classes.ts'
import type { Plan, PlannedListener, PlannedSet } from './gateways.ts'
import type { GatewayClassSpec, Kept } from './kinds.ts'
import type { JudgedPolicy } from './policies.ts'

export function classProblems(object: Kept<GatewayClassSpec>): ObjectProblem[] {
  const message = refusalOfClass(object)
  return message === null ? [] : refusedAt('spec.parametersRef', { reason: 'InvalidParameters', message })
}

export function gatewayProblems({ refused, addresses, clientTrouble, listeners }: Plan): ObjectProblem[] {
  const { trouble } = addresses
  return [
    ...refusedAt(refused?.reason === 'InvalidParameters' ? 'spec.infrastructure.parametersRef' : 'spec.addresses', refused),
    ...refusedAt('spec.addresses', trouble).map((each) =>
      trouble?.passing === true ? { ...each, severity: 'differs' as const } : each,
    ),
    ...refusedAt('spec.tls.backend.clientCertificateRef', clientTrouble),
    ...listeners.flatMap(listenerProblems),
  ]
}

export function setProblems({ refused, listeners }: PlannedSet): ObjectProblem[] {
  return [...refusedAt('spec.parentRef', refused), ...listeners.flatMap(listenerProblems)]
}

export function policyProblems({ refused, unresolved, targets }: JudgedPolicy): ObjectProblem[] {
  return [
    ...refusedAt('spec.validation', refused),
    ...unresolved.filter(({ message }) => message !== refused?.message).flatMap((each) => refusedAt('spec.validation', each)),
    ...targets.flatMap(({ service, conflict }) =>
      conflict === null ? [] : refusedAt('spec.targetRefs', { reason: 'Conflicted', message: olderPolicy(conflict, service) }),
    ),
  ]
}

/** `taker`: `namespace/name` of the older TCPRoute. */
export function idleRoute(taker: string): ObjectProblem {
  const message = `the TCPRoute ${taker} is older and takes every connection of a listener that both are attached to`
  return { reason: 'Conflicted', message, path: 'spec.parentRefs', severity: 'differs' }
}

export function olderPolicy(policy: string, service: string): string {
  return `the BackendTLSPolicy ${policy} is older and for the same Service ${service}`
}

function refusedAt(path: string, trouble: Trouble | null): ObjectProblem[] {
  return trouble === null ? [] : [{ reason: trouble.reason, message: trouble.message, path, severity: 'refused' }]
}

function listenerProblems({ judged, conflict, unavailable, spec }: PlannedListener): ObjectProblem[] {
  const path = `spec.listeners[${spec.name}]`
  const refused = [judged.refused, conflict, unavailable, judged.idle].find((each) => each != null)
  return [
    ...(refused == null ? [] : [{ ...refused, path, severity: 'refused' as const }]),
    ...judged.unresolved
      .filter(({ message }) => message !== refused?.message)
      .map((each) => ({ ...each, path, severity: 'refused' as const })),
    ...judged.ignored.map((message) => ({ reason: 'UnsupportedValue', message, path, severity: 'differs' as const })),
  ]
}
