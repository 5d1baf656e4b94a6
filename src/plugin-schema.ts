// The part of JSON Schema that describes a plugin's options, and the type of what it lets through.

/** JSON Schema (2020-12) as far as it is understood; anything else is refused when the plugin is loaded. */
export interface JsonSchema {
  readonly $schema?: string
  readonly $defs?: Readonly<Record<string, JsonSchema>>
  readonly $ref?: string
  readonly $comment?: string
  readonly title?: string
  readonly description?: string
  readonly examples?: readonly unknown[]
  readonly deprecated?: boolean
  readonly default?: unknown
  readonly type?: SchemaType | readonly SchemaType[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: JsonSchema | boolean
  readonly patternProperties?: Readonly<Record<string, JsonSchema>>
  readonly propertyNames?: JsonSchema
  readonly minProperties?: number
  readonly maxProperties?: number
  readonly items?: JsonSchema | boolean
  readonly prefixItems?: readonly JsonSchema[]
  readonly minItems?: number
  readonly maxItems?: number
  readonly uniqueItems?: boolean
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
  readonly multipleOf?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
  readonly format?: string
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly allOf?: readonly JsonSchema[]
}

type SchemaType = 'object' | 'array' | 'string' | 'number' | 'integer' | 'boolean' | 'null'

interface Scalars {
  readonly string: string
  readonly number: number
  readonly integer: number
  readonly boolean: boolean
  readonly null: null
}

/** What passes the schema, as far as types can say; `unknown` where they cannot. */
export type OptionsOf<S> = S extends { readonly const: infer C }
  ? C
  : S extends { readonly enum: readonly (infer E)[] }
    ? E
    : S extends { readonly anyOf: readonly (infer A)[] }
      ? OptionsOf<A>
      : S extends { readonly oneOf: readonly (infer A)[] }
        ? OptionsOf<A>
        : S extends { readonly type: infer T }
          ? OfType<T extends readonly (infer U)[] ? U : T, S>
          : unknown

type OfType<T, S> = T extends keyof Scalars
  ? Scalars[T]
  : T extends 'array'
    ? ArrayOf<S>
    : T extends 'object'
      ? ObjectOf<S>
      : never

type ArrayOf<S> = S extends { readonly items: infer I } ? readonly OptionsOf<I>[] : readonly unknown[]

type ObjectOf<S> = S extends { readonly properties: infer P }
  ? Flat<
      { readonly [K in Certain<S, P>]: OptionsOf<P[K]> } & { readonly [K in Exclude<keyof P, Certain<S, P>>]?: OptionsOf<P[K]> }
    >
  : S extends { readonly additionalProperties: infer A }
    ? A extends JsonSchema
      ? Readonly<Record<string, OptionsOf<A>>>
      : Readonly<Record<string, unknown>>
    : Readonly<Record<string, unknown>>

/** Required, or filled in by a default. */
type Certain<S, P> =
  | (S extends { readonly required: readonly (infer R)[] } ? Extract<R, keyof P> : never)
  | { [K in keyof P]: P[K] extends { readonly default: unknown } ? K : never }[keyof P]

type Flat<T> = { readonly [K in keyof T]: T[K] }
