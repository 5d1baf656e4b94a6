// Refuses schemas of options that would not be enforced as written: unknown keywords (a slip), those that the validator does not
// know, and keywords that stand where they say nothing. The same strictness as Ajv's strict mode.

const TYPES = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null']
const ANYWHERE = ['$schema', '$id', '$comment', 'title', 'description', 'examples', 'deprecated', 'default', '$ref', '$defs']
const WITHOUT_TYPE = ['type', 'enum', 'const', 'anyOf', 'oneOf', 'allOf']
/** Keywords by the type that they say something about. */
const OF_TYPE: Readonly<Record<string, readonly string[]>> = {
  object: [
    'properties',
    'required',
    'additionalProperties',
    'patternProperties',
    'propertyNames',
    'minProperties',
    'maxProperties',
  ],
  array: ['items', 'prefixItems', 'minItems', 'maxItems', 'uniqueItems'],
  string: ['minLength', 'maxLength', 'pattern', 'format'],
  number: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
}

const FORMATS = ['email', 'uri', 'uuid', 'date-time', 'date', 'time', 'duration', 'hostname', 'ipv4', 'ipv6']

/** What is wrong with it, or null. Options are a block, so the schema is of type object. */
export function checkSchema(schema: unknown): string | null {
  if (!isBlock(schema) || schema.type !== 'object') return 'schema: options are a block of keys, so it needs type: "object"'
  return problemIn(schema, 'schema')
}

function problemIn(schema: unknown, at: string): string | null {
  if (!isBlock(schema)) return `${at} is not a JSON Schema`
  const types = [schema.type ?? []].flat() as unknown[]
  const wrong = types.find((type) => !TYPES.includes(type as string))
  if (wrong !== undefined) return `${at}.type: there is no type ${JSON.stringify(wrong)}; there are ${TYPES.join(', ')}`
  const allowed = [...ANYWHERE, ...WITHOUT_TYPE, ...types.flatMap((type) => OF_TYPE[numeric(type as string)] ?? [])]
  for (const key of Object.keys(schema)) {
    if (allowed.includes(key)) continue
    const owner = Object.keys(OF_TYPE).find((type) => OF_TYPE[type]?.includes(key))
    return `${at}.${key}: ${owner ? `says nothing without type: "${owner}"` : 'this keyword is not supported'}`
  }
  return problemWithValues(schema, at) ?? problemInside(schema, at)
}

const numeric = (type: string): string => (type === 'integer' ? 'number' : type)

function problemWithValues(schema: Block, at: string): string | null {
  const { required, properties, format, items, prefixItems } = schema
  if (format !== undefined && !FORMATS.includes(format as string))
    return `${at}.format: ${JSON.stringify(format)} is not checked; there are ${FORMATS.join(', ')}`
  const counts = ['minItems', 'maxItems'].find((key) => schema[key] !== undefined)
  if (counts !== undefined && items === undefined && prefixItems === undefined) return `${at}.${counts}: needs items beside it`
  if (required === undefined) return null
  if (!Array.isArray(required)) return `${at}.required is not a list`
  const missing = required.find((name) => !Object.hasOwn(Object(properties), name))
  return missing === undefined ? null : `${at}.required: "${missing}" is not one of the properties`
}

function problemInside(schema: Block, at: string): string | null {
  const inner: [unknown, string][] = []
  for (const key of ['properties', 'patternProperties', '$defs']) {
    if (schema[key] === undefined) continue
    if (!isBlock(schema[key])) return `${at}.${key} is not a block of schemas`
    for (const [name, value] of Object.entries(schema[key])) inner.push([value, `${at}.${key}.${name}`])
  }
  for (const key of ['items', 'additionalProperties', 'propertyNames']) {
    if (schema[key] !== undefined && typeof schema[key] !== 'boolean') inner.push([schema[key], `${at}.${key}`])
  }
  for (const key of ['anyOf', 'oneOf', 'allOf', 'prefixItems']) {
    if (schema[key] === undefined) continue
    if (!Array.isArray(schema[key])) return `${at}.${key} is not a list of schemas`
    for (const [index, value] of schema[key].entries()) inner.push([value, `${at}.${key}[${index}]`])
  }
  for (const [value, place] of inner) {
    const problem = problemIn(value, place)
    if (problem !== null) return problem
  }
  return null
}

type Block = Readonly<Record<string, unknown>>

const isBlock = (value: unknown): value is Block => value !== null && typeof value === 'object' && !Array.isArray(value)
