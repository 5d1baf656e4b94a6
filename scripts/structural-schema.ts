// From the JSON Schema of what is written to what CustomResourceDefinitions can say: structural OpenAPI v3, without references and
// without choices between types. What cannot be said there is left to the gateway, which tells it in the status of the object.

import type { JsonSchema } from '../src/config/json-schema.ts'
import { ENVIRONMENT_PATTERN } from '../src/config/written.ts'

/** A node as CustomResourceDefinitions have it. */
export type Structural = Readonly<Record<string, unknown>>

interface Form extends Omit<JsonSchema, 'anyOf' | 'type' | 'items' | 'properties'> {
  readonly type?: string | readonly string[]
  readonly anyOf?: readonly Form[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly items?: Form
  readonly properties?: Readonly<Record<string, Form>>
}

const ANYTHING = { 'x-kubernetes-preserve-unknown-fields': true } as const

export function structural(schema: JsonSchema): Structural {
  return convert(schema as Form)
}

function convert(form: Form): Structural {
  const about = aboutOf(form)
  const forms = alternatives(form)
    .map(withoutEnvironment)
    .filter((each) => each !== null)
  const kinds = new Set(forms.flatMap(kindsOf))
  // Tools read the word `off` as `false`, which no type but none lets through.
  if (forms.some(takesOff) && !kinds.has('boolean')) return { ...about, ...ANYTHING, ...mixed(forms), not: { enum: [true] } }
  const [kind, ...more] = kinds
  if (kind === undefined) return { ...about, ...ANYTHING }
  if (more.length === 0) return { ...about, ...typed(kind, forms) }
  if (kinds.size === 2 && kinds.has('integer') && kinds.has('string'))
    return { ...about, 'x-kubernetes-int-or-string': true, ...scalars(forms) }
  return { ...about, ...ANYTHING, ...mixed(forms) }
}

function aboutOf({ description, default: fallback }: Form): Structural {
  const shown = fallback === undefined || fallback === '' || typeof fallback === 'object' ? '' : `Default: ${fallback}.`
  const text = [description ?? '', description?.includes('default') ? '' : shown].filter((each) => each !== '').join(' ')
  return text === '' ? {} : { description: text }
}

function alternatives(form: Form): readonly Form[] {
  return form.anyOf === undefined ? [form] : form.anyOf.flatMap(alternatives)
}

/** What only lets references to variables through is none: there are none in objects. */
function withoutEnvironment(form: Form): Form | null {
  if (form.pattern === undefined) return form
  if (form.pattern === ENVIRONMENT_PATTERN) return null
  return { ...form, pattern: form.pattern.replace(`|${ENVIRONMENT_PATTERN}`, '') }
}

function kindsOf({ type, enum: words, const: one, properties, items }: Form): readonly string[] {
  if (type !== undefined) return [type].flat()
  if (words !== undefined || one !== undefined)
    return [...new Set((words ?? [one]).map((word) => (typeof word === 'number' ? 'integer' : typeof word)))]
  return properties !== undefined ? ['object'] : items !== undefined ? ['array'] : []
}

function takesOff({ enum: words, pattern, type }: Form): boolean {
  return (
    words?.includes('off') === true ||
    (type === 'string' && pattern !== undefined && /off/.test(pattern) && new RegExp(pattern).test('off'))
  )
}

function typed(kind: string, forms: readonly Form[]): Structural {
  if (kind === 'object') return { type: 'object', ...inside(forms) }
  if (kind === 'array') {
    const [form] = forms as [Form]
    const { items = {}, minItems, maxItems } = form
    return defined({ type: 'array', items: convert(items), minItems, maxItems, 'x-kubernetes-list-type': 'atomic' })
  }
  return { type: kind, ...scalars(forms) }
}

/** Limits of texts and numbers hold for each of them alone, whatever else a value may be. */
function scalars(forms: readonly Form[]): Structural {
  const scalar = forms.filter((each) => !kindsOf(each).includes('object') && !kindsOf(each).includes('array'))
  const words = scalar.flatMap(({ enum: some, const: one }) => some ?? (one === undefined ? [] : [one]))
  const free = scalar.filter(({ enum: some, const: one }) => some === undefined && one === undefined)
  if (words.length > 0 && free.length === 0) return { enum: [...new Set(words)] }
  const texts = free.filter((each) => kindsOf(each).includes('string'))
  const patterns = texts.map(({ pattern }) => pattern)
  const numbers = free.filter((each) => kindsOf(each).includes('integer'))
  const [number] = numbers
  const [text] = texts
  return defined({
    pattern:
      patterns.includes(undefined) || words.some((word) => typeof word === 'string') ? undefined : joined(patterns as string[]),
    minimum: words.length > 0 || numbers.length > 1 ? undefined : number?.minimum,
    maximum: words.length > 0 || numbers.length > 1 ? undefined : number?.maximum,
    minLength: texts.length > 1 ? undefined : text?.minLength,
    maxLength: texts.length > 1 ? undefined : text?.maxLength,
  })
}

function mixed(forms: readonly Form[]): Structural {
  const blocks = forms.filter((each) => kindsOf(each).includes('object'))
  // What is no text is not held against words.
  const { enum: words, ...rest } = scalars(forms) as { readonly enum?: readonly unknown[] }
  const limits =
    words === undefined
      ? rest
      : blocks.length > 0
        ? { pattern: joined(words.map((word) => `^${word}$`)) }
        : { enum: [...words, ...(words.includes('off') ? [false] : [])] }
  return { ...limits, ...(blocks.length === 0 ? {} : inside(blocks)) }
}

function joined(patterns: readonly string[]): string | undefined {
  return patterns.length === 0 ? undefined : patterns.length === 1 ? patterns[0] : patterns.map((each) => `(${each})`).join('|')
}

function inside(blocks: readonly Form[]): Structural {
  const all = blocks.flatMap(({ properties = {} }) => Object.entries(properties)).filter(([, form]) => !('not' in form))
  const rest = blocks.map(({ additionalProperties }) => additionalProperties).find((each) => typeof each === 'object')
  const [block, ...more] = blocks
  const required = more.length > 0 ? [] : (block?.required ?? [])
  if (all.length === 0 && rest !== undefined)
    return Object.keys(rest).length === 0 ? ANYTHING : { additionalProperties: convert(rest as Form) }
  return {
    properties: Object.fromEntries(all.map(([key, form]) => [key, convert(form)])),
    ...(required.length === 0 ? {} : { required }),
  }
}

function defined(node: Readonly<Record<string, unknown>>): Structural {
  return Object.fromEntries(Object.entries(node).filter(([, value]) => value !== undefined))
}
