// docs/kubernetes.md: its commands are run, its manifests are taken, its tables are those of the manifests; and the commands of
// docs/tasks/kubernetes-discovery.md and kubernetes-policies.md.

import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ClusterIssuer } from '@kubernetes-models/cert-manager/cert-manager.io/v1/ClusterIssuer'
import t from 'tap'
import { makeLocalCa } from '../../scripts/make-local-ca.ts'
import { parseConfig } from '../../src/config/parse.ts'
import { root } from '../repository/source-files.ts'
import { startControlPlane, withoutControlPlane } from '../support/control-plane.ts'
import { findObject, kubectl, MANIFESTS, type Manifest, manifestsOf, renderAnew } from './kubectl.ts'

const page = readFileSync(join(root, 'docs', 'kubernetes.md'), 'utf8')
const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map((match) => match[1] as string)
const manifests = blocks('yaml')
  .flatMap(manifestsOf)
  .filter(({ kind }) => kind !== undefined)

/** What needs pods, a release of somebody else's, or a container runtime. */
const NOT_HERE = /rollout|port-forward|https:|^(docker|curl|headgate run) /

t.test('the configuration of a plain process is one', async (t) => {
  const [text = ''] = blocks('yaml').filter((block) => block.startsWith('listeners:'))
  const parsed = parseConfig([{ name: 'local.yaml', text }])
  t.match('config' in parsed && parsed.config.kubernetes, { ingress: { class: 'headgate' } })
})

t.test('the issuer is one that cert-manager knows', async (t) => {
  const issuer = findObject(manifests, 'ClusterIssuer', 'letsencrypt')
  t.doesNotThrow(() => new ClusterIssuer(issuer as never).validate())
  const wrong = { ...issuer, spec: { acme: { ...issuer.spec.acme, server: 1 } } }
  t.throws(() => new ClusterIssuer(wrong as never).validate(), /server/, 'a mistake is seen')
  const [solver] = issuer.spec.acme.solvers
  t.equal(solver.http01.ingress.ingressClassName, 'headgate')
})

t.test('each permission is explained, and no other', async (t) => {
  for (const [title, file] of [
    ['Base', 'base/permissions.yaml'],
    ['Component `gateway-api`', 'components/gateway-api/permissions.yaml'],
    ['Component `gateway-services`', 'components/gateway-services/permissions.yaml'],
  ] as const) {
    const [, section = ''] = page.split(`\n${title}`)
    const [, table = ''] = /\n\| permission \| for \|\n[^\n]*\n(.*?)\n\n/s.exec(section) ?? []
    const explained = table.split('\n').flatMap((row) => {
      const [, cell = ''] = row.split(' | ')[0]?.split('| ') ?? []
      const verbs = cell.slice(0, cell.indexOf('`')).split(',')
      return verbs.flatMap((verb) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => `${verb.trim()} ${name}`))
    })
    const granted = manifestsOf(readFileSync(join(MANIFESTS, file), 'utf8')).flatMap(({ rules = [] }) =>
      (rules as Record<string, string[]>[]).flatMap(({ apiGroups = [], resources = [], verbs = [] }) =>
        resources.flatMap((resource) => {
          const [plural, part] = resource.split('/')
          const name = `${plural}${apiGroups[0] === '' ? '' : `.${apiGroups[0]}`}${part === undefined ? '' : `/${part}`}`
          return verbs.map((verb) => `${verb} ${name}`)
        }),
      ),
    )
    t.strictSame(explained.filter((each) => !each.endsWith(' headgate')).sort(), granted.sort(), title)
    t.ok(granted.length > 5)
  }
})

t.test('a kustomization of your own', { skip: withoutControlPlane }, async (t) => {
  const folder = t.testdir({})
  symlinkSync(root, join(folder, 'headgate'))
  mkdirSync(join(folder, 'own'))
  const own = manifests.find(({ kind }) => kind === 'Kustomization')
  writeFileSync(join(folder, 'own', 'kustomization.yaml'), JSON.stringify(own))
  const objects = await renderAnew(join(folder, 'own'))
  const [container] = findObject(objects, 'Deployment', 'headgate').spec.template.spec.containers
  t.equal(container.image, 'registry.example.com/headgate:0.1.0')
  t.match(container.resources, { limits: { cpu: '4' }, requests: { cpu: '500m' } })
  t.ok(findObject(objects, 'ServiceMonitor', 'headgate'))
})

t.test('the commands, in their order', { skip: withoutControlPlane, timeout: 110_000 }, async (t) => {
  const plane = await startControlPlane(t)
  const folder = t.testdir({})
  makeLocalCa(join(folder, 'certs'), ['hello.example.com'])
  symlinkSync(join(root, 'config'), join(folder, 'config'))
  symlinkSync(join(folder, 'certs', 'localhost.pem'), join(folder, 'cert.pem'))
  symlinkSync(join(folder, 'certs', 'localhost.key'), join(folder, 'key.pem'))
  mkdirSync(join(folder, 'bin'))
  const command = `#!/bin/sh\nexec ${process.execPath} ${join(root, 'src', 'main.ts')} "$@"\n`
  writeFileSync(join(folder, 'bin', 'headgate'), command, { mode: 0o755 })
  const env = {
    ...process.env,
    PATH: `${join(folder, 'bin')}:${process.env.PATH}:${process.env.KUBEBUILDER_ASSETS}`,
    KUBECONFIG: plane.kubeconfig(),
    HOME: folder,
  }
  const run = (line: string) =>
    new Promise<string>((resolve) =>
      execFile('bash', ['-c', line], { env, cwd: folder }, (error, _, err) =>
        resolve(error === null ? '' : err || String(error)),
      ),
    )
  const lines = blocks('sh')
    .flatMap((block) => block.trim().split('\n'))
    .filter((line) => !NOT_HERE.test(line))
  t.ok(lines.length >= 8, `${lines.length} commands`)
  // Without these manifests: the same rights by hand.
  const byHand = ['kubernetes-discovery.md', 'kubernetes-policies.md'].flatMap(
    (name) => readFileSync(join(root, 'docs', 'tasks', name), 'utf8').match(/^kubectl (?:create|apply) .*$/gm) ?? [],
  )
  t.equal(byHand.length, 3)
  for (const line of byHand) t.equal(await run(`${line} --dry-run=server`), '', line)
  for (const line of lines) {
    if (line.includes('edge-gateway-api')) continue
    // Nobody here ends a namespace: that takes a controller.
    t.equal(await run(line.replace('kubectl delete', 'kubectl delete --wait=false')), '', line)
    if (/^kubectl -n headgate patch secret/.test(line)) {
      const { data } = (await plane.call('GET', '/api/v1/namespaces/headgate/secrets/headgate-admin')) as Manifest
      t.match(Buffer.from(data.token, 'base64').toString(), /^[0-9a-f]{64}$/)
    }
    if (!/patch ingress hello/.test(line)) continue
    await plane.call('POST', '/api/v1/namespaces', { metadata: { name: 'shop' } })
    for (const object of manifests.filter(({ kind }) => kind === 'Ingress' || kind === 'Service')) {
      const args = ['apply', '--server-side', '--force-conflicts', '--dry-run=server', '-f', '-']
      const answer = await kubectl(args, plane.kubeconfig(), JSON.stringify(object))
      t.match(answer, { code: 0, err: '' }, `${object.kind} ${object.metadata.name}`)
    }
  }
})
