// A Deployment is updated while requests come: how many of them fail? Its pods end at once when they are asked to, without a preStop
// hook, so that a part of what is sent to them meets nobody. `node bench/kubernetes/rolling-update.ts [--runs 3] [--requests 2400]
// [--rate 150] [--replicas 6] [--workers 2] [--posts]`: with the last one the Ingress says that POSTs may be repeated. Runs the gateway beside real pods in the harness of scripts/conformance.sh, which says what
// HARNESS, KUBEBUILDER_ASSETS, LAB and OUT are (needs root). Ends with 1 where a request failed.

import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { UpdateLoad } from './update-load.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '3' },
    requests: { type: 'string', default: '2400' },
    rate: { type: 'string', default: '150' },
    replicas: { type: 'string', default: '6' },
    workers: { type: 'string', default: '2' },
    posts: { type: 'boolean', default: false },
    inside: { type: 'boolean', default: false },
  },
})
/** Local in the harness. */
const WEB = { host: '10.96.0.80', port: 80 }
const HOST = 'rolling.test'
/** Whoever says so takes it upon himself that a POST may be done twice. */
const REPEATED = {
  'headgate.dev/proxy-next-upstream': 'error timeout non_idempotent',
  'headgate.dev/proxy-next-upstream-tries': '4',
}

process.exitCode = values.inside ? await measure() : startHarness()

function startHarness(): number {
  const harness = process.env.HARNESS ?? join(ROOT, '..', 'shared', 'conformance')
  const run = join(harness, 'run.sh')
  if (!existsSync(run)) {
    console.error(`no harness: HARNESS names none, and there is none at ${harness}`)
    return 2
  }
  const unpack = join(harness, '..', 'envtest', 'unpack')
  const assets = process.env.KUBEBUILDER_ASSETS ?? (existsSync(unpack) ? execFileSync(unpack, { encoding: 'utf8' }).trim() : '')
  if (assets === '') {
    console.error('KUBEBUILDER_ASSETS is not set')
    return 2
  }
  const out = process.env.OUT ?? join(tmpdir(), 'headgate-rolling-update')
  const env = {
    ...process.env,
    PATH: `${assets}:${process.env.PATH}`,
    KUBEBUILDER_ASSETS: assets,
    LAB: process.env.LAB ?? join(tmpdir(), 'headgate-conformance-lab'),
    OUT: out,
    CONTROLLER: 'headgate.dev/gateway',
    INSTEAD: [process.execPath, import.meta.filename, '--inside', ...process.argv.slice(2)].map(quoted).join(' '),
  }
  if (!existsSync(join(env.LAB, 'bin', 'conflab'))) spawnSync(join(harness, 'build.sh'), { env, stdio: 'inherit' })
  mkdirSync(out, { recursive: true })
  const file = join(out, 'headgate.json')
  writeFileSync(file, JSON.stringify(configOf()))
  const main = [join(ROOT, 'dist', 'main.js'), join(ROOT, 'src', 'main.ts')].find((each) => existsSync(each)) as string
  const gateway = [process.execPath, main, 'run', '-c', file, '--workers', values.workers].map(quoted).join(' ')
  return spawnSync(run, [gateway], { env, stdio: 'inherit' }).status ?? 1
}

function configOf(): object {
  return {
    listeners: [{ name: 'web', bind: `${WEB.host}:${WEB.port}` }],
    // The harness waits for a GatewayClass that is accepted.
    kubernetes: {
      ingress: {},
      gatewayApi: { addresses: { shared: ['10.96.0.81'] } },
      leaderElection: { namespace: 'default' },
    },
    log: { level: 'warn' },
  }
}

async function measure(): Promise<number> {
  kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects() }))
  kubectl(['rollout', 'status', 'deployment/rolling', '--timeout=60s'])
  await UpdateLoad.ready(WEB, HOST)
  let failed = 0
  for (let run = 1; run <= Number(values.runs); run++) {
    const load = new UpdateLoad(WEB, HOST, Number(values.rate), Number(values.requests))
    let updates = 0
    // Restarts by `kubectl rollout restart` are a second apart at least.
    const restart = () => {
      const annotations = { restarted: `${run}-${updates++}` }
      const patch = JSON.stringify({ spec: { template: { metadata: { annotations } } } })
      kubectl(['patch', 'deployment', 'rolling', '--patch', patch])
    }
    // The last one is over before the load is.
    while (load.left > Number(values.rate) * 4) {
      restart()
      await load.during(['rollout', 'status', 'deployment/rolling', '--timeout=60s'])
    }
    const { sent, answered, kinds } = await load.done
    failed += sent - answered
    console.log(`run ${run}: ${updates} updates of ${values.replicas} pods, ${sent - answered} of ${sent} requests failed`)
    for (const [kind, { sent, slowest, failures }] of kinds)
      console.log(`  ${kind}: ${sent}, slowest ${slowest.toFixed(0)} ms${failures.map((why) => `\n    ${why}`).join('')}`)
  }
  const metrics = await (await fetch('http://127.0.0.1:9901/metrics')).text()
  const tries = metrics.matchAll(/^headgate_retries_total\{.*reason="([^"]*)",result="ok"\} (\d+)/gm)
  console.log(`what clients did not see: ${[...tries].map(([, reason, count]) => `${count} times ${reason}`).join(', ')}`)
  return failed === 0 ? 0 : 1
}

function kubectl(args: readonly string[], input = ''): string {
  return execFileSync('kubectl', args, { input, encoding: 'utf8' })
}

function objects(): object[] {
  const labels = { app: 'rolling' }
  const pod = { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }
  const containers = [{ name: 'echo', image: 'echo-basic', env: [pod, { name: 'NAMESPACE', value: 'default' }] }]
  const backend = { service: { name: 'rolling', port: { number: 80 } } }
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'rolling', namespace: 'default' },
      spec: {
        replicas: Number(values.replicas),
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers } },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'rolling', namespace: 'default' },
      spec: { selector: labels, ports: [{ port: 80, targetPort: 3000 }] },
    },
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name: 'rolling', namespace: 'default', annotations: values.posts ? REPEATED : {} },
      spec: {
        ingressClassName: 'headgate',
        rules: [{ host: HOST, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }],
      },
    },
  ]
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`
}
