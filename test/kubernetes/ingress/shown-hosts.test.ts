// Whose certificate clients see: nobody's stands in for that of another namespace.

import { X509Certificate } from 'node:crypto'
import t from 'tap'
import { combine } from '../../../src/compile/combine-config.ts'
import { terminationOf } from '../../../src/compile/listener-tls.ts'
import type { ListenerConfig } from '../../../src/config/model.ts'
import { ingressTranslator } from '../../../src/kubernetes/ingress/translate.ts'
import { CertificateNames } from '../../../src/listen/certificate-names.ts'
import { read } from '../../../src/listen/known-certificates.ts'
import { authority, type Issued } from '../../support/certificates.ts'
import type { Manifest } from '../../support/cluster-view.ts'
import { baseConfig, translatorOf, viewOf } from './golden-case.ts'

const ca = authority(t)
const issue = (algorithm: 'ec' | 'rsa', ...names: string[]): Issued =>
  ca.issue({ algorithm, sans: names.map((name) => `DNS:${name}`) })
const base64 = (text: string): string => Buffer.from(text).toString('base64')

const secret = (namespace: string, { cert, key }: Issued): Manifest =>
  ({
    kind: 'Secret',
    metadata: { namespace, name: 'pair' },
    type: 'kubernetes.io/tls',
    data: { 'tls.crt': base64(cert), 'tls.key': base64(key) },
  }) as unknown as Manifest

interface Asked {
  readonly host?: string
  readonly tls?: readonly string[]
  readonly annotations?: object
}

let age = 0
/** Each one younger than the one before. */
function ingress(namespace: string, { host, tls, annotations = {} }: Asked): Manifest {
  const path = { path: '/', pathType: 'Prefix', backend: { service: { name: 'app', port: { number: 80 } } } }
  const creationTimestamp = new Date(Date.UTC(2026, 0, 1) + age++ * 1000).toISOString()
  return {
    kind: 'Ingress',
    metadata: { namespace, name: `i${age}`, annotations, creationTimestamp },
    spec: {
      ingressClassName: 'headgate',
      rules: host === undefined ? [] : [{ host, http: { paths: [path] } }],
      ...(tls === undefined ? {} : { tls: [{ hosts: tls, secretName: 'pair' }] }),
    },
  } as unknown as Manifest
}

/** Serial numbers of what clients of each host may be shown; `none` = their handshake is refused. */
function shown(manifests: readonly Manifest[], hosts: readonly string[], own: readonly Issued[] = []) {
  const base = baseConfig({ settings: {} })
  const file = own.map(({ cert, key }) => ({ cert: { file: '', pem: cert }, key: { file: '', pem: key } }))
  const listeners = base.listeners.map(
    (listener): ListenerConfig =>
      listener.tls === null ? listener : { ...listener, tls: { ...listener.tls, certificates: file } },
  )
  const translation = translatorOf(base).translate(viewOf({ ...base, listeners }, manifests))
  const { config } = combine({ ...base, listeners }, [translation], { objects: new Map(), addresses: new Map(), bare: false })
  const secure = config.listeners.find(({ name }) => name === 'secure') as ListenerConfig
  const termination = terminationOf(secure, null)
  const certificates = (secure.tls?.certificates ?? []).map(({ cert, key, hosts }) => ({ cert: cert.pem, key: key.pem, hosts }))
  const names = new CertificateNames(certificates.map((each) => read(each as Parameters<typeof read>[0])))
  const serials = hosts.map((host) => {
    if (termination?.groupFor({ sni: host } as Parameters<typeof termination.groupFor>[0]) === null) return 'none'
    return (names.find(host) ?? names.first).map((index) => serialOf(certificates[index]?.cert ?? ''))
  })
  const problems = translation.reports.flatMap(({ problems }) => problems.map(({ message }) => message))
  return { serials, problems: problems.filter((message) => /others/.test(message)), certificates }
}

const serialOf = (cert: string): string => new X509Certificate(cert).serialNumber

t.test('a certificate for the host of another namespace is not shown there', async (t) => {
  const mine = issue('rsa', 'shop.test', '*.shop.test')
  const theirs = issue('ec', 'shop.test', '*.shop.test', 'own.test')
  const objects = [secret('a', mine), secret('b', theirs), ingress('a', { host: 'shop.test', tls: ['shop.test'] })]
  for (const [how, intruder] of [
    ['for no host', ingress('b', { host: 'own.test', tls: [] })],
    ['for the host', ingress('b', { host: 'own.test', tls: ['shop.test', 'own.test'] })],
    ['without rules', ingress('b', { tls: ['shop.test'] })],
  ] as const) {
    const { serials, problems } = shown([...objects, intruder], ['shop.test', 'own.test', 'x.shop.test'])
    t.same(serials, [[serialOf(mine.cert)], [serialOf(theirs.cert)], [serialOf(mine.cert)]], how)
    t.equal(problems.length, how === 'for no host' ? 0 : 1)
    if (problems.length > 0) t.match(problems[0], /pair is not shown for hosts of others: shop.test \(of a\)/)
  }
})

t.test('a host that is named goes before a wildcard of somebody else, whatever their keys are', async (t) => {
  const mine = issue('rsa', '*.test')
  const theirs = issue('ec', '*.test')
  const objects = [
    secret('a', mine),
    secret('b', theirs),
    ingress('b', { host: 'b.test', tls: ['b.test'] }),
    ingress('a', { host: 'a.test', tls: ['a.test'] }),
  ]
  const { serials, problems } = shown(objects, ['a.test', 'b.test', 'c.test'])
  t.same(serials, [[serialOf(mine.cert)], [serialOf(theirs.cert)], [serialOf(theirs.cert)]], 'the rest is for the oldest')
  t.same(problems, [])
})

