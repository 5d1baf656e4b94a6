// docs/tasks/first-gateway.md, followed from top to bottom: a real API server, a gateway as a process, kubectl and curl.

import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { definitions } from '../../../scripts/generate-crds.ts'
import { kubectl } from '../../install/kubectl.ts'
import { root } from '../../repository/source-files.ts'
import { startGateway } from '../../supervisor/gateway-process.ts'
import { startControlPlane, withoutControlPlane } from '../../support/control-plane.ts'
import { freePort } from '../../support/free-port.ts'
import { installGatewayApi, installKinds } from '../../support/gateway-api-kinds.ts'
import { slice } from '../../support/kubernetes-objects.ts'
import { until } from '../../support/until.ts'

const page = readFileSync(join(root, 'docs', 'tasks', 'first-gateway.md'), 'utf8')

t.test('the page', { skip: withoutControlPlane, timeout: 110_000 }, async (t) => {
  const plane = await startControlPlane(t)
  await installGatewayApi(plane)
  for (const text of definitions().values()) await installKinds(plane, text)
  const kubeconfig = plane.kubeconfig()
  const app = await kubectl(
    ['apply', '--server-side', '-f', join(root, 'config/kubernetes/examples/first-app.yaml')],
    kubeconfig,
  )
  t.equal(app.code, 0, app.err)
  // There is nobody to run pods.
  const pod = createServer((request, response) => response.end(request.url === '/hostname' ? 'hello-pod' : '')).listen(
    0,
    '127.0.0.1',
  )
  await new Promise((resolve) => pod.once('listening', resolve))
  t.teardown(() => pod.close())
  const { port } = pod.address() as AddressInfo
  const options = { addressType: 'FQDN', namespace: 'hello' }
  const slices = '/apis/discovery.k8s.io/v1/namespaces/hello/endpointslices'
  await plane.call('POST', slices, slice('hello-x', 'hello', [{ name: 'http', port }], ['127.0.0.1'], options))

  const web = await freePort()
  const here = (text: string): string => text.replaceAll('8080', String(web)).replaceAll('127.0.0.1:9901', '127.0.0.1:0')
  const before = process.env.KUBECONFIG
  process.env.KUBECONFIG = kubeconfig
  t.teardown(() => {
    if (before === undefined) delete process.env.KUBECONFIG
    else process.env.KUBECONFIG = before
  })
  const folder = t.testdir({ bin: {} })
  mkdirSync(join(folder, 'bin'), { recursive: true })
  const command = `#!/bin/sh\nexec ${process.execPath} ${join(root, 'src', 'main.ts')} "$@"\n`
  writeFileSync(join(folder, 'bin', 'headgate'), command, { mode: 0o755 })
  const PATH = `${join(folder, 'bin')}:${process.env.PATH}:${process.env.KUBEBUILDER_ASSETS}`
  const run = (line: string) =>
    new Promise<string>((resolve) =>
      execFile('bash', ['-c', line], { cwd: folder, env: { ...process.env, PATH, HOME: folder } }, (_error, out, err) =>
        resolve(`${out}${err}`),
      ),
    )

  let asked = 0
  for (const [, language = '', text = ''] of page.matchAll(/```(yaml|console)\n(.*?)```/gs)) {
    if (text.includes('gatewayApi:')) {
      writeFileSync(join(folder, 'headgate.yaml'), here(text))
      await startGateway(t, here(text))
    } else if (language === 'yaml') {
      const applied = await kubectl(['apply', '-f', '-'], kubeconfig, here(text))
      t.equal(applied.code, 0, applied.err)
    } else
      for (const [, line = '', said = ''] of text.matchAll(/^\$ (.*)\n((?:(?!\$ ).*\n)*)/gm)) {
        let got = ''
        const fits = patternOf(here(said))
        const inTime = until(
          line,
          async () => {
            got = await run(here(line))
            return fits.test(got)
          },
          20_000,
        )
        await inTime.catch(() => t.equal(got, said, line))
        asked++
      }
  }
  t.ok(asked >= 13, `${asked} commands`)
})

/** `…` is anything, blanks are as many as there are. */
function patternOf(said: string): RegExp {
  const words = said.trim().split(/\s+/)
  const escaped = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll('…', '\\S+'))
  return new RegExp(`^\\s*${escaped.join('\\s+')}\\s*$`)
}
