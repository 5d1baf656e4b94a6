// What stands in objects of our own kinds, held against the schema of the file.

import type * as z from 'zod'
import { explain, findings } from '../../config/explain.ts'
import { type JsonSchema, jsonSchemaOf } from '../../config/json-schema.ts'
import { formatPath } from '../../config/problem.ts'
import type { Written } from '../ingress/annotations/effects.ts'

const schemas = new WeakMap<z.ZodType, JsonSchema>()

/** What is written, or what is wrong with it, in words. */
export function readSpec(schema: z.ZodType, spec: unknown): Written | string {
  const form = schemas.get(schema) ?? jsonSchemaOf(schema)
  schemas.set(schema, form)
  const written = withOff(spec ?? {}, form) as Written
  const read = schema.safeParse(written, { error: (issue) => explain(issue), reportInput: true })
  if (read.success) return written
  return findings(read.error.issues)
    .map(({ path, message }) => (path.length === 0 ? message : `${formatPath(path)}: ${message}`))
    .join('; ')
}

/** Tools read `off` without quotes as `false`: where only the word makes sense it is the word. */
function withOff(value: unknown, form: JsonSchema): unknown {
  const forms = alternatives(form)
  if (value === false) return forms.some(takesOff) && !forms.some(({ type }) => type === 'boolean') ? 'off' : value
  if (Array.isArray(value)) {
    const items = forms.find(({ items }) => items !== undefined)?.items
    return items === undefined ? value : value.map((each) => withOff(each, items))
  }
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => {
      const inside = forms.map(({ properties = {}, additionalProperties: rest }) =>
        Object.hasOwn(properties, key) ? properties[key] : typeof rest === 'object' ? rest : undefined,
      )
      const known = inside.find((found) => found !== undefined)
      return [key, known === undefined ? each : withOff(each, known)]
    }),
  )
}

function alternatives(form: JsonSchema): readonly JsonSchema[] {
  return form.anyOf === undefined ? [form] : form.anyOf.flatMap(alternatives)
}

function takesOff(form: JsonSchema): boolean {
  const { pattern, enum: words } = form as { readonly pattern?: string; readonly enum?: readonly unknown[] }
  return (
    words?.includes('off') === true || (pattern !== undefined && /\boff\b/.test(pattern) && new RegExp(pattern).test('off'))
  )
}
