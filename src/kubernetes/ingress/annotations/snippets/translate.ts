// Snippets of nginx: recognised one directive at a time. What is not known could be what protects: then nothing is served.

import { didYouMean } from '../../../../config/suggest.ts'
import type { Draft } from '../draft.ts'
import { DIRECTIVES, HARMLESS, Refused } from './directives.ts'
import { type Directive, directivesOf } from './tokens.ts'

/** What decides who may ask, or how often. */
const PROTECTION =
  /^(deny|allow|satisfy|auth_|limit_|valid_referers|secure_link|modsecurity|access_by_lua|geoip|ssl_verify|internal$)/

/** `all`: without it no request is served. */
interface Judgement {
  readonly faith: 'exact' | 'differs' | 'refused'
  readonly words: string
  readonly all: boolean
}

export function translateSnippet(draft: Draft, annotation: string, text: string): void {
  const found = directivesOf(text)
  if (typeof found === 'string') {
    draft.refuseAll(annotation, `this cannot be read: ${found}`, 'InvalidAnnotation')
    return
  }
  for (const directive of found) {
    const { faith, words, all } = judge(draft, annotation, directive)
    const told = words === '' ? '' : `directive ${directive.name.slice(0, 64)}: ${words}`
    if (faith !== 'refused') draft.settle(annotation, faith, told)
    else if (all) draft.refuseAll(annotation, told)
    else draft.refuse(annotation, told)
  }
  // Elsewhere it would have been for the whole host.
  if (annotation === 'server-snippet' && found.length > 0)
    draft.settle(annotation, 'differs', 'it counts for the rules of this Ingress, not for others of the host')
}

function judge(draft: Draft, annotation: string, { name, words, block }: Directive): Judgement {
  if (PROTECTION.test(name)) return { faith: 'refused', words: 'it protects, and cannot be given here', all: true }
  if (block) return { faith: 'refused', words: 'blocks are not translated', all: true }
  const translate = Object.hasOwn(DIRECTIVES, name) ? DIRECTIVES[name] : undefined
  if (translate === undefined) {
    const nearest = didYouMean(name, Object.keys(DIRECTIVES))
    return { faith: 'refused', words: `it is not translated${nearest}`, all: !HARMLESS.test(name) }
  }
  try {
    const difference = translate(words, draft, annotation)
    return difference === null ? { faith: 'exact', words: '', all: false } : { faith: 'differs', words: difference, all: false }
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    return { faith: 'refused', words: error.message, all: error.all }
  }
}
