// The schema as JSON Schema of the written form: for editors, and the source of the reference page.

import * as z from 'zod'
import { gatewaySchema } from './schema.ts'

/** A node of the JSON Schema, as far as the reference page reads it. */
export interface JsonSchema {
  readonly title?: string
  readonly description?: string
  readonly type?: string
  readonly default?: unknown
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly items?: JsonSchema
  readonly additionalProperties?: JsonSchema | boolean
  readonly anyOf?: readonly JsonSchema[]
  readonly not?: object
}

/** JSON Schema (2020-12) of a configuration file. */
export function jsonSchema(): JsonSchema {
  const { $schema, ...schema } = jsonSchemaOf(gatewaySchema)
  return { $schema, title: 'Headgate configuration', ...schema } as JsonSchema
}

/** Of the written form of anything. */
export function jsonSchemaOf(schema: z.ZodType): JsonSchema & { readonly $schema?: string } {
  return z.toJSONSchema(schema, {
    io: 'input',
    override: ({ jsonSchema: node }) => {
      const { written } = node as { written?: object }
      if (written === undefined) return
      for (const key of ['written', 'type', 'anyOf', 'enum', 'not', 'minimum', 'maximum'])
        delete (node as Record<string, unknown>)[key]
      Object.assign(node, written)
    },
  }) as JsonSchema
}

/** As it is committed and printed. */
export const jsonSchemaText = (): string => `${JSON.stringify(jsonSchema(), null, 2)}\n`
