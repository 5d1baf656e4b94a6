// What routes and hash keys see of an exchange, in the form in which its parts are kept there.

import t from 'tap'
import { RequestView } from '../../src/routing/request-view.ts'
import { fakeExchange } from '../support/fake-exchange.ts'

const view = new RequestView()

t.test('the query of an exchange has its question mark', async (t) => {
  const x = fakeExchange({ query: '?v=2&name=a%20b&?odd=1' })
  t.equal(view.of(x).query('v'), '2', 'the first parameter')
  t.equal(view.of(x).query('name'), 'a b')
  t.equal(view.of(x).query('?odd'), '1')
  t.equal(view.of(x).query('?v'), null)
  t.equal(view.of(fakeExchange({ query: '?' })).query(''), null)
  t.equal(view.of(fakeExchange({ query: '' })).query('v'), null)
})

t.test('headers, the host and cookies', async (t) => {
  const x = fakeExchange({ authority: 'A.test:80', fields: 'x-env: canary\r\ncookie: a=1; b=2\r\n' })
  t.equal(view.of(x).header('x-env'), 'canary')
  t.equal(view.of(x).header('host'), 'A.test:80')
  t.equal(view.of(x).cookie('b'), '2')
  t.equal(view.of(x).cookie('c'), null)
})
