// All that one Ingress says by itself.

import type { ListenerConfig } from '../../config/model.ts'
import type { KeptConfigMap } from '../config-map.ts'
import type { Read } from '../memo.ts'
import { followedPolicy, upstreamWithPolicy } from '../policies/followed-policy.ts'
import type { AttachedPolicies } from '../policies/policy-book.ts'
import { findRouteFilter, type RouteFilters } from '../policies/route-filters.ts'
import type { KeptSecret } from '../secret.ts'
import type { KeptService } from '../service.ts'
import type { ObjectProblem } from '../translation.ts'
import type { AnnotationLook } from './annotations/effects.ts'
import { readAnnotations } from './annotations/read.ts'
import { partsOfAppRoot, partsOfDefault, partsOfWww } from './default-backend.ts'
import type { KeptIngress } from './kinds.ts'
import type { IngressPart, Part } from './parts.ts'
import { problem, refusal } from './problems.ts'
import { partsOfRules, type RuleLook } from './rules.ts'
import { certificatesOf, isSecure } from './tls.ts'
import { tooHeavy } from './weight.ts'

/** What an Ingress may refer to, and how it is looked up. */
export interface IngressLook {
  readonly read: Read
  readonly services: ReadonlyMap<string, KeptService>
  readonly secrets: ReadonlyMap<string, KeptSecret>
  readonly configMaps: ReadonlyMap<string, KeptConfigMap>
  readonly policies: AttachedPolicies
  readonly filters: RouteFilters['filters']
  readonly plugins: RouteFilters['plugins']
  /** Hosts that have TLS, as `namespace/host`. */
  readonly secure: ReadonlyMap<string, true>
  /** Of the file, by name. */
  readonly listeners: ReadonlyMap<string, ListenerConfig>
  /** Name of that for HTTPS. */
  readonly https: string
  /** Milliseconds since the epoch. */
  readonly wall: () => number
}

/** Whatever an object holds, others are not touched: one that nobody can read comes to nothing. */
export function readIngress(ingress: KeptIngress, look: IngressLook): IngressPart {
  try {
    return read(ingress, look)
  } catch (error) {
    const message = `this cannot be read: ${error instanceof Error ? error.message : String(error)}`
    const effects = readAnnotations({ ...ingress.meta, annotations: {} }, annotationLook(look))
    return { ingress, effects, parts: [], certificates: [], problems: [problem('InvalidRule', 'spec', message, 'refused')] }
  }
}

function read(ingress: KeptIngress, look: IngressLook): IngressPart {
  const { read, services, policies } = look
  const { namespace } = ingress.meta
  const effects = readAnnotations(ingress.meta, annotationLook(look))
  const problems: ObjectProblem[] = [...effects.problems]
  const rules: RuleLook = {
    read,
    services,
    policies,
    namespace,
    effects,
    problems,
    secure: (host) => isSecure(ingress, host, look),
  }
  const parts = [
    ...partsOfAppRoot(ingress, rules),
    ...partsOfRules(ingress, rules),
    ...partsOfDefault(ingress, rules),
    ...partsOfWww(ingress, rules),
  ]
  const heavy = tooHeavy(effects, parts)
  if (heavy !== null) problems.push(problem('InvalidRule', 'spec', heavy, 'refused'))
  const refuseAll = heavy ?? effects.refuseAll
  return {
    ingress,
    effects,
    parts: refuseAll === null ? parts : parts.map((part) => refused(part, refuseAll, heavy !== null)),
    certificates: certificatesOf(ingress, look, insteadOfCertificate(look), problems),
    problems,
  }
}

function refused(part: Part, detail: string, light: boolean): Part {
  const ending = refusal('refused-object', detail)
  return light ? { ...part, ending, aliases: [], rewrite: [] } : { ...part, ending }
}

function insteadOfCertificate({ read, listeners, https }: IngressLook): string {
  const { certificates = [] } = read(listeners, https)?.tls ?? {}
  return certificates.length > 0
    ? 'the default certificate of the listener is shown instead'
    : 'handshakes are refused where no other certificate is for the host'
}

function annotationLook(look: IngressLook): AnnotationLook {
  const { read, services, secrets, configMaps } = look
  return {
    upstream(namespace, name, port) {
      return upstreamWithPolicy(namespace, name, port, {}, followedPolicy(namespace, name, port, look))
    },
    filter: (namespace, name) => findRouteFilter(namespace, name, look, read),
    service: (namespace, name) => read(services, `${namespace}/${name}`) ?? null,
    secret: (namespace, name) => read(secrets, `${namespace}/${name}`) ?? null,
    configMap: (namespace, name) => read(configMaps, `${namespace}/${name}`)?.fields ?? null,
  }
}
