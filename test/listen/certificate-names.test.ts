// Names in certificates: read strictly, and which certificate answers for which.

import t from 'tap'
import { altNames, CertificateNames, distinguishedName, readCertificate } from '../../src/listen/certificate-names.ts'
import { forwardedClientCert } from '../../src/listen/client-certificate.ts'
import { authority } from '../support/certificates.ts'

const DNS = (value: string) => ({ type: 'DNS', value })

const TEXTS: readonly (readonly [text: string | undefined, names: readonly object[]])[] = [
  [undefined, []],
  ['', []],
  ['DNS:a.test', [DNS('a.test')]],
  ['DNS:a.test, DNS:*.b.test', [DNS('a.test'), DNS('*.b.test')]],
  [
    'IP Address:192.0.2.7, URI:spiffe://a/b',
    [
      { type: 'IP Address', value: '192.0.2.7' },
      { type: 'URI', value: 'spiffe://a/b' },
    ],
  ],
  ['URI:"http://a.test/, DNS:evil.test", DNS:b.test', [{ type: 'URI', value: 'http://a.test/, DNS:evil.test' }, DNS('b.test')]],
  ['DNS:"a.test\\u0000.evil.test"', [DNS('a.test\0.evil.test')]],
  ['DNS:"a \\" b", DNS:c', [DNS('a " b'), DNS('c')]],
  ['DNS:a.test, what is this', []],
  ['DNS:"a.test', []],
  ['"DNS:a.test"', []],
]

for (const [text, names] of TEXTS) t.test(`names of ${text}`, async (t) => t.strictSame(altNames(text), names))

t.test('subjects', async (t) => {
  t.equal(distinguishedName('C=DE\nO=Example\\, Inc\nCN=alice'), 'CN=alice,O=Example\\, Inc,C=DE')
  t.equal(
    distinguishedName('CN=Jürgen \u010d\u010a'),
    'CN=J\\C3\\BCrgen \\C4\\8D\\C4\\8A',
    'what would become a line end elsewhere',
  )
  t.equal(distinguishedName(''), '')
})

t.test('as a header field', async (t) => {
  const certificate = { verified: true, issuer: '', serial: '', raw: Buffer.alloc(0), fingerprint: 'ff' }
  t.equal(
    forwardedClientCert({ ...certificate, subject: 'CN="a\\\\b"', sans: ['URI:x:y,z', 'IP:1.2.3.4', 'DNS:a.test'] }),
    'x-forwarded-client-cert: Hash=ff;Subject="CN=\\"a\\\\\\\\b\\"";URI="x:y,z";DNS=a.test\r\n',
  )
})

t.test('which certificate answers', async (t) => {
  const ca = authority(t)
  const of = (algorithm: 'ec' | 'rsa', ...names: string[]) =>
    readCertificate(ca.issue({ algorithm, sans: names.map((name) => `DNS:${name}`) }).cert)
  const names = new CertificateNames([
    of('ec', 'a.test', '*.w.test'),
    of('rsa', 'A.test', 'b.test'),
    of('ec', 'a.test', 'b.test', 'x.w.test'),
    of('ec'),
  ])
  t.strictSame(names.first, [0, 1], 'the default has its other half')
  for (const [name, found] of Object.entries({
    'a.test': [0, 1],
    'b.test': [1, 2],
    'y.w.test': [0],
    'x.w.test': [2],
    'z.y.w.test': null,
    'w.test': null,
    '.w.test': null,
    '*.w.test': [0],
    'c.test': null,
    test: null,
    '': null,
  }))
    t.strictSame(names.find(name), found, name)
  t.strictSame(new CertificateNames([of('ec'), of('rsa', 'a.test')]).first, [0], 'a certificate without a name')
  const broken = new CertificateNames([of('ec', 'a.test'), readCertificate(''), of('ec', 'b.test')])
  t.strictSame([broken.find('a.test'), broken.find('b.test')], [[0], [2]], 'one that cannot be read harms no other')
})
