// What becomes of objects that were written for ingress-nginx.

import type { V1Ingress } from '@kubernetes/client-node'
import type { AnnotationVerdict } from '../ingress/annotations/effects.ts'
import { readAnnotations } from '../ingress/annotations/read.ts'
import { PREFIXES } from '../ingress/annotations/table.ts'
import { INGRESSES, type KeptIngress } from '../ingress/kinds.ts'
import { ingressTranslator } from '../ingress/translate.ts'
import type { Manifest } from '../manifests/read-manifests.ts'
import { upstreamWithPolicy } from '../policies/followed-policy.ts'
import type { RawObject } from '../resource.ts'
import { SECRETS } from '../secret.ts'
import { SERVICES } from '../service.ts'
import type { ClusterView, ObjectProblem } from '../translation.ts'
import { judgeKeys } from './controller-keys.ts'
import { HABITS, type Habit } from './habits.ts'
import { type ShapeProblem, shapeProblems } from './ingress-shape.ts'
import { neighbourNotes, pathNotes } from './path-notes.ts'
import { keptOf, LISTENERS, viewOf } from './stand-ins.ts'

export interface MigrationReport {
  readonly objects: readonly MigratedObject[]
  readonly summary: MigrationSummary
  /** What ingress-nginx does without being asked, and this gateway does not. */
  readonly habits: readonly Habit[]
}

export interface MigratedObject {
  readonly kind: 'Ingress' | 'ConfigMap'
  readonly namespace: string
  readonly name: string
  /** '' = from the cluster. */
  readonly file: string
  /** 0 = not known. */
  readonly line: number
  /** '' = it names none. */
  readonly class: string
  readonly findings: readonly MigrationFinding[]
  /** Every rule of it answers 500. */
  readonly refused: boolean
}

export interface MigrationFinding {
  /** An annotation, a key, or a field as in `spec.rules[0].http.paths[0].path`. */
  readonly at: string
  readonly line: number
  readonly verdict: AnnotationVerdict['verdict']
  /** '' = exactly as it was. */
  readonly words: string
}

export interface MigrationSummary {
  readonly ingresses: number
  /** Ingresses by the worst that there is of them. */
  readonly exact: number
  readonly differs: number
  readonly refused: number
  /** Of those: how many answer 500 to everything. */
  readonly refusedWhole: number
  /** Objects of other kinds, and ConfigMaps that are not the controller's: not looked at. */
  readonly others: number
  readonly classes: readonly string[]
}

const VERSION = `${INGRESSES.group}/${INGRESSES.version}`

/** `only`: Ingresses of this class; null = of any. */
export function migrationReport(manifests: readonly Manifest[], only: string | null): MigrationReport {
  const ingresses = manifests.filter((each) => each.kind === 'Ingress' && (only === null || classOf(each) === only))
  const maps = manifests.filter(isController)
  const objects = [...judgeIngresses(ingresses), ...maps.map(judgeController)]
  const judged = objects.filter(({ kind }) => kind === 'Ingress')
  const count = (verdict: string): number => judged.filter((each) => worst(each) === verdict).length
  return {
    objects,
    summary: {
      ingresses: judged.length,
      exact: count('exact'),
      differs: count('differs'),
      refused: count('refused'),
      refusedWhole: judged.filter(({ refused }) => refused).length,
      others: manifests.length - objects.length,
      classes: [...new Set(judged.map((each) => each.class))].filter((each) => each !== '').sort(),
    },
    habits: HABITS,
  }
}

const worst = ({ findings }: MigratedObject): AnnotationVerdict['verdict'] =>
  findings.some(({ verdict }) => verdict === 'refused')
    ? 'refused'
    : findings.some(({ verdict }) => verdict === 'differs')
      ? 'differs'
      : 'exact'

function isController({ kind, raw }: Manifest): boolean {
  const { name = '', labels } = Object(raw.metadata) as { name?: unknown; labels?: unknown }
  const label = Object(labels)['app.kubernetes.io/name']
  return (
    kind === 'ConfigMap' &&
    (label === 'ingress-nginx' || /^(ingress-)?nginx-(ingress-)?(controller|configuration)$|^ingress-nginx/.test(String(name)))
  )
}

function judgeController(manifest: Manifest): MigratedObject {
  const { data } = manifest.raw as { data?: Readonly<Record<string, unknown>> }
  const texts = Object.fromEntries(Object.entries(Object(data)).map(([key, value]) => [key, String(value)]))
  const findings = judgeKeys(texts).map(({ key, verdict, words }) => ({
    at: key,
    line: manifest.line(['data', key]),
    verdict,
    words,
  }))
  return { kind: 'ConfigMap', ...placeOf(manifest), class: '', findings, refused: false }
}

