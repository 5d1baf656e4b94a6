// Objects in, configuration and statuses out: each folder of test/golden/gateway-api. UPDATE_GOLDEN=1 writes what comes out; look at
// the difference.

import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { checkBinds } from '../../../src/config/checks/binds.ts'
import { checkFilters } from '../../../src/config/checks/filters.ts'
import { outline } from '../../../src/config/checks/outline.ts'
import { checkReferences } from '../../../src/config/checks/references.ts'
import { checkSharing } from '../../../src/config/checks/sharing.ts'
import { checkTunnels } from '../../../src/config/checks/tunnels.ts'
import type { GatewayConfig } from '../../../src/config/model.ts'
import { normalizeConfig } from '../../../src/config/parse.ts'
import { formatPath } from '../../../src/config/problem.ts'
import { compileOffline } from '../../../src/explain/offline.ts'
import { seeded } from '../../../src/explain/seeded.ts'
import { authority } from '../../support/certificates.ts'
import { clusterView, type Manifest } from '../../support/cluster-view.ts'
import { answerTo, joined, readCase } from '../ingress/golden-case.ts'
import { goldenText, translatorOf } from './golden-case.ts'

const CASES = fileURLToPath(new URL('../../golden/gateway-api', import.meta.url))
const UPDATE = process.env.UPDATE_GOLDEN === '1'

const parsed = normalizeConfig({})
if ('errors' in parsed) throw new Error('nothing is a configuration')
const base = parsed.config

const ca = authority(t)
const issued = new Map<string, { readonly cert: string; readonly key: string }>()

/** `certificateFor: [names]` of a Secret is a certificate for them, `ca: true` of a ConfigMap the CA that issued it. */
function withCertificate(
  manifest: Manifest & { readonly certificateFor?: readonly string[]; readonly ca?: boolean },
): Manifest {
  const { certificateFor, ca: trusted, ...rest } = manifest
  if (trusted === true) return { ...rest, data: { 'ca.crt': ca.cert } } as Manifest
  if (certificateFor === undefined) return rest
  const name = certificateFor.join()
  const pair = issued.get(name) ?? ca.issue({ sans: certificateFor.map((host) => `DNS:${host}`) })
  issued.set(name, pair)
  const base64 = (text: string): string => Buffer.from(text).toString('base64')
  return { ...rest, type: 'kubernetes.io/tls', data: { 'tls.crt': base64(pair.cert), 'tls.key': base64(pair.key) } } as Manifest
}

/** Each object is of its first generation unless it says otherwise. */
function numbered(manifest: Manifest): Manifest {
  return { ...manifest, metadata: { generation: 1, ...manifest.metadata } as Manifest['metadata'] }
}

const folders = globSync('*/', { cwd: CASES }).sort()
t.ok(folders.length >= 15, 'there are cases')

for (const name of folders) {
  const folder = `${CASES}/${name}`
  const golden = readCase(folder)
  t.test(`${basename(name)}: ${golden.about}`, async (t) => {
    const manifests = golden.manifests.map(withCertificate).map(numbered)
    const translator = translatorOf(golden)
    const translation = translator.translate(clusterView(manifests))

    const text = goldenText(translation)
    if (UPDATE) writeFileSync(`${folder}/expected.yaml`, text)
    t.equal(text, readFileSync(`${folder}/expected.yaml`, 'utf8'), 'what comes out')

    const again = translator.translate(clusterView(manifests))
    t.ok(
      again.routes.every((route, index) => route === translation.routes[index]) &&
        again.listeners.every((listener, index) => listener === translation.listeners[index]) &&
        [...again.upstreams].every(([key, upstream]) => upstream === translation.upstreams.get(key)),
      'what is equal stays the same object',
    )
    const turned = translatorOf(golden).translate(clusterView(manifests.toReversed()))
    t.strictSame(turned, translation, 'in whatever order objects come')

    const config = joined(base, translation)
    t.strictSame(findingsOf(config), [], 'a configuration without a mistake')
    const offline = compileOffline(config, seeded(1))
    for (const asked of golden.requests ?? []) {
      const { ask, on: _, ...wanted } = asked
      t.strictSame(answerTo(offline, asked), wanted, ask)
    }
  })
}

function findingsOf(config: GatewayConfig): string[] {
  const seen = outline(config)
  return [
    ...checkReferences(seen, formatPath),
    ...checkBinds(seen, formatPath),
    ...checkSharing(config),
    ...checkTunnels(config, {}),
    ...checkFilters(config),
  ].map(({ path, message }) => `${formatPath(path)}: ${message}`)
}
