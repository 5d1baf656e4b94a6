// Certificates that can be read and still do not serve: what is said about them.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { loadConfig } from '../../src/config/load.ts'
import { formatProblem } from '../../src/config/problem.ts'
import { authority, type Issued } from '../support/certificates.ts'

const ca = authority(t)
const shop = ca.issue({ sans: ['DNS:shop.test', 'DNS:*.shop.test'] })
const again = ca.issue({ sans: ['DNS:shop.test', 'DNS:*.shop.test'] })
const rsa = ca.issue({ sans: ['DNS:shop.test', 'DNS:*.shop.test'], algorithm: 'rsa' })
const nameless = ca.issue({ commonName: 'shop.test' })
const client = ca.issue({ sans: ['DNS:client.test'], usage: 'clientAuth' })
const both = ca.issue({ sans: ['DNS:both.test'], usage: 'clientAuth,serverAuth' })

interface Listener {
  readonly hosts?: readonly string[]
  readonly more?: object
}

let files = 0
async function warnings(issued: readonly Issued[], { hosts = [], more = {} }: Listener = {}): Promise<string[]> {
  const file = join(ca.folder, `${files++}.yaml`)
  const certificates = issued.map(({ certFile, keyFile }) => ({ cert: certFile, key: keyFile }))
  const listener = { name: 'web', bind: '127.0.0.1:0', hosts, protocol: 'https', tls: { certificates, ...more } }
  const routes = [{ name: 'all', filters: [{ respond: {} }] }]
  writeFileSync(file, JSON.stringify({ listeners: [listener], routes }))
  const loaded = await loadConfig(file, { env: {} })
  t.notOk('errors' in loaded && loaded.errors)
  return loaded.warnings.map((problem) => formatProblem(problem).replaceAll(`${ca.folder}/`, ''))
}

t.test('nothing to say', async (t) => {
  t.same(await warnings([shop, rsa, both], { hosts: ['shop.test', 'a.shop.test', '*.shop.test', 'both.test'] }), [])
  t.same(await warnings([shop], { more: { clientAuth: { mode: 'require', ca: ca.certFile } } }), [])
})

t.test('hosts without a certificate', async (t) => {
  t.match(await warnings([shop], { hosts: ['shop.test', 'a.b.shop.test'] }), [
    /^\d+.yaml:1:\d+: no certificate is for a.b.shop.test: clients are shown one for another name, and refuse it$/,
  ])
  t.match(await warnings([shop], { hosts: ['*.other.test'], more: { strictSni: true } }), [
    /: no certificate is for \*.other.test: its handshakes are refused$/,
  ])
  t.match(await warnings([nameless], { hosts: ['shop.test'] }), [/has no subjectAltName/, /no certificate is for shop.test/])
})

t.test('certificates that no client accepts or sees', async (t) => {
  t.match(await warnings([nameless]), [/: 3.pem has no subjectAltName: no client takes it for any name$/])
  t.match(await warnings([client]), [/: 4.pem is not meant for servers \(extended key usage\): clients refuse it$/])
  t.match(await warnings([shop, again]), [/: 1.pem is never shown: one before it has the same names and the same kind of key$/])
})

t.test('a CA that is none', async (t) => {
  t.match(await warnings([shop], { more: { clientAuth: { mode: 'optional', ca: client.certFile } } }), [
    /: certificate 1 of 4.pem is not one of a CA: it has issued no client's certificate$/,
  ])
})

t.test('a file that is not text', async (t) => {
  const file = join(ca.folder, 'der.yaml')
  writeFileSync(join(ca.folder, 'a.der'), Buffer.from([0x30, 0x82, 0xff, 0xfe]))
  const tls = { certificates: [{ cert: 'a.der', key: shop.keyFile }] }
  writeFileSync(file, JSON.stringify({ listeners: [{ name: 'web', bind: '127.0.0.1:0', protocol: 'https', tls }] }))
  const loaded = await loadConfig(file, { env: {} })
  t.match('errors' in loaded && loaded.errors, [
    { message: /a.der cannot be read: it is not UTF-8, so no PEM text; openssl x509/ },
  ])
})

t.test('a secret that can be guessed', async (t) => {
  const said = async (secret: unknown, env = {}) => {
    const file = join(ca.folder, 'secret.yaml')
    const routes = [{ name: 'all', to: 'app', affinity: { cookie: 'hg', secret } }]
    const upstreams = { app: { discovery: { static: ['127.0.0.1:1'] } } }
    writeFileSync(file, JSON.stringify({ listeners: [{ name: 'web', bind: '127.0.0.1:0' }], routes, upstreams }))
    return (await loadConfig(file, { env })).warnings
  }
  const short = [
    { line: 1, message: 'this secret has less than 16 characters and can be guessed: openssl rand -hex 32 makes a good one' },
  ]
  t.match(await said('abc'), short)
  t.match(await said({ env: 'KEY' }, { KEY: 'abc' }), short)
  t.same(await said({ env: 'KEY' }, { KEY: '0123456789abcdef' }), [])
})
