// Objects in, configuration out: each folder of test/golden/ingress. UPDATE_GOLDEN=1 writes what comes out; look at the difference.

import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { checkBinds } from '../../../src/config/checks/binds.ts'
import { checkFailover } from '../../../src/config/checks/failover.ts'
import { checkFilters } from '../../../src/config/checks/filters.ts'
import { checkKubernetes } from '../../../src/config/checks/kubernetes.ts'
import { outline } from '../../../src/config/checks/outline.ts'
import { checkReferences } from '../../../src/config/checks/references.ts'
import { checkShadow } from '../../../src/config/checks/shadow.ts'
import { checkSharing } from '../../../src/config/checks/sharing.ts'
import { checkTunnels } from '../../../src/config/checks/tunnels.ts'
import type { GatewayConfig } from '../../../src/config/model.ts'
import { formatPath } from '../../../src/config/problem.ts'
import { compileOffline } from '../../../src/explain/offline.ts'
import { seeded } from '../../../src/explain/seeded.ts'
import { authority } from '../../support/certificates.ts'
import type { Manifest } from '../../support/cluster-view.ts'
import { answerTo, baseConfig, goldenText, joined, readCase, translatorOf, viewOf } from './golden-case.ts'

const CASES = fileURLToPath(new URL('../../golden/ingress', import.meta.url))
const UPDATE = process.env.UPDATE_GOLDEN === '1'

const ca = authority(t)
const issued = new Map<string, { readonly cert: string; readonly key: string }>()

interface WithCertificate extends Manifest {
  readonly certificateFor?: readonly string[]
  readonly authority?: boolean
}

const base64 = (text: string): string => Buffer.from(text).toString('base64')

/** `certificateFor: [names]` of a Secret in a case is a certificate for them, `authority: true` that of a CA. */
function withCertificate(manifest: WithCertificate): Manifest {
  const { certificateFor, authority, ...rest } = manifest
  if (authority === true) return { ...rest, data: { 'ca.crt': base64(ca.cert) } } as Manifest
  if (certificateFor === undefined) return rest
  const name = certificateFor.join()
  const pair = issued.get(name) ?? ca.issue({ sans: certificateFor.map((host) => `DNS:${host}`) })
  issued.set(name, pair)
  return { ...rest, type: 'kubernetes.io/tls', data: { 'tls.crt': base64(pair.cert), 'tls.key': base64(pair.key) } } as Manifest
}

const folders = globSync('*/', { cwd: CASES }).sort()
t.ok(folders.length >= 25, 'there are cases')

for (const name of folders) {
  const folder = `${CASES}/${name}`
  const golden = readCase(folder)
  t.test(`${basename(name)}: ${golden.about}`, async (t) => {
    const manifests = golden.manifests.map(withCertificate)
    const base = baseConfig(golden)
    const translator = translatorOf(base)
    const view = viewOf(base, manifests)
    const translation = translator.translate(view)

    const text = goldenText(translation)
    if (UPDATE) writeFileSync(`${folder}/expected.yaml`, text)
    t.equal(text, readFileSync(`${folder}/expected.yaml`, 'utf8'), 'what comes out')

    const again = translator.translate(viewOf(base, manifests))
    t.ok(
      again.routes.every((route, index) => route === translation.routes[index]) &&
        [...again.upstreams].every(([name, upstream]) => upstream === translation.upstreams.get(name)),
      'what is equal stays the same object',
    )
    const turned = translatorOf(base).translate(viewOf(base, manifests.toReversed()))
    t.strictSame(turned, translation, 'in whatever order objects come')

    const config = joined(base, translation)
    t.strictSame(findingsOf(config), [], 'a configuration without a mistake')
    const offline = compileOffline(config, seeded(1))
    for (const asked of golden.requests) {
      const { ask, ...wanted } = asked
      t.strictSame(answerTo(offline, asked), wanted, ask)
    }
  })
}

function findingsOf(config: GatewayConfig): string[] {
  const seen = outline(config)
  return [
    ...checkReferences(seen, formatPath),
    ...checkBinds(seen, formatPath),
    ...checkFailover(seen),
    ...checkSharing(config),
    ...checkTunnels(config, {}),
    ...checkFilters(config),
    ...checkKubernetes(config),
    ...checkShadow(config),
  ].map(({ path, message }) => `${formatPath(path)}: ${message}`)
}
