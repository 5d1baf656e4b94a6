// Paths that mean something else in ingress-nginx, without an annotation saying so.

import { readAnnotations } from '../ingress/annotations/read.ts'
import type { KeptIngress } from '../ingress/kinds.ts'
import type { ObjectProblem } from '../translation.ts'

type Note = Pick<ObjectProblem, 'path' | 'message' | 'severity'>

/** A canary has the paths of the Ingress that it belongs to. */
function kindOf({ meta }: KeptIngress): 'regex' | 'plain' | 'canary' {
  const none = () => null
  const { canary, paths } = readAnnotations(meta, {
    secret: none,
    service: none,
    configMap: none,
    upstream: () => '',
    filter: () => ({ filters: [], route: {} }),
  })
  return canary !== null ? 'canary' : paths.regex ? 'regex' : 'plain'
}

/** Of paths without regular expressions, those that nginx compares as plain text. */
export function pathNotes(ingress: KeptIngress): Note[] {
  if (kindOf(ingress) !== 'plain') return []
  return pathsOf(ingress).flatMap(({ at, path, type }) =>
    type === 'Exact' || type === 'Prefix' || path.endsWith('/') || path === ''
      ? []
      : [
          {
            path: `${at}.path`,
            message: `${path} is ${path} and ${path}/… here; in ingress-nginx also ${path}x, because its type is ${type}`,
            severity: 'differs' as const,
          },
        ],
  )
}

/** Of Ingresses whose hosts another one turns to regular expressions. */
export function neighbourNotes(ingresses: readonly KeptIngress[]): Map<KeptIngress, Note[]> {
  const notes = new Map<KeptIngress, Note[]>()
  const turners = ingresses.filter((each) => kindOf(each) === 'regex')
  for (const ingress of ingresses) {
    if (kindOf(ingress) !== 'plain') continue
    const found = turners.find((turner) => hostsOf(turner).some((host) => hostsOf(ingress).includes(host)))
    if (found === undefined) continue
    const host = hostsOf(found).find((each) => hostsOf(ingress).includes(each)) as string
    const { namespace, name } = found.meta
    const message = `${namespace}/${name} has regular expressions for ${host === '' ? 'every host' : host}: in ingress-nginx the paths of this Ingress are such, too, without case and open at their end; here they are as they are written`
    notes.set(ingress, [{ path: 'spec.rules', message, severity: 'differs' }])
  }
  return notes
}

const hostsOf = ({ spec }: KeptIngress): string[] => (spec.rules ?? []).map(({ host = '' }) => host.toLowerCase())

const pathsOf = ({ spec }: KeptIngress): { at: string; path: string; type: string }[] =>
  (spec.rules ?? []).flatMap(({ http }, rule) =>
    (http?.paths ?? []).map(({ path = '', pathType }, index) => ({
      at: `spec.rules[${rule}].http.paths[${index}]`,
      path,
      type: pathType,
    })),
  )
