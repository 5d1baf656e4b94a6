// Lines of text: what they say, and that nobody can put anything into them.
/* biome-ignore-all lint/suspicious/noTemplateCurlyInString: templates of the configuration */

import t from 'tap'
import { textLines } from '../../src/telemetry/access-text.ts'
import { attemptRecord, record } from './test-log.ts'

const EVIL = 'a"\r\n127.0.0.1 - - [x] "GET / HTTP/1.1" 200 1\x1b[2J\x00\x7f\xff\u2028\ud800 \\" b'

t.test('combined, as it is known', async (t) => {
  const line = textLines('combined')
  t.equal(
    line({ ...record, headers: { referer: 'https://a.example/' } }),
    '127.0.0.1 - - [14/Nov/2023:22:13:20 +0000] "GET /users?x=1 HTTP/1.1" 200 20 "https://a.example/" "curl/8"\n',
  )
  t.match(line({ ...record, userAgent: null, protocol: 'HTTP/2' }), /"GET \/users\?x=1 HTTP\/2\.0" 200 20 "-" "-"\n$/)
  t.match(line({ ...record, method: '', status: 400 }), / "-" 400 /)
})

t.test('combined: a client can neither end its quotes nor its line', async (t) => {
  const written = textLines('combined')({ ...record, path: EVIL, userAgent: EVIL, method: EVIL, headers: { referer: EVIL } })
  t.match(written, /^[\x20-\x7e]*\n$/)
  t.equal(written.match(/"/g)?.length, 6)
  t.match(written, /\\x22\\x0D\\x0A127\.0\.0\.1/)
})

t.test('a template: every kind of field', async (t) => {
  const fields =
    '${time} ${client} "${method} ${path}" ${status} ${durationMs} ${attempts} ${reason} ${connectMs} ${header.x-a}'
  const line = textLines(`<${fields}>`)
  const failed = { ...attemptRecord, endpoint: 'b:2', outcome: 'reset', status: 0 }
  t.equal(
    line({ ...record, attempts: [failed, { ...attemptRecord, connectMs: 0.5 }], headers: { 'x-a': 'v' } }),
    '<2023-11-14T22:13:20.123Z 127.0.0.1 "GET /users?x=1" 200 2.500 b:2=reset,127.0.0.1:1=200 - 0.500 v>\n',
  )
  t.equal(textLines('${route}|${decision}')(record), 'users|-\n')
  t.throws(() => textLines('${nobody}'), /unknown field "nobody"/)
})

t.test('a template: nobody can put a field, a quote or a line into it', async (t) => {
  const evil = { ...record, path: EVIL, userAgent: EVIL, host: 'a|b c' }
  const quoted = textLines('"${path}" "${userAgent}" ${status}')(evil)
  t.match(quoted, /^"[^"]*" "[^"]*" 200\n$/)
  t.match(quoted, /^[\x20-\x7e]*\n$/)
  const open = textLines('${path} ${userAgent} ${status}')(evil)
  t.equal(open.split(' ').length, 3)
  t.match(open, /^[\x21-\x7e]+ [\x21-\x7e]+ 200\n$/)
  t.equal(textLines('${host}|${status}')(evil), 'a\\x7Cb\\x20c|200\n')
  t.equal(textLines('host=${host};${status}')({ ...record, host: 'a;b' }), 'host=a\\x3Bb;200\n')
  t.equal(textLines('[${host}]')({ ...record, host: 'a]b' }), '[a\\x5Db]\n')
  t.equal(textLines('${host}')({ ...record, host: '' }), '-\n')
})
