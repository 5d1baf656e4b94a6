// What is said about UpstreamPolicies and RouteFilters. They make no routes by themselves: other translators go by them.

import { byAge, referenceTo } from '../object-reference.ts'
import type { ObjectProblem, ObjectReport, Translator } from '../translation.ts'
import { type KeptRouteFilter, ROUTE_FILTERS, UPSTREAM_POLICIES } from './kinds.ts'
import { type JudgedPolicy, POLICY_RESOURCES, type PolicyBook } from './policy-book.ts'
import { filterStatus, policyStatus } from './policy-status.ts'
import { filtersOf } from './route-filters.ts'

export interface PolicyTranslatorSettings {
  /** Whose word it is, where several gateways look at the same objects. */
  readonly controller: string
  readonly policies: PolicyBook
}

export function policyTranslator({ controller, policies }: PolicyTranslatorSettings): Translator {
  /** The same report while nothing changed: there are many. */
  const ofPolicies = new WeakMap<JudgedPolicy, ObjectReport>()
  const ofFilters = new WeakMap<KeptRouteFilter, { readonly wrong: string; readonly report: ObjectReport }>()
  const reportOf = (judged: JudgedPolicy): ObjectReport => {
    const report = ofPolicies.get(judged) ?? reportOfPolicy(controller, judged)
    ofPolicies.set(judged, report)
    return report
  }
  const reportOn = (object: KeptRouteFilter, wrong: string): ObjectReport => {
    const known = ofFilters.get(object)
    if (known?.wrong === wrong) return known.report
    const report = reportOfFilter(controller, object, wrong)
    ofFilters.set(object, { wrong, report })
    return report
  }
  return {
    source: 'policies',
    resources: [...POLICY_RESOURCES, ROUTE_FILTERS] as Translator['resources'],
    translate(view) {
      const filters = [...view.objects(ROUTE_FILTERS).values()].sort((a, b) => byAge(a.meta, b.meta))
      return {
        listeners: [],
        certificates: new Map(),
        routes: [],
        upstreams: new Map(),
        origins: new Map(),
        objects: [],
        reports: [
          ...policies.of(view).judged.map(reportOf),
          ...filters.map((object) => {
            const made = filtersOf(object, (name) => view.plugins.get(name))
            return reportOn(object, typeof made === 'string' ? made : '')
          }),
        ],
      }
    },
  }
}

function reportOfPolicy(controller: string, judged: JudgedPolicy): ObjectReport {
  const { object, targets, unresolved } = judged
  const problem = (path: string, { reason, message }: { reason: string; message: string }): ObjectProblem => ({
    reason,
    message: `${path}: ${message}`,
    path,
    severity: 'refused',
  })
  return {
    object: referenceTo(UPSTREAM_POLICIES, object.meta),
    problems: [
      ...(object.wrong === '' ? [] : [problem('spec', { reason: 'Invalid', message: object.wrong })]),
      ...targets.flatMap(({ trouble }, i) =>
        trouble === null || object.wrong !== '' ? [] : [problem(`spec.targetRefs[${i}]`, trouble)],
      ),
      ...unresolved.map((each) => problem('spec', each)),
    ],
    status: policyStatus(controller, judged),
  }
}

function reportOfFilter(controller: string, object: KeptRouteFilter, wrong: string): ObjectReport {
  const problem: ObjectProblem = { reason: 'Invalid', message: `spec: ${wrong}`, path: 'spec', severity: 'refused' }
  return {
    object: referenceTo(ROUTE_FILTERS, object.meta),
    problems: wrong === '' ? [] : [problem],
    status: filterStatus(controller, object, wrong),
  }
}
