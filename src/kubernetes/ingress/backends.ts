// What an Ingress names as its backend: a port of a Service, or why there is none.

import type { V1IngressBackend } from '@kubernetes/client-node'
import type { Read } from '../memo.ts'
import { followedPolicy, upstreamWithPolicy } from '../policies/followed-policy.ts'
import type { AttachedPolicies } from '../policies/policy-book.ts'
import { findPort, type KeptService, type ServicePort } from '../service.ts'
import type { ObjectProblem } from '../translation.ts'
import type { AnnotationEffects } from './annotations/effects.ts'
import type { Ending } from './parts.ts'
import { problem, refusal } from './problems.ts'

export interface BackendLook {
  readonly read: Read
  readonly services: ReadonlyMap<string, KeptService>
  readonly policies: AttachedPolicies
  readonly namespace: string
  readonly effects: AnnotationEffects
  /** What is wrong is added to it. */
  readonly problems: ObjectProblem[]
}

/** `at` is where it stands in the object. */
export function endingOf(backend: V1IngressBackend | undefined, at: string, look: BackendLook): Ending {
  const { read, services, policies, namespace, effects, problems } = look
  const refused = (reason: 'invalid-reference' | 'refused-object', detail: string, advice: string): Ending => {
    problems.push(
      problem(reason === 'invalid-reference' ? 'InvalidReference' : 'NotSupported', at, `${detail}; ${advice}`, 'refused'),
    )
    return refusal(reason, detail)
  }
  const { service, resource } = backend ?? {}
  if (resource != null)
    return refused('refused-object', `the ${resource.kind} ${resource.name} is no Service`, 'only Services can be backends')
  if (service == null) return refused('refused-object', 'the rule has no backend', 'name a Service')
  const { name, port = {} } = service
  const found = read(services, `${namespace}/${name}`)
  if (found === undefined)
    return refused(
      'invalid-reference',
      `the Service ${namespace}/${name} does not exist`,
      'its requests are answered 500 until it does',
    )
  const wanted = port.name ?? port.number ?? 0
  const there = portOf(found, wanted)
  if (there === null)
    return refused(
      'invalid-reference',
      `the Service ${namespace}/${name} has no TCP port ${wanted}`,
      `it has ${portsInWords(found)}`,
    )
  const policy = followedPolicy(namespace, name, there, { policies, services, read })
  if (policy?.words === null)
    return refused(
      'refused-object',
      `what an UpstreamPolicy asks for of the Service ${namespace}/${name} cannot be`,
      policy.why,
    )
  const made = upstreamWithPolicy(namespace, name, there, effects.upstream, policy)
  if (typeof made === 'string') return refused('refused-object', `the annotations ask for an upstream that cannot be`, made)
  return { type: 'service', service: name, port: there, policy, ...made }
}

/** The port of what has none of its own (ExternalName, headless) is that of its endpoints. */
function portOf(service: KeptService, wanted: string | number): ServicePort | null {
  const found = findPort(service, wanted)
  if (found !== null || typeof wanted !== 'number' || service.ports.length > 0 || wanted < 1) return found
  return { name: '', port: wanted, appProtocol: null }
}

function portsInWords({ ports }: KeptService): string {
  const words = ports.map(({ name, port }) => (name === '' ? `${port}` : `${name} (${port})`))
  return words.length === 0 ? 'none: name a number' : words.join(', ')
}
