// What is said about a BackendTLSPolicy: one entry for each Gateway through which a route reaches its Services.

import type { StatusIntent } from '../translation.ts'
import { type Condition, condition, fieldOf, joinConditions, listOf, summary } from './conditions.ts'
import { GROUP } from './kinds.ts'
import type { JudgedPolicy } from './policies.ts'
import { olderPolicy } from './problems.ts'

/** The API server's limit. */
const MOST_ANCESTORS = 16

/** Gateways (`namespace/name`) by `namespace/name:port` of what is reached through them. */
export type Reach = ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>>

/** null = there is nothing to say, and nothing of ours there. */
export function policyStatus(controller: string, policy: JudgedPolicy, reach: Reach): StatusIntent | null {
  const { meta, status } = policy.object
  const current = listOf(fieldOf(status, 'ancestors'))
  const others = current.filter((each) => fieldOf(each, 'controllerName') !== controller)
  const own = current.filter((each) => !others.includes(each))
  const gateways = new Set<string>()
  for (const { service, section } of policy.targets) {
    for (const [port, through] of reach.get(service) ?? []) {
      if (section === '' || section === port) for (const each of through) gateways.add(each)
    }
  }
  if (gateways.size === 0 && own.length === 0) return null
  const conditions = conditionsOf(policy)
  const entries = [...gateways].sort().map((gateway) => {
    const [namespace = '', name = ''] = gateway.split('/')
    const before = own.find((each) => {
      const ref = fieldOf(each, 'ancestorRef')
      return fieldOf(ref, 'namespace') === namespace && fieldOf(ref, 'name') === name
    })
    return {
      ancestorRef: { group: GROUP, kind: 'Gateway', namespace, name },
      controllerName: controller,
      conditions: joinConditions(fieldOf(before, 'conditions'), conditions),
    }
  })
  const wanted = { ...Object(status), ancestors: [...others, ...entries].slice(0, MOST_ANCESTORS) }
  return { current: status, wanted, resourceVersion: meta.resourceVersion }
}

function conditionsOf({ object, targets, refused, unresolved }: JudgedPolicy): Condition[] {
  const { generation } = object.meta
  const lost = targets.find(({ conflict }) => conflict !== null)
  const accepted =
    lost === undefined
      ? refused
      : {
          reason: 'Conflicted',
          message: olderPolicy(lost.conflict ?? '', lost.service),
        }
  return [
    accepted === null
      ? condition('Accepted', true, 'Accepted', 'connections follow it', generation)
      : condition('Accepted', false, accepted.reason, accepted.message, generation),
    unresolved.length === 0
      ? condition('ResolvedRefs', true, 'ResolvedRefs', 'all references are resolved', generation)
      : condition('ResolvedRefs', false, summary(unresolved).reason, summary(unresolved).message, generation),
  ]
}
