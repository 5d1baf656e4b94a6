// The form of the table: themes, which are annotations that belong together, and what is said of each one.

import type { Draft } from './draft.ts'
import type { Reader } from './values.ts'

/** How faithful to ingress-nginx an annotation is, as a rule; single values may be less so. */
export type Faith = 'exact' | 'differs' | 'refused'

export interface Entry<T> {
  readonly read: Reader<T>
  readonly faith: Faith
  /** How it differs or why it is refused, in a sentence without its end; for `exact` what it becomes here. */
  readonly words: string
  /** What a value that is wrong or refused costs: `all` = every rule of the Ingress, for what protects or decides who gets what. */
  readonly cost: 'all' | 'part'
  /** An example for the reference page. */
  readonly example: string
}

export interface Theme {
  readonly title: string
  readonly entries: Readonly<Record<string, Entry<unknown>>>
  /** Counts on a canary, too; every other theme does not, as in ingress-nginx. */
  readonly ofCanary: boolean
  /** Called when one of its annotations is there; `values` are those that could be read. */
  apply(values: Readonly<Record<string, unknown>>, draft: Draft): void
}

type Values<E> = { readonly [K in keyof E]?: E[K] extends Entry<infer T> ? T : never }

/** A theme whose `apply` knows what its entries read. */
export function theme<E extends Readonly<Record<string, Entry<unknown>>>>(
  title: string,
  entries: E,
  apply: (values: Values<E>, draft: Draft) => void,
  { ofCanary = false }: { readonly ofCanary?: boolean } = {},
): Theme {
  return {
    title,
    entries,
    ofCanary,
    apply: apply as Theme['apply'],
  }
}

type Words = readonly [words: string, example: string]

export const exact = <T>(read: Reader<T>, ...[words, example]: Words): Entry<T> => entry('exact', 'part', read, words, example)

export const differs = <T>(read: Reader<T>, ...[words, example]: Words): Entry<T> =>
  entry('differs', 'part', read, words, example)

/** The same, where a wrong value must not be passed over. */
export const grave = <T>(one: Entry<T>): Entry<T> => ({ ...one, cost: 'all' })

/** Its feature is not there. `part`: requests are served without it. */
export const refused = <T>(read: Reader<T>, ...[words, example]: Words): Entry<T> =>
  entry('refused', 'part', read, words, example)

function entry<T>(faith: Faith, cost: 'all' | 'part', read: Reader<T>, words: string, example: string): Entry<T> {
  return { read, faith, words, cost, example }
}
