// The Lease object by which replicas agree on a leader: how it is read and what is written into it.

import { pathOf } from '../resource.ts'

export interface RawLease {
  readonly metadata: { readonly name: string; readonly namespace: string; readonly resourceVersion?: string }
  readonly spec?: LeaseSpec
}

export interface LeaseSpec {
  readonly holderIdentity?: string
  readonly leaseDurationSeconds?: number
  readonly acquireTime?: string
  readonly renewTime?: string
  readonly leaseTransitions?: number
}

/** How long others leave a Lease alone that is not renewed. */
export const LEASE_SECONDS = 15

const RESOURCE = { kind: 'Lease', group: 'coordination.k8s.io', version: 'v1', plural: 'leases', namespaced: true }

export const leasePath = (namespace: string, name: string | null): string => pathOf(RESOURCE, namespace, name)

export function newLease(namespace: string, name: string, holder: string, wall: number): object {
  return head({ name, namespace }, renewedSpec(undefined, holder, wall))
}

/** What others wrote into it stays, beyond what the election is about. */
export function renewed({ metadata, spec }: RawLease, holder: string, wall: number): object {
  return head(metadata, renewedSpec(spec, holder, wall))
}

/** Free for others at once. */
export function released({ metadata, spec }: RawLease, wall: number): object {
  const time = microTime(wall)
  return head(metadata, { ...spec, holderIdentity: '', leaseDurationSeconds: 1, acquireTime: time, renewTime: time })
}

/** How long (ms) a Lease holds after it was seen to change; 0 = it is nobody's. */
export function durationOf(spec: LeaseSpec | undefined): number {
  if (spec === undefined || (spec.holderIdentity ?? '') === '') return 0
  return (spec.leaseDurationSeconds ?? LEASE_SECONDS) * 1000
}

function head(metadata: RawLease['metadata'], spec: LeaseSpec): object {
  return { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec }
}

function renewedSpec(before: LeaseSpec | undefined, holder: string, wall: number): LeaseSpec {
  const time = microTime(wall)
  const mine = before?.holderIdentity === holder
  const transitions = before?.leaseTransitions ?? 0
  return {
    ...before,
    holderIdentity: holder,
    leaseDurationSeconds: LEASE_SECONDS,
    acquireTime: mine ? (before.acquireTime ?? time) : time,
    renewTime: time,
    leaseTransitions: mine || before === undefined ? transitions : transitions + 1,
  }
}

/** Times of Leases and Events have microseconds. */
function microTime(wall: number): string {
  return new Date(wall).toISOString().replace('Z', '000Z')
}
