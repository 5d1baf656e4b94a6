// `headgate migrate ingress-nginx` on manifests: what it prints is in test/golden/migration/NAME/expected.txt. UPDATE_GOLDEN=1 writes them anew.

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { migrate } from '../../../src/cli/migrate.ts'

const HERE = dirname(fileURLToPath(import.meta.url))
const GOLDEN = join(HERE, '../../golden/migration')

async function run(argv: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const printed = { out: '', err: '' }
  const code = await migrate(argv, {
    out: (text) => {
      printed.out += text
    },
    err: (text) => {
      printed.err += text
    },
    env: {},
  })
  return { code, ...printed }
}

for (const name of readdirSync(GOLDEN)) {
  t.test(name, async (t) => {
    const folder = join(GOLDEN, name)
    const expected = join(folder, 'expected.txt')
    const { code, out, err } = await run(['ingress-nginx', '-f', join(folder, 'in'), '--all'])
    const text = `${out.replaceAll(`${folder}/`, '')}exit code ${code}\n`
    t.equal(err, '')
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(expected, text)
    t.ok(existsSync(expected))
    t.equal(text, readFileSync(expected, 'utf8'))
  })
}

t.test('for programs', async (t) => {
  const { code, out } = await run(['ingress-nginx', '-f', join(GOLDEN, 'protected/in'), '--json'])
  t.equal(code, 1)
  const report = JSON.parse(out)
  t.match(report.summary, { ingresses: 3, exact: 0, refused: 3, others: 0, classes: ['nginx'] })
  t.match(report.objects[0], {
    kind: 'Ingress',
    namespace: 'office',
    name: 'staff',
    class: 'nginx',
    refused: true,
    line: 5,
    findings: [
      { at: 'nginx.ingress.kubernetes.io/auth-url', line: 12, verdict: 'refused', words: /authentication is not built/ },
    ],
  })
})

t.test('by class', async (t) => {
  const { out } = await run(['ingress-nginx', '-f', join(GOLDEN, 'protected/in'), '--class', 'nginx', '--json'])
  t.match(JSON.parse(out).summary, { ingresses: 1, others: 2 })
})

t.test('nothing refused', async (t) => {
  const folder = t.testdir({
    'a.yaml': 'apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: { name: a }\nspec: { rules: [] }\n',
    'b.txt': 'not a manifest',
    'c.yaml': 'apiVersion: batch/v1\nkind: Job\nmetadata: { generateName: migrate- }\n',
  })
  t.match(await run(['ingress-nginx', '-f', folder]), { code: 0, out: /Ingresses: 1; 1 exactly as before/, err: '' })
})

t.test('input that is wrong', async (t) => {
  const folder = t.testdir({
    'broken.yaml': 'kind: Ingress\n  a: [\n',
    'text.yaml': 'just words\n',
    'kindless.yaml': 'a: 1\n---\n\n---\nkind: Ingress\napiVersion: networking.k8s.io/v1\nmetadata: { name: [1] }\n',
    'hostile.yaml': `a: &a [1,1,1,1,1,1,1,1,1]\n${'bcdefghij'
      .split('')
      .map((name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghij'[i]}`).join(',')}]`)
      .join('\n')}\n`,
    'null.yaml':
      'kind: Ingress\napiVersion: networking.k8s.io/v1\nmetadata: { name: n, annotations: null }\nspec: { rules: [{ host: null, http: null }], tls: null }\n',
  })
  t.match(await run(['ingress-nginx', '-f', join(folder, 'broken.yaml')]), { code: 1, err: /broken\.yaml:\d+:\d+: / })
  t.match(await run(['ingress-nginx', '-f', join(folder, 'text.yaml')]), {
    code: 1,
    err: /text\.yaml:1:1: this is not an object of Kubernetes/,
  })
  t.match(await run(['ingress-nginx', '-f', join(folder, 'kindless.yaml')]), { code: 1, err: /kindless\.yaml:1:1: .* no kind/ })
  t.match(await run(['ingress-nginx', '-f', join(folder, 'hostile.yaml')]), { code: 1, err: /hostile\.yaml/ })
  t.match(await run(['ingress-nginx', '-f', join(folder, 'null.yaml')]), { code: 0, out: /Ingress default\/n/ })
  t.match(await run(['ingress-nginx', '-f', join(folder, 'nowhere.yaml')]), { code: 1, err: /ENOENT/ })
  t.match(await run(['ingress-nginx', '-f', t.testdir({ 'a.txt': 'nothing' })]), { code: 1, err: /holds no \.yaml/ })
  t.match(await run(['ingress-nginx', '--kubeconfig', join(folder, 'nowhere')]), {
    code: 1,
    err: /headgate migrate: .*nowhere/,
  })
  t.match(await run(['ingress-nginx']), { code: 1, err: /nothing says where the API server is/ })
})

t.test('usage', async (t) => {
  t.match(await run(['--help']), { code: 0, out: /^Usage: headgate migrate ingress-nginx/ })
  for (const argv of [
    [],
    ['traefik'],
    ['ingress-nginx', 'a.yaml'],
    ['ingress-nginx', '--what'],
    ['ingress-nginx', '-f', 'a.yaml', '--kubeconfig', 'b'],
  ])
    t.match(await run(argv), { code: 2, err: /^headgate migrate: .*\n\nUsage/s }, argv.join(' '))
})
