// What a certificate is for, as Node tells it.

import t from 'tap'
import { sansOf } from '../../src/model/tls-client.ts'

const CASES: readonly [text: string, sans: readonly string[]][] = [
  ['', []],
  ['DNS:A.test', ['a.test']],
  ['DNS:a.test, DNS:*.b.test, URI:spiffe://X/y, IP Address:127.0.0.1', ['a.test', '*.b.test', 'spiffe://X/y', '127.0.0.1']],
  ['IP Address:0:0:0:0:0:0:0:1', ['0:0:0:0:0:0:0:1']],
  ['DNS:"a.test, DNS:b.test"', ['a.test, dns:b.test']],
  ['URI:"http://a/\\"x, DNS:b.test", DNS:c.test', ['http://a/"x, DNS:b.test', 'c.test']],
  ['email:a@b.test, DNS:c.test, othername:XmppAddr::x, URI:u', ['c.test', 'u']],
  ['DirName:"CN=a, DNS:b.test", DNS:c.test', ['c.test']],
  ['Registered ID:1.2.3', []],
]

for (const [text, sans] of CASES) t.test(text, async (t) => t.strictSame([...sansOf(text)], sans))
