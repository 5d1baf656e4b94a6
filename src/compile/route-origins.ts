// Which objects of Kubernetes the routes of a configuration were made of, and what is wrong with those.

import type { ObjectReference } from '../kubernetes/object-reference.ts'
import type { ObjectProblem, ObjectReport, Translation } from '../kubernetes/translation.ts'
import type { Explanation, RouteOrigin } from '../model/explanation.ts'
import { objectKey } from './combine-config.ts'

export interface RouteOrigins {
  /** null = it stands in the configuration file. */
  of(route: string): RouteOrigin | null
  /** What is wrong with the object that a route was made of, as far as it is about this route or all of them, in sentences. */
  problemsOf(route: string): readonly string[]
  /** What of Gateways, their listeners and what is attached to them is not served, in sentences: where a request finds no route. */
  unattached(): readonly string[]
}

/** Where a part of an object stands; null = in no file. */
export type PlaceOf = (object: ObjectReference, path: string) => { readonly file: string; readonly line: number } | null

/** What has listeners. */
const HOLDERS = ['GatewayClass', 'Gateway', 'ListenerSet']

const NOWHERE: PlaceOf = () => null

/** `reports` are those of `translations`, as they were told. Nothing is looked at before somebody asks. */
export function routeOrigins(
  translations: readonly Pick<Translation, 'origins'>[],
  reports: readonly ObjectReport[],
  placeOf: PlaceOf = NOWHERE,
): RouteOrigins {
  const find = (route: string) => {
    for (const { origins } of translations) {
      const origin = origins.get(route)
      if (origin !== undefined) return origin
    }
    return null
  }
  const told = (object: ObjectReference, { reason, message, path, severity }: ObjectProblem): string => {
    const place = placeOf(object, path)
    const where = place === null ? '' : ` (${place.file}:${place.line})`
    const text = path === '' || message.includes(path) ? message : `${path}: ${message}`
    return `${originInWords(object)}, ${reason} (${severity}): ${text}${where}`
  }
  return {
    of(route) {
      const origin = find(route)
      if (origin === null) return null
      const { kind, namespace, name } = origin.object
      return { kind, namespace, name, path: origin.path, ...placeOf(origin.object, origin.path) }
    },
    problemsOf(route) {
      const origin = find(route)
      if (origin === null) return []
      const key = objectKey(origin.object)
      const report = reports.find(({ object }) => objectKey(object) === key)
      const problems = (report?.problems ?? []).filter(({ path }) => isAbout(path, origin.path))
      return problems.map((problem) => told(origin.object, problem))
    },
    unattached() {
      return reports.flatMap(({ object, problems }) =>
        problems
          .filter(({ path }) => HOLDERS.includes(object.kind) || path.startsWith('spec.parentRefs['))
          .map((problem) => told(object, problem)),
      )
    },
  }
}

/** Problems of other rules are not. */
function isAbout(problem: string, route: string): boolean {
  return !problem.startsWith('spec.rules[') || problem.startsWith(route) || route.startsWith(problem)
}

/** Of one object; more are only counted. */
const MOST_PROBLEMS = 10

/** With the objects that its routes were made of. */
export function withOrigins(explanation: Explanation, origins: RouteOrigins): Explanation {
  const { route, considered, notes } = explanation
  const origin = route === null ? null : origins.of(route)
  const problems = route === null ? origins.unattached() : origins.problemsOf(route)
  const left = problems.length - MOST_PROBLEMS
  return {
    ...explanation,
    ...(origin === null ? {} : { origin }),
    considered: considered.map((each) => {
      const of = origins.of(each.route)
      return of === null ? each : { ...each, origin: of }
    }),
    notes: [
      ...notes,
      ...problems.slice(0, MOST_PROBLEMS),
      ...(left > 0 ? [`${left} more problems${route === null ? '' : ' of this object'}`] : []),
    ],
  }
}

/** `Ingress shop/web`. */
function originInWords({ kind, namespace, name }: Pick<ObjectReference, 'kind' | 'namespace' | 'name'>): string {
  return `${kind} ${namespace === '' ? name : `${namespace}/${name}`}`
}
