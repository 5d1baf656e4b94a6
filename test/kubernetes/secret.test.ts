// What is kept of Secrets and ConfigMaps: a pair that can be served, or the last one that could; never anything else of the content.

import t from 'tap'
import { CONFIG_MAPS } from '../../src/kubernetes/config-map.ts'
import { type KeptSecret, SECRETS } from '../../src/kubernetes/secret.ts'
import { authority } from '../support/certificates.ts'

interface Made {
  readonly uid?: string
  readonly type?: string
}

function keep(
  data: Readonly<Record<string, string>>,
  before?: KeptSecret,
  { uid = 'u', type = 'kubernetes.io/tls' }: Made = {},
) {
  const encoded = Object.entries(data).map(([name, text]) => [name, Buffer.from(text).toString('base64')])
  return SECRETS.prune({ metadata: { name: 's', uid }, type, data: Object.fromEntries(encoded) } as never, before)
}

t.test('a pair that can be served', async (t) => {
  const ca = authority(t)
  const { cert, key } = ca.issue({ sans: ['DNS:a.test'] })
  const other = ca.issue({ sans: ['DNS:b.test'] })
  const good = { 'tls.crt': cert, 'tls.key': key }
  t.same(keep({ ...good, 'ca.crt': ca.cert, note: 'x' }), {
    type: 'kubernetes.io/tls',
    uid: 'u',
    certificate: { cert, key },
    trouble: '',
    ca: { pem: ca.cert, trouble: '' },
    keys: ['ca.crt', 'note', 'tls.crt', 'tls.key'],
  })
  t.same(keep(good, undefined, { type: 'Opaque' }).certificate, { cert, key }, 'whatever type it has')

  const wrong: [string, Record<string, string>][] = [
    ['tls.crt is empty or missing', { 'tls.key': key }],
    ['tls.key is empty or missing', { 'tls.crt': cert }],
    ['tls.crt is empty or missing', {}],
    ['tls.crt holds no certificate', { 'tls.crt': key, 'tls.key': key }],
    ['certificate 1 of tls.crt cannot be read', { ...good, 'tls.crt': cert.replace(/\n[^-]{20}/, '\nAAAA') }],
    ['tls.key is not the key of the first certificate of tls.crt', { ...good, 'tls.key': other.key }],
    ['tls.key holds no private key that can be read', { ...good, 'tls.key': cert }],
    ['tls.key is encrypted', { ...good, 'tls.key': '-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n' }],
    ['certificate 2 of tls.crt is not the issuer of the one before it', { ...good, 'tls.crt': `${cert}${other.cert}` }],
  ]
  for (const [trouble, data] of wrong) {
    t.match(keep(data), { certificate: null, trouble }, trouble)
    t.match(keep(data, keep(good)), { certificate: { cert, key }, trouble }, `${trouble}; the last good one stays`)
  }
  t.equal(keep({ ...good, 'tls.crt': '' }, keep(good), { uid: 'another' }).certificate, null, 'it was made anew')
  t.equal(keep({ 'tls.crt': other.cert, 'tls.key': other.key }, keep(good)).certificate?.cert, other.cert, 'renewed')
  t.match(keep({ note: 'x' }, keep(good), { type: 'Opaque' }), { certificate: null, trouble: '' }, 'it holds none any more')
})

t.test('certificates of CAs', async (t) => {
  const { cert } = authority(t)
  const map = (data: object) => CONFIG_MAPS.prune({ metadata: { name: 'm' }, ...data } as never)
  t.same(map({ data: { 'ca.crt': cert, other: 'x' } }), {
    ca: { pem: cert, trouble: '' },
    keys: ['ca.crt', 'other'],
    fields: { other: 'x' },
  })
  t.same(map({ binaryData: { 'ca.crt': Buffer.from(cert).toString('base64') } }).ca?.pem, cert)
  t.same(map({ data: { 'ca.crt': 'none' } }).ca, { pem: null, trouble: 'ca.crt holds no certificate' })
  t.same(map({}), { ca: null, keys: [], fields: {} })
})
