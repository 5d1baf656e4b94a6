// All that one Ingress says by itself.

import type { Read } from '../memo.ts'
import type { KeptSecret } from '../secret.ts'
import type { KeptService } from '../service.ts'
import type { ObjectProblem } from '../translation.ts'
import type { AnnotationLook } from './annotations/effects.ts'
import { readAnnotations } from './annotations/read.ts'
import { partsOfAppRoot, partsOfDefault, partsOfWww } from './default-backend.ts'
import type { KeptIngress } from './kinds.ts'
import type { IngressPart } from './parts.ts'
import { partsOfRules, type RuleLook } from './rules.ts'
import { certificatesOf, isSecure } from './tls.ts'

/** What an Ingress may refer to, and how it is looked up. */
export interface IngressLook {
  readonly read: Read
  readonly services: ReadonlyMap<string, KeptService>
  readonly secrets: ReadonlyMap<string, KeptSecret>
  /** Hosts that have TLS, as `namespace/host`. */
  readonly secure: ReadonlyMap<string, true>
}

export function readIngress(ingress: KeptIngress, look: IngressLook): IngressPart {
  const { read, services, secrets } = look
  const { namespace } = ingress.meta
  const effects = readAnnotations(ingress.meta, annotationLook(look))
  const problems: ObjectProblem[] = [...effects.problems]
  const rules: RuleLook = {
    read,
    services,
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
  return { ingress, effects, parts, certificates: certificatesOf(ingress, secrets, read, problems), problems }
}

function annotationLook({ read, services, secrets }: IngressLook): AnnotationLook {
  return {
    service: (namespace, name) => read(services, `${namespace}/${name}`) ?? null,
    secret: (namespace, name) => read(secrets, `${namespace}/${name}`) ?? null,
    // Not read: they may be many, and hardly anything is in them for us.
    configMap: () => null,
  }
}
