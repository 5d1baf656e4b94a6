import fc from 'fast-check'
import t from 'tap'
import { cookieValue, queryValue } from '../../src/routing/request-fields.ts'

t.test('a query parameter is found by its decoded name, first value wins', async (t) => {
  t.equal(queryValue('a=1&a=2', 'a'), '1')
  t.equal(queryValue('aa=0&ba=0&a=1', 'a'), '1')
  t.equal(queryValue('a', 'a'), '')
  t.equal(queryValue('a=', 'a'), '')
  t.equal(queryValue('a&a=2', 'a'), '')
  t.equal(queryValue('a=b=c', 'a'), 'b=c')
  t.equal(queryValue('x=%20y+z', 'x'), ' y z')
  t.equal(queryValue('x%5b%5D=1', 'x[]'), '1')
  t.equal(queryValue('a+b=1', 'a b'), '1')
  t.equal(queryValue('x=%zz+%', 'x'), '%zz %')
  t.equal(queryValue('x=%ff', 'x'), '%ff')
  t.equal(queryValue('A=1', 'a'), null)
  t.equal(queryValue('', 'a'), null)
  t.equal(queryValue('&&', ''), null)
  t.equal(queryValue('b=a', 'a'), null)
})

t.test('queries are read as URLSearchParams reads them', async () => {
  const pieces = fc.array(fc.constantFrom('a', 'b', 'é', '&', '=', '%61', '+', '%26', '%C3%A9'), { maxLength: 12 })
  fc.assert(
    fc.property(pieces, fc.constantFrom('a', 'b', 'aa', 'a&', 'é', ' '), (query, name) => {
      const raw = query.join('')
      const expected = new URLSearchParams(raw).get(name)
      if (queryValue(raw, name) !== expected) throw new Error(`${raw} ${name}: ${queryValue(raw, name)}, not ${expected}`)
    }),
    { numRuns: 3000, seed: 4 },
  )
})

t.test('a cookie is found by its exact name and returned as sent', async (t) => {
  t.equal(cookieValue('a=1; b=2', 'b'), '2')
  t.equal(cookieValue('b=1; b=2', 'b'), '1')
  t.equal(cookieValue('ab=1;b=2', 'b'), '2')
  t.equal(cookieValue('a=b=c', 'a'), 'b=c')
  t.equal(cookieValue('a="1"', 'a'), '"1"')
  t.equal(cookieValue('a=%31', 'a'), '%31')
  t.equal(cookieValue('a', 'a'), null)
  t.equal(cookieValue('x=a=1', 'a'), null)
  t.equal(cookieValue(';;;', ''), null)
  t.equal(cookieValue('A=1', 'a'), null)
})
