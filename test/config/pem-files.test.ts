// Certificates and keys that a configuration names: read, looked at, kept as text, watched, and not shown.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { redact } from '../../src/admin/redact.ts'
import { loadConfig } from '../../src/config/load.ts'
import { normalizeConfig } from '../../src/config/parse.ts'
import { formatProblem } from '../../src/config/problem.ts'
import { authority } from '../support/certificates.ts'

const ca = authority(t)
const mine = ca.issue({ commonName: 'gateway', sans: ['DNS:gateway.test'] })
const other = ca.issue({ sans: ['DNS:other.test'] })
const old = ca.issue({ commonName: 'old', sans: ['DNS:old.test'], days: -1 })

const folder = join(ca.folder, 'conf')
mkdirSync(folder)
writeFileSync(join(folder, 'text.pem'), 'nothing of the kind\n')
writeFileSync(join(folder, 'broken.pem'), '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n')
writeFileSync(join(folder, 'brokenkey.pem'), '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n')
writeFileSync(join(folder, 'chain.pem'), mine.cert + ca.cert)
writeFileSync(join(folder, 'reversed.pem'), ca.cert + mine.cert)
writeFileSync(join(folder, 'mixed.pem'), mine.cert + other.cert)
writeFileSync(join(folder, 'locked.pem'), '-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n')

let written = 0
async function load(tls: string, rest = '') {
  const file = join(folder, `${written++}.yaml`)
  writeFileSync(
    file,
    `listeners: [{ name: web, bind: "127.0.0.1:0" }]
routes: [{ name: all, to: app }]
upstreams:
  app:
    discovery: { static: ["127.0.0.1:3000"] }
    ${rest}
    tls: ${tls}
`,
  )
  const loaded = await loadConfig(file, { env: {}, wall: Date.now })
  const said = (problems: readonly Parameters<typeof formatProblem>[0][]) =>
    problems.map((problem) => formatProblem(problem).replace(`${file}:`, '').replaceAll(`${folder}/`, ''))
  return { loaded, errors: 'errors' in loaded ? said(loaded.errors) : [], warnings: said(loaded.warnings), file }
}

t.test('files are read, relative to the configuration, and watched', async (t) => {
  const { loaded, errors } = await load('{ ca: ../ca.pem, cert: ../0.pem, key: ../0.key }')
  t.strictSame(errors, [])
  if ('errors' in loaded) return
  const { tls } = loaded.config.upstreams.app ?? {}
  t.strictSame(tls?.ca, { file: ca.certFile, pem: ca.cert })
  t.strictSame(tls?.cert, { file: mine.certFile, pem: mine.cert })
  t.strictSame(tls?.key, { file: mine.keyFile, pem: mine.key })
  for (const file of [ca.certFile, mine.certFile, mine.keyFile]) t.ok(loaded.files.includes(file), file)
  const shown = JSON.stringify(redact(loaded.config))
  t.notOk(shown.includes('PRIVATE KEY'), 'the key is not shown')
  t.ok(shown.includes(mine.keyFile), 'where it stands is')
})

t.test('text in place of a file', async (t) => {
  const { loaded, errors } = await load(JSON.stringify({ ca: ca.cert, cert: mine.cert, key: mine.key }))
  t.strictSame(errors, [])
  if ('errors' in loaded) return
  t.strictSame(loaded.config.upstreams.app?.tls?.key, { file: '', pem: mine.key })
  t.notOk(JSON.stringify(redact(loaded.config)).includes('PRIVATE KEY'))
})

t.test('defaults', async (t) => {
  const { loaded } = await load('{}')
  t.strictSame('config' in loaded && loaded.config.upstreams.app?.tls, {
    ca: null,
    serverName: null,
    sans: [],
    cert: null,
    key: null,
    verify: true,
  })
})