function placeOf({ raw, file, line }: Manifest): Pick<MigratedObject, 'namespace' | 'name' | 'file' | 'line'> {
  const { namespace, name } = Object(raw.metadata) as { namespace?: unknown; name?: unknown }
  return { namespace: String(namespace ?? 'default'), name: String(name ?? ''), file, line: line([]) }
}

function judgeIngresses(manifests: readonly Manifest[]): MigratedObject[] {
  const kept = new Map<Manifest, KeptIngress>()
  for (const manifest of manifests) if (problemsOfShape(manifest).length === 0) kept.set(manifest, keep(manifest))
  const view = viewOf([...kept.values()])
  const problems = problemsOf(view)
  const neighbours = neighbourNotes([...kept.values()])
  return manifests.map((manifest) => {
    const { namespace, name } = placeOf(manifest)
    const ingress = kept.get(manifest)
    if (ingress === undefined) return unreadable(manifest)
    const told = problems.get(`${namespace}/${name}`) ?? []
    const wrong = told.map(({ path }) => path)
    const notes = [...pathNotes(ingress), ...(neighbours.get(ingress) ?? [])].filter(({ path }) => !wrong.includes(path))
    return judgeIngress(manifest, ingress, view, [...notes, ...told])
  })
}

/** Manifests may leave the namespace to whoever applies them; what is null is not there, as to the API server. */
function keep(manifest: Manifest): KeptIngress {
  const { namespace, name } = placeOf(manifest)
  const metadata = { ...Object(manifest.raw.metadata), namespace, name }
  const plain = JSON.stringify({ ...manifest.raw, metadata }, (_key, value) => (value === null ? undefined : value))
  return keptOf(JSON.parse(plain) as V1Ingress & RawObject)
}

/** Empty = it can be looked at. */
function problemsOfShape({ group, version, raw }: Manifest): readonly ShapeProblem[] {
  const written = group === '' ? version : `${group}/${version}`
  if (written === VERSION) return shapeProblems(raw)
  return [{ path: ['apiVersion'], message: `Ingresses are ${VERSION}; this one is ${written === '' ? 'of none' : written}` }]
}

const unreadable = (manifest: Manifest): MigratedObject => ({
  kind: 'Ingress',
  ...placeOf(manifest),
  class: '',
  findings: problemsOfShape(manifest).map(({ path, message }) => ({
    at: path.join('.'),
    line: manifest.line(path),
    verdict: 'refused',
    words: message,
  })),
  refused: true,
})

/** By `namespace/name`, what the translator itself has to say. */
function problemsOf(view: ClusterView): Map<string, readonly ObjectProblem[]> {
  const translator = ingressTranslator({
    ingress: { class: 'nginx', controller: 'k8s.io/ingress-nginx', default: true, sharedHosts: true, listeners: LISTENERS },
    statusAddress: { addresses: [] },
  })
  const { reports } = translator.translate(view)
  return new Map(reports.map(({ object, problems }) => [`${object.namespace}/${object.name}`, problems]))
}

function judgeIngress(
  manifest: Manifest,
  ingress: KeptIngress,
  view: ClusterView,
  told: readonly Pick<ObjectProblem, 'path' | 'message' | 'severity'>[],
): MigratedObject {
  const secrets = view.objects(SECRETS)
  const services = view.objects(SERVICES)
  const { verdicts, refuseAll } = readAnnotations(ingress.meta, {
    secret: (namespace, name) => secrets.get(`${namespace}/${name}`) ?? null,
    service: (namespace, name) => services.get(`${namespace}/${name}`) ?? null,
    configMap: () => ({}),
    upstream: (namespace, name, port) => upstreamWithPolicy(namespace, name, port, {}, null),
    // Of our own: not a matter of where an Ingress comes from.
    filter: () => ({ filters: [], route: {} }),
  })
  const others = told.filter(({ path }) => !PREFIXES.some((prefix) => path.startsWith(prefix)))
  return {
    kind: 'Ingress',
    ...placeOf(manifest),
    class: classOf(manifest),
    findings: [
      ...verdicts.map(({ annotation, verdict, words }) => ({
        at: annotation,
        line: manifest.line(['metadata', 'annotations', annotation]),
        verdict,
        words,
      })),
      ...others.map(({ path, message, severity }) => ({
        at: path,
        line: manifest.line(path),
        verdict: severity,
        words: message.startsWith(`${path}: `) ? message.slice(path.length + 2) : message,
      })),
    ],
    refused: refuseAll !== null,
  }
}

function classOf({ raw }: Manifest): string {
  const { annotations } = Object(raw.metadata) as { annotations?: Readonly<Record<string, string>> }
  const { ingressClassName } = Object((raw as { readonly spec?: unknown }).spec) as { ingressClassName?: unknown }
  return String(annotations?.['kubernetes.io/ingress.class'] ?? ingressClassName ?? '')
}
