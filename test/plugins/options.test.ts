// Every keyword of JSON Schema that a plugin may use is enforced, and whatever is not is refused.

import t from 'tap'
import { checkPluginOptions } from '../../src/config/checks/plugin-options.ts'
import { checkSchema } from '../../src/plugins/check-schema.ts'

const of = (a: object) => ({ type: 'object', properties: { a }, additionalProperties: false })
const object = (more: object) => of({ type: 'object', ...more })
const array = (more: object) => of({ type: 'array', ...more })

/** Schema, values of `a` that pass, values that do not. */
const KEYWORDS: readonly (readonly [name: string, schema: object, right: readonly unknown[], wrong: readonly unknown[]])[] = [
  ['string', of({ type: 'string' }), ['', 'x'], [1, null, [], {}]],
  ['number', of({ type: 'number' }), [1, 1.5], ['1', true]],
  ['integer', of({ type: 'integer' }), [1], [1.5, '1']],
  ['boolean', of({ type: 'boolean' }), [true], ['true', 0]],
  ['null', of({ type: 'null' }), [null], [0, '']],
  ['several types', of({ type: ['string', 'null'] }), ['x', null], [1]],
  ['enum', of({ enum: ['a', 1] }), ['a', 1], ['b', 2]],
  ['const', of({ const: 'a' }), ['a'], ['b']],
  ['anyOf', of({ anyOf: [{ type: 'string' }, { type: 'integer' }] }), ['a', 1], [true, 1.5]],
  ['oneOf', of({ oneOf: [{ type: 'integer' }, { type: 'number', minimum: 5 }] }), [1, 5.5], [6, 'a']],
  [
    'allOf',
    of({
      allOf: [
        { type: 'number', minimum: 1 },
        { type: 'number', maximum: 3 },
      ],
    }),
    [1, 3],
    [0, 4],
  ],
  ['$ref', { ...of({ $ref: '#/$defs/b' }), $defs: { b: { type: 'string' } } }, ['x'], [1]],
  ['properties', object({ properties: { b: { type: 'string' } } }), [{}, { b: 'x' }, { c: 1 }], [{ b: 1 }]],
  ['required', object({ properties: { b: { type: 'string' } }, required: ['b'] }), [{ b: 'x' }], [{}]],
  ['additionalProperties: false', object({ properties: { b: {} }, additionalProperties: false }), [{ b: 1 }], [{ c: 1 }]],
  ['additionalProperties', object({ additionalProperties: { type: 'integer' } }), [{ b: 1 }], [{ b: 'x' }]],
  ['patternProperties', object({ patternProperties: { '^b': { type: 'integer' } } }), [{ b: 1, c: 'x' }], [{ b: 'x' }]],
  ['propertyNames', object({ propertyNames: { type: 'string', pattern: '^b' } }), [{ b: 1 }], [{ c: 1 }]],
  ['minProperties', object({ minProperties: 1 }), [{ b: 1 }], [{}]],
  ['maxProperties', object({ maxProperties: 1 }), [{ b: 1 }], [{ b: 1, c: 1 }]],
  ['items', array({ items: { type: 'integer' } }), [[], [1]], [['x']]],
  ['prefixItems', array({ prefixItems: [{ type: 'integer' }, { type: 'string' }] }), [[1, 'x']], [['x', 1]]],
  ['minItems', array({ items: true, minItems: 1 }), [[1]], [[]]],
  ['maxItems', array({ items: { type: 'integer' }, maxItems: 1 }), [[1]], [[1, 2]]],
  ['uniqueItems', array({ uniqueItems: true }), [[1, 2]], [[1, 1]]],
  ['minLength', of({ type: 'string', minLength: 2 }), ['ab'], ['a']],
  ['maxLength', of({ type: 'string', maxLength: 2 }), ['ab'], ['abc']],
  ['pattern', of({ type: 'string', pattern: 'b' }), ['abc'], ['ac']],
  ['minimum', of({ type: 'integer', minimum: 2 }), [2], [1]],
  ['maximum', of({ type: 'number', maximum: 2 }), [2], [2.5]],
  ['exclusiveMinimum', of({ type: 'number', exclusiveMinimum: 2 }), [2.5], [2]],
  ['exclusiveMaximum', of({ type: 'number', exclusiveMaximum: 2 }), [1.5], [2]],
  ['multipleOf', of({ type: 'number', multipleOf: 2 }), [4], [3]],
  ['format: email', of({ type: 'string', format: 'email' }), ['a@b.example'], ['a']],
  ['format: uri', of({ type: 'string', format: 'uri' }), ['http://a.example/'], ['a']],
  ['format: ipv4', of({ type: 'string', format: 'ipv4' }), ['1.2.3.4'], ['1.2.3']],
]

for (const [name, schema, right, wrong] of KEYWORDS) {
  t.test(name, async (t) => {
    t.equal(checkSchema(schema), null)
    for (const a of right) t.match(checkPluginOptions(schema, { a }, []), { options: { a } }, JSON.stringify(a))
    for (const a of wrong) t.match(checkPluginOptions(schema, { a }, []), { findings: [{}] }, JSON.stringify(a))
  })
}

t.test('defaults', async (t) => {
  const schema = { type: 'object', properties: { a: { type: 'integer', default: 3 } } }
  t.same(checkPluginOptions(schema, {}, []), { options: { a: 3 } })
})

t.test('what is refused', async (t) => {
  const refused: readonly (readonly [object, RegExp])[] = [
    [of({ not: { type: 'string' } }), /schema\.properties\.a\.not: this keyword is not supported/],
    [{ type: 'object', if: {}, else: {} }, /schema\.if: this keyword is not supported/],
    [of({ type: 'array', minItems: 1 }), /minItems: needs items beside it/],
    [of({ properties: { b: {} } }), /says nothing without type: "object"/],
    [of({ type: 'string', minimum: 1 }), /says nothing without type: "number"/],
    [of({ type: 'strin' }), /there is no type "strin"/],
    [of({ type: 'string', format: 'telephone' }), /format/],
    [of({ type: 'object', required: ['b'] }), /"b" is not one of the properties/],
  ]
  for (const [schema, why] of refused) t.match(checkSchema(schema), why)
})
