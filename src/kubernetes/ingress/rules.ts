// The rules of one Ingress as parts: one for each path.

import type { V1HTTPIngressPath, V1IngressBackend } from '@kubernetes/client-node'
import { type BackendLook, endingOf } from './backends.ts'
import type { KeptIngress } from './kinds.ts'
import type { Ending, Part } from './parts.ts'
import { readPath } from './paths.ts'
import { problem, refusal } from './problems.ts'

export interface RuleLook extends BackendLook {
  /** Whether a host, as it is written here or '', has TLS. */
  readonly secure: (host: string) => boolean
}

/** Paths that certificates are ordered by: they must be answered before there is one. */
const CHALLENGE = '/.well-known/acme-challenge'

/** `ingress/NS/NAME`: what the names of its routes begin with. */
export const nameOf = ({ meta }: KeptIngress): string => `ingress/${meta.namespace}/${meta.name}`

/** `N` of names counts all paths of an Ingress, also those that come to nothing. */
export function partsOfRules(ingress: KeptIngress, look: RuleLook): Part[] {
  const parts: Part[] = []
  let number = 0
  for (const [place, { host = '', http }] of (ingress.spec.rules ?? []).entries()) {
    for (const [index, path] of (http?.paths ?? []).entries()) {
      const at = `spec.rules[${place}].http.paths[${index}]`
      const part = partOf(`${nameOf(ingress)}/${number++}`, at, host.toLowerCase(), path, look)
      if (part !== null) parts.push(part)
    }
  }
  return parts
}

function partOf(name: string, at: string, host: string, written: V1HTTPIngressPath, look: RuleLook): Part | null {
  const { path: asked = '', pathType, backend } = written
  const { effects, problems } = look
  const { path, rewrite, trouble } = readPath(pathType, asked, effects.paths)
  if (trouble !== null) problems.push(problem('InvalidRule', `${at}.path`, trouble, 'refused'))
  if (path === null) return null
  const ending =
    trouble === null
      ? answerOf(backend, `${at}.backend`, look)
      : refusal('refused-object', 'the path is no expression that can be used')
  return {
    name,
    at,
    rank: 'rule',
    hosts: [host],
    aliases: host === '' ? [] : effects.aliases,
    path,
    asked: `${pathType} ${asked}`,
    ending,
    rewrite,
    toHttps: effects.answers || asked.startsWith(CHALLENGE) ? null : redirectOf(host, look),
  }
}

/** Where annotations answer nobody is asked. */
export function answerOf(backend: V1IngressBackend | undefined, at: string, look: RuleLook): Ending {
  return look.effects.answers ? { type: 'answer', filters: [] } : endingOf(backend, at, look)
}

/** Status of the redirect to HTTPS that requests for a host are answered with; null = none. */
export function redirectOf(host: string, { effects, secure }: Pick<RuleLook, 'effects' | 'secure'>): number | null {
  const { redirectAlways, redirectWhereTls, code } = effects.https
  return redirectAlways || (redirectWhereTls && secure(host)) ? code : null
}