const WRONG: readonly [tls: string, error: RegExp, rest?: string][] = [
  ['{ ca: nowhere.pem }', /^7:16: nowhere.pem cannot be read: there is no such file$/],
  ['{ ca: text.pem }', /^7:16: text.pem holds no certificate; expected text that begins with/],
  ['{ ca: broken.pem }', /^7:16: certificate 1 of broken.pem cannot be read$/],
  [`{ ca: ${mine.keyFile} }`, /^7:16: .*0.key holds no certificate, but a private key$/],
  [`{ cert: ${mine.certFile}, key: text.pem }`, /: text.pem holds no private key$/],
  [`{ cert: ${mine.certFile}, key: brokenkey.pem }`, /: brokenkey.pem holds a private key that cannot be read$/],
  [`{ cert: ${mine.certFile}, key: locked.pem }`, /: locked.pem is encrypted/],
  [`{ cert: ${mine.certFile}, key: ${other.keyFile} }`, /1.key is not the key of .*0.pem$/],
  [
    `{ cert: reversed.pem, key: ${mine.keyFile} }`,
    /^7:18: .*0.key is the key of certificate 2 of reversed.pem, which must be the first/,
  ],
  [`{ cert: mixed.pem, key: ${mine.keyFile} }`, /^7:18: certificate 2 of mixed.pem is not the issuer of the one before it/],
  [`{ cert: ${mine.certFile} }`, /^7:18: cert needs key beside it$/],
  [`{ key: ${mine.keyFile} }`, /^7:17: key needs cert beside it$/],
  ['{ ca: "" }', /^7:16: this is not the path of a file$/],
  ['{ serverName: "https://a" }', /is a URL/],
  ['{ sans: ["a b"] }', /"a b" is not a name, URI or address/],
  ['{ verify: maybe }', /expected true or false/],
  ['{ sni: a }', /unknown key "sni"/],
  ['off', /expected/],
  ['{}', /proxyProtocol "v3"; expected off, v1, v2|unknown proxyProtocol/, 'proxyProtocol: v3'],
]

for (const [tls, error, rest] of WRONG) {
  t.test(`wrong: ${tls.replaceAll(ca.folder, '')} ${rest ?? ''}`, async (t) => {
    const { errors } = await load(tls, rest)
    t.equal(errors.length, 1, errors.join('\n'))
    t.match(errors[0], error)
  })
}

t.test('what is not valid now is warned about', async (t) => {
  const { errors, warnings } = await load(`{ cert: ${old.certFile}, key: ${old.keyFile} }`)
  t.strictSame(errors, [])
  t.match(warnings, [/^7:18: .*: the certificate of CN=old expired on \d{4}-\d\d-\d\d$/])
})

t.test('of a listener', async (t) => {
  const file = join(folder, 'listener.yaml')
  const write = (certificates: string, clientAuth = '{}') =>
    writeFileSync(
      file,
      `listeners:
  - { name: web, bind: "127.0.0.1:0", protocol: https, tls: { certificates: [${certificates}], clientAuth: ${clientAuth} } }
routes: [{ name: all, filters: [{ respond: {} }] }]
`,
    )
  const problems = async () => {
    const loaded = await loadConfig(file, { env: {}, wall: Date.now })
    const all = 'errors' in loaded ? loaded.errors : loaded.warnings
    return { loaded, all: all.map((problem) => formatProblem(problem).replaceAll(`${folder}/`, '')) }
  }
  write('{ cert: chain.pem, key: ../0.key }, { cert: ../1.pem, key: ../1.key }', '{ mode: require, ca: ../ca.pem }')
  const { loaded, all } = await problems()
  t.strictSame(all, [])
  if ('errors' in loaded) return
  for (const watched of [join(folder, 'chain.pem'), mine.keyFile, other.certFile, ca.certFile])
    t.ok(loaded.files.includes(watched), watched)
  const { tls } = loaded.config.listeners[0] ?? {}
  t.equal(tls?.certificates[0]?.cert.pem, mine.cert + ca.cert)
  t.equal(tls?.certificates[1]?.key.pem, other.key)
  t.equal(tls?.clientAuth.ca?.pem, ca.cert)
  t.notOk(JSON.stringify(redact(loaded.config)).includes('PRIVATE KEY'), 'keys are not shown')

  write('{ cert: ../0.pem, key: ../1.key }, { cert: nowhere.pem, key: locked.pem }', '{ mode: optional, ca: text.pem }')
  t.match((await problems()).all, [
    /^listener.yaml:2:\d+: .*1.key is not the key of .*0.pem$/,
    /^listener.yaml:2:\d+: nowhere.pem cannot be read: there is no such file$/,
    /^listener.yaml:2:\d+: locked.pem is encrypted/,
    /^listener.yaml:2:\d+: text.pem holds no certificate/,
  ])
  write(`{ cert: ${old.certFile}, key: ${old.keyFile} }`)
  t.match((await problems()).all, [/^listener.yaml:2:\d+: .*the certificate of CN=old expired/])
})

t.test('a unix socket has no name of its own', async (t) => {
  const parse = (tls: object) => {
    const parsed = normalizeConfig({ upstreams: { app: { discovery: { static: ['unix:/run/a.sock'] }, tls } } })
    return 'errors' in parsed ? parsed.errors.map(({ message }) => message) : []
  }
  t.match(parse({}), [/upstreams.app.tls: unix:\/run\/a.sock has no name to look for in its certificate/])
  for (const tls of [{ serverName: 'a' }, { sans: ['a'] }, { verify: false }]) t.strictSame(parse(tls), [])
})
