// Whose certificate passes.

import t from 'tap'
import { type ClientCertOptions, clientCert } from '../../src/filters/client-cert.ts'
import { Peer } from '../../src/model/peer.ts'
import { type ClientCertificate, TlsFacts } from '../../src/model/tls-facts.ts'
import { fakeDownstream, fakeExchange } from '../support/fake-exchange.ts'
import { filterContext } from './filter-context.ts'

const ALICE: ClientCertificate = {
  verified: true,
  subject: 'CN=alice,O=Example',
  issuer: 'CN=ca',
  sans: ['DNS:Alice.test', 'URI:spiffe://example.org/alice', 'IP:192.0.2.7', 'EMAIL:alice@example.org', 'URI:bob.test'],
  fingerprint: '00',
  serial: '1',
  raw: Buffer.alloc(0),
}

function statusFor(options: Partial<ClientCertOptions>, client: ClientCertificate | null, secure = true) {
  const context = filterContext()
  const filter = clientCert({ subject: null, san: [], mode: 'enforce', ...options }, context)
  const tls = secure ? new TlsFacts('TLSv1.3', 'X', '', '', client) : null
  const answer = filter.onRequest?.(fakeExchange({}, fakeDownstream(new Peer('192.0.2.1', 1, secure, false, tls))))
  return { status: (answer as { status: number } | null)?.status ?? 0, denied: context.counted[0]?.count }
}

const ROWS: readonly (readonly [options: Partial<ClientCertOptions>, passes: boolean])[] = [
  [{}, true],
  [{ subject: 'CN=alice,O=Example' }, true],
  [{ subject: 'CN=alice' }, false],
  [{ subject: 'cn=alice,o=example' }, false],
  [{ san: ['alice.test'] }, true],
  [{ san: ['ALICE.TEST', 'x.test'] }, true],
  [{ san: ['bob.test'] }, false],
  [{ san: ['spiffe://example.org/alice'] }, true],
  [{ san: ['spiffe://EXAMPLE.org/alice'] }, false],
  [{ san: ['192.0.2.7'] }, true],
  [{ san: ['192.0.2.8'] }, false],
  [{ san: ['alice@example.org'] }, true],
  [{ subject: 'CN=alice,O=Example', san: ['x.test'] }, false],
]

for (const [options, passes] of ROWS) {
  t.test(JSON.stringify(options), async (t) => {
    t.strictSame(statusFor(options, ALICE), passes ? { status: 0, denied: 0 } : { status: 403, denied: 1 })
  })
}

t.test('nobody', async (t) => {
  t.equal(statusFor({}, null).status, 403)
  t.equal(statusFor({}, null, false).status, 403)
  t.equal(statusFor({}, { ...ALICE, verified: false }).status, 403)
})

t.test('observed', async (t) => {
  t.strictSame(statusFor({ mode: 'observe' }, null), { status: 0, denied: 1 })
})
