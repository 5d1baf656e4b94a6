// Taking one cookie out of a request.

import t from 'tap'
import { takeCookie } from '../../src/model/cookie-fields.ts'

const OTHER = 'accept: */*\r\nx-a: hg=not-a-cookie\r\n'

const ROWS: readonly (readonly [cookie: string, value: string | null, rest: string])[] = [
  ['cookie: hg=abc\r\n', 'abc', ''],
  ['Cookie: a=1; hg=abc; b=2\r\n', 'abc', 'cookie: a=1; b=2\r\n'],
  ['cookie: hg=abc;a=1\r\n', 'abc', 'cookie: a=1\r\n'],
  ['cookie: hg=one; hg=two; a=1\r\n', 'one', 'cookie: a=1\r\n'],
  ['cookie: a=1\r\ncookie: hg=abc\r\n', 'abc', 'cookie: a=1\r\n'],
  ['cookie: hg=\r\n', '', ''],
  ['cookie:  hg= abc \r\n', 'abc', ''],
  ['cookie: hg=a=b\r\n', 'a=b', ''],
  ['cookie: xhg=abc;HG=abc; hg\r\n', null, 'cookie: xhg=abc;HG=abc; hg\r\n'],
  ['cookie: a="hg=1"\r\n', null, 'cookie: a="hg=1"\r\n'],
  ['cookie: a=hg=1;;\r\n', null, 'cookie: a=hg=1;;\r\n'],
  ['cookie: ;;; hg=abc;;; ;\r\n', 'abc', ''],
  ['', null, ''],
]

for (const [cookie, value, rest] of ROWS) {
  t.test(JSON.stringify(cookie), async (t) => {
    for (const [before, after] of [
      ['', ''],
      [OTHER, ''],
      ['', OTHER],
      [OTHER, OTHER],
    ] as const) {
      t.strictSame({ ...takeCookie(before + cookie + after, 'hg') }, { value, fields: before + rest + after })
    }
  })
}
