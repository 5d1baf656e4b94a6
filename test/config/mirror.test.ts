// `mirror`: one block or a list, and every wrong value has its place.

import t from 'tap'
import { parseConfig } from '../../src/config/parse.ts'

const START = 'listeners:\n  - { name: web, bind: "127.0.0.1:80" }\nroutes:\n  - name: r\n    to: all\n    mirror: '
const END = '\nupstreams:\n  all: { discovery: { static: ["a:1"] } }\n  shadow: { discovery: { static: ["b:1"] } }\n'

const parse = (written: string) => parseConfig([{ name: 'f', text: START + written + END }])

const KiB = 1024

for (const [written, expected] of [
  ['off', []],
  ['{ upstream: shadow }', [{ upstream: 'shadow', share: 1, bodyBytes: 64 * KiB }]],
  ['{ upstream: shadow, share: 0% }', [{ upstream: 'shadow', share: 0, bodyBytes: 64 * KiB }]],
  [
    '[{ upstream: shadow, share: 33.5% }, { upstream: all, bodyBytes: 1KiB }]',
    [
      { upstream: 'shadow', share: 0.335, bodyBytes: 64 * KiB },
      { upstream: 'all', share: 1, bodyBytes: KiB },
    ],
  ],
] as const) {
  t.test(written, async (t) => {
    const parsed = parse(written)
    if ('errors' in parsed) t.fail(parsed.errors.map(({ message }) => message).join('\n'))
    else {
      t.strictSame(parsed.config.routes[0]?.mirror, expected)
      const unused = parsed.warnings.filter(({ message }) => message.includes('used by no route'))
      t.equal(unused.length, written === 'off' ? 1 : 0, 'an upstream that gets copies is used')
    }
  })
}

for (const [written, column, message] of [
  ['{ upstream: shadw }', 25, 'unknown upstream "shadw"; did you mean "shadow"?'],
  ['[{ upstream: all }, { upstream: x }]', 45, 'unknown upstream "x"'],
  ['{ upstream: all, share: 101% }', 37, '101% is not between 0% and 100%'],
  ['{ upstream: all, share: -1% }', 37, '-1% is not between 0% and 100%'],
  ['{ upstream: all, bodyBytes: 17MiB }', 41, '17MiB is too large: at most 16777216'],
  ['{ upstream: all, shares: 1% }', 30, 'unknown key "shares"; did you mean "share"?'],
  ['{ share: 1% }', 13, 'missing key "upstream"'],
  ['[]', 13, 'at least one mirror is needed'],
  ['on', 13, 'expected off or a block such as { upstream: NAME, share: 10% }; got "on"'],
] as const) {
  t.test(`wrong: ${written}`, async (t) => {
    const parsed = parse(written)
    t.match('errors' in parsed && parsed.errors, [{ line: 6, column, message }])
  })
}
