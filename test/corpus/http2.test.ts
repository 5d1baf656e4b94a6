// The HTTP/2 part of the corpus that is about single requests. None of them may disturb the next one on the same connection, or
// reach an endpoint whole.

import t from 'tap'
import type { RawHttp2 } from '../support/http2-raw.ts'
import { request } from '../support/http2-raw.ts'
import { http2Scene } from '../support/http2-scene.ts'
import { flagsOf, HTTP2_CASES, type Http2Case } from './cases/http2.ts'

const expected = ({ expect }: Http2Case): string[] =>
  [expect]
    .flat()
    .flatMap((item) =>
      item === 'reset' ? ['reset PROTOCOL_ERROR', 'goaway PROTOCOL_ERROR', 'goaway INTERNAL_ERROR'] : [String(item)],
    )

http2Scene('requests that are none', {}, async (t, { client, endpoint }) => {
  let connection: RawHttp2 = await client()
  for (const some of HTTP2_CASES) {
    if (connection.closed || connection.goaways.length > 0) connection = await client()
    const seen = endpoint.requests.filter(({ complete }) => complete).length
    const id = connection.headers(some.fields, flagsOf(some))
    if (some.data !== undefined) connection.data(id, some.data, true)
    const outcome = await connection.outcome(id)
    t.ok(expected(some).includes(outcome), `${some.name}: ${outcome}`)
    const whole = endpoint.requests.filter(({ complete }) => complete).slice(seen)
    const wanted = outcome === '200' && some.target !== undefined ? [some.target] : []
    t.same(
      whole.map(({ target }) => target),
      wanted,
      `${some.name}: at the endpoint`,
    )
    for (const { head } of whole) t.notMatch(head, some.without ?? /^$/)
  }
  const after = await client()
  t.equal(await after.outcome(after.headers(request())), '200')
})

t.end()
