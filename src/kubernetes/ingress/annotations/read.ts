// The way in: what the annotations of an Ingress come to.

import type { KeptMetadata } from '../../object-reference.ts'
import { Draft } from './draft.ts'
import type { AnnotationEffects, AnnotationLook } from './effects.ts'
import type { Entry, Theme } from './entry.ts'
import { entryOf, nearestAnnotation, PREFIXES, THEMES } from './table.ts'
import { lines, Wrong, wrong } from './values.ts'

const [NGINX, OWN] = PREFIXES

/** Characters of a value that is not a snippet: long lists of hosts, and no more. */
const LONGEST = 16_384
/** What a value that is wrong is quoted with at most. */
const QUOTED = 64

/** Never throws; equal annotations and equal answers of `look` give equal effects. */
export function readAnnotations(meta: KeptMetadata, look: AnnotationLook): AnnotationEffects {
  const { annotations } = meta
  const names = namesOf(annotations)
  const draft = new Draft(meta, look, names)
  const values = new Map<string, unknown>()
  for (const [name, full] of names) {
    tellConflict(draft, name, annotations)
    const value = readOne(draft, name, annotations[full] as string)
    if (value !== undefined) values.set(name, value)
  }
  const isCanary = values.get('canary') === true
  for (const theme of THEMES) applyTheme(draft, theme, values, isCanary)
  // A word that cannot be read must not make an Ingress of its own of a canary.
  if (draft.wrong.has('canary'))
    draft.canary = { weight: 0, weightTotal: 100, header: null, headerValue: null, headerPattern: null, cookie: null }
  return draft.finish()
}

/** Annotations of the table's prefixes by their names without it, in the order in which they are written. */
function namesOf(annotations: Readonly<Record<string, string>>): Map<string, string> {
  const names = new Map<string, string>()
  for (const full of Object.keys(annotations)) {
    const prefix = PREFIXES.find((each) => full.startsWith(each))
    if (prefix === undefined) continue
    const name = full.slice(prefix.length)
    if (prefix === OWN || !names.has(name)) names.set(name, full)
  }
  return names
}

function tellConflict(draft: Draft, name: string, annotations: Readonly<Record<string, string>>): void {
  const own = annotations[OWN + name]
  const other = annotations[NGINX + name]
  if (own === undefined || other === undefined || own === other) return
  draft.problem(name, 'ConflictingAnnotations', `${NGINX}${name} says something else, and is not looked at`, 'differs')
}

/** undefined = it cannot be read. */
function readOne(draft: Draft, name: string, written: string): unknown {
  const entry = entryOf(name)
  if (entry === null) {
    draft.refuse(name, `there is no such annotation${nearestAnnotation(name)}`, 'UnknownAnnotation')
    return undefined
  }
  const read =
    written.length > LONGEST && entry.read !== lines ? wrong(`at most ${LONGEST} characters`) : entry.read(written.trim())
  if (!(read instanceof Wrong)) return read
  draft.wrong.add(name)
  lose(draft, name, entry, `"${written.slice(0, QUOTED)}" is wrong: expected ${read.expected}`, 'InvalidAnnotation')
  return undefined
}

function lose(
  draft: Draft,
  name: string,
  { cost }: Entry<unknown>,
  words: string,
  reason: 'InvalidAnnotation' | 'RefusedAnnotation',
): void {
  if (cost === 'all') draft.refuseAll(name, words, reason)
  else draft.refuse(name, words, reason)
}

function applyTheme(draft: Draft, theme: Theme, values: ReadonlyMap<string, unknown>, isCanary: boolean): void {
  const given = Object.keys(theme.entries).filter((name) => values.has(name))
  if (given.length === 0) return
  if (isCanary && !theme.ofCanary) {
    for (const name of given) draft.settle(name, 'exact', 'a canary has it from the Ingress that it belongs to')
    return
  }
  theme.apply(Object.fromEntries(given.map((name) => [name, values.get(name)])), draft)
  for (const name of given) {
    if (draft.settled(name)) continue
    const entry = theme.entries[name] as Entry<unknown>
    if (entry.faith === 'refused') lose(draft, name, entry, entry.words, 'RefusedAnnotation')
    else draft.settle(name, entry.faith, entry.faith === 'exact' ? '' : entry.words)
  }
}
