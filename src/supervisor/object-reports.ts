// What is wrong with objects of the cluster, for the log and the metrics: each thing once, and that it is over.

import type { ObjectProblem, ObjectReport } from '../compile/cluster.ts'
import { objectKey } from '../compile/combine-config.ts'
import type { StatsAggregator } from '../telemetry/aggregate.ts'
import type { LogFunction } from '../telemetry/log.ts'

/** Of one change. A mistake in what many objects share is one mistake. */
const MOST_LINES = 100
/** Of one object. */
const MOST_PROBLEMS = 20

export interface ObjectReportsSettings {
  readonly stats: Pick<StatsAggregator, 'set' | 'clear'>
  readonly log: LogFunction
}

interface Known {
  readonly report: ObjectReport
  /** What was said about it. */
  readonly said: ReadonlySet<string>
}

export class ObjectReports {
  readonly #settings: ObjectReportsSettings
  /** Objects with problems, by their key. */
  #known = new Map<string, Known>()

  constructor(settings: ObjectReportsSettings) {
    this.#settings = settings
  }

  /** All reports about what is served now. */
  tell(reports: readonly ObjectReport[]): void {
    const known = new Map<string, Known>()
    const lines: (() => void)[] = []
    for (const report of reports) {
      if (report.problems.length === 0 && this.#known.size === 0) continue
      const key = objectKey(report.object)
      const before = this.#known.get(key)
      if (report.problems.length === 0) {
        if (before !== undefined) lines.push(() => this.#fine(report))
        continue
      }
      if (before?.report === report) {
        known.set(key, before)
        continue
      }
      const problems = report.problems.slice(0, MOST_PROBLEMS)
      known.set(key, { report, said: new Set(problems.map(textOf)) })
      for (const problem of problems) if (!before?.said.has(textOf(problem))) lines.push(() => this.#say(report, problem))
    }
    this.#known = known
    for (const line of lines.slice(0, MOST_LINES)) line()
    if (lines.length > MOST_LINES)
      this.#settings.log('warn', 'more objects have problems than are named here', { more: lines.length - MOST_LINES })
    this.#count()
  }

  #say({ object }: ObjectReport, { path, reason, message, severity }: ObjectProblem): void {
    const fields = { kind: object.kind, object: nameOfObject(object), path, reason, problem: message }
    if (severity === 'refused') this.#settings.log('warn', 'an object asks for something that is refused', fields)
    else this.#settings.log('info', 'an object is served, but not exactly as it asks', fields)
  }

  #fine({ object }: ObjectReport): void {
    this.#settings.log('info', 'nothing is wrong with an object any more', { kind: object.kind, object: nameOfObject(object) })
  }

  #count(): void {
    const counts = new Map<string, { kind: string; reason: string; count: number }>()
    for (const { report } of this.#known.values()) {
      const reasons = new Set(report.problems.filter(({ severity }) => severity === 'refused').map(({ reason }) => reason))
      for (const reason of reasons) {
        const { kind } = report.object
        const entry = counts.get(`${kind} ${reason}`) ?? { kind, reason, count: 0 }
        entry.count++
        counts.set(`${kind} ${reason}`, entry)
      }
    }
    this.#settings.stats.clear('objects_refused')
    for (const { kind, reason, count } of counts.values()) this.#settings.stats.set('objects_refused', { kind, reason }, count)
  }
}

const nameOfObject = ({ namespace, name }: ObjectReport['object']): string => (namespace === '' ? name : `${namespace}/${name}`)

const textOf = ({ path, reason, message }: ObjectProblem): string => `${path}\n${reason}\n${message}`