t.test('below a wildcard with rules no name is taken without rules', async (t) => {
  const mine = issue('rsa', '*.shop.test')
  const theirs = issue('ec', 'x.shop.test')
  const objects = [
    secret('a', mine),
    secret('b', theirs),
    ingress('a', { host: '*.shop.test', tls: ['*.shop.test'] }),
    ingress('b', { tls: ['x.shop.test'] }),
  ]
  t.same(shown(objects, ['x.shop.test']).serials, [[serialOf(mine.cert)]])
  const withRules = [...objects, ingress('b', { host: 'x.shop.test', tls: ['x.shop.test'] })]
  t.same(shown(withRules, ['x.shop.test', 'y.shop.test']).serials, [[serialOf(theirs.cert)], [serialOf(mine.cert)]])
})

t.test('certificates of the file go before; without any, hosts without one are refused', async (t) => {
  const file = issue('rsa', 'shop.test', '*.shop.test')
  const theirs = issue('ec', 'shop.test', '*.shop.test')
  const objects = [secret('b', theirs), ingress('b', { host: 'shop.test', tls: ['shop.test'] })]
  const { serials, problems } = shown(objects, ['shop.test', 'x.shop.test', 'else.test'], [file])
  t.same(serials, [[serialOf(file.cert)], [serialOf(file.cert)], [serialOf(file.cert)]])
  t.match(problems, [/shop.test \(the file has one\)/])
  t.same(shown(objects, ['shop.test', 'else.test', '']).serials, [[serialOf(theirs.cert)], 'none', 'none'])
})

t.test('the same certificate in two namespaces is for the hosts of both', async (t) => {
  const both = issue('ec', 'a.test', 'b.test')
  const objects = [
    secret('a', both),
    secret('b', both),
    ingress('a', { host: 'a.test', tls: ['a.test'] }),
    ingress('b', { host: 'b.test', tls: ['b.test'] }),
  ]
  const { serials, certificates } = shown(objects, ['a.test', 'b.test'])
  t.same(serials, [[serialOf(both.cert)], [serialOf(both.cert)]])
  t.same(
    certificates.map(({ hosts }) => hosts),
    [['a.test'], ['b.test']],
  )
})

t.test('a canary that is older owns nothing', async (t) => {
  const mine = issue('ec', 'shop.test')
  const canary = ingress('b', { host: 'shop.test', annotations: { 'headgate.dev/canary': 'true' } })
  const objects = [canary, secret('a', mine), ingress('a', { host: 'shop.test', tls: ['shop.test'] })]
  t.same(shown(objects, ['shop.test']).serials, [[serialOf(mine.cert)]])
})

t.test('whoever asks for certificates of clients asks for his own hosts', async (t) => {
  const objects = (first: string, second: string) => {
    const guard = { 'headgate.dev/auth-tls-secret': 'b/ca' }
    const all: Record<string, () => Manifest> = {
      wide: () => ingress('b', { host: '*.shop.test', annotations: guard }),
      narrow: () => ingress('a', { host: 'x.shop.test' }),
      alias: () => ingress('b', { host: 'b.test', annotations: { ...guard, 'headgate.dev/server-alias': 'x.shop.test' } }),
    }
    const made = [all[first]?.(), all[second]?.()] as Manifest[]
    const secretCa = { kind: 'Secret', metadata: { namespace: 'b', name: 'ca' }, data: { 'ca.crt': base64(ca.cert) } }
    const base = baseConfig({ settings: {} })
    const { listeners, reports } = translatorOf(base).translate(viewOf(base, [secretCa as unknown as Manifest, ...made]))
    const told = reports
      .flatMap(({ problems }) => problems.map(({ message }) => message))
      .filter((each) => /auth-tls/.test(each))
    return { hosts: listeners.flatMap(({ hosts }) => hosts), told }
  }
  t.match(objects('narrow', 'wide'), { hosts: [], told: [/x.shop.test belongs to an older Ingress of another namespace/] })
  t.same(objects('wide', 'narrow'), { hosts: ['*.shop.test'], told: [] }, 'nobody takes protection away by coming later')
  t.same(objects('narrow', 'alias'), { hosts: ['b.test'], told: [] })
  t.same(objects('alias', 'narrow'), { hosts: ['b.test'], told: [] })
})

t.test('a certificate that is not valid now is told of', async (t) => {
  const objects = [secret('a', issue('ec', 'a.test')), ingress('a', { host: 'a.test', tls: ['a.test'] })]
  const base = baseConfig({ settings: {} })
  const { ingress: own, statusAddress } = base.kubernetes as Required<NonNullable<typeof base.kubernetes>>
  const told = (wall: number): string[] => {
    const translator = ingressTranslator({ ingress: own as NonNullable<typeof own>, statusAddress, wall: () => wall })
    const { reports } = translator.translate(viewOf(base, objects))
    return reports
      .flatMap(({ problems }) => problems.map(({ message }) => message))
      .filter((each) => /valid|expired/.test(each))
  }
  t.same(told(Date.now()), [])
  t.match(told(Date.now() + 60 * 86_400_000), [/the Secret a\/pair expired on \d{4}-\d\d-\d\d: clients refuse it/])
  t.match(told(Date.now() - 60 * 86_400_000), [/the Secret a\/pair is only valid from \d{4}-\d\d-\d\d on: clients refuse it/])
})
