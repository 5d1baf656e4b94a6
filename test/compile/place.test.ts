// From addresses as written to where connections go.

import t from 'tap'
import { authorityOf, placeOf } from '../../src/compile/place.ts'

t.test('places and authorities', async (t) => {
  for (const [address, place, authority] of [
    ['127.0.0.1:9001', { host: '127.0.0.1', port: 9001 }, '127.0.0.1:9001'],
    ['[::1]:80', { host: '::1', port: 80 }, '[::1]'],
    ['[::1]:8080', { host: '::1', port: 8080 }, '[::1]:8080'],
    ['name.test:80', { host: 'name.test', port: 80 }, 'name.test'],
    ['name.test:8080', { host: 'name.test', port: 8080 }, 'name.test:8080'],
    ['unix:/run/a:80', { path: '/run/a:80' }, 'localhost'],
  ] as const) {
    t.strictSame(placeOf(address), place, address)
    t.equal(authorityOf(address), authority, address)
  }
})
