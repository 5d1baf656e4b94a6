// Objects of the golden folders with odd values in odd places: nothing throws, and what comes out can be compiled.

import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { parseAllDocuments } from 'yaml'
import { normalizeConfig } from '../../../src/config/parse.ts'
import { compileOffline } from '../../../src/explain/offline.ts'
import { seeded } from '../../../src/explain/seeded.ts'
import { gatewayApiTranslator } from '../../../src/kubernetes/gateway-api/translate.ts'
import { clusterView, type Manifest } from '../../support/cluster-view.ts'
import { joined } from '../ingress/golden-case.ts'

const ODD: readonly unknown[] = [
  ...[null, 0, -1, 65536, 1e9, true, [], {}, '', 'x', '*', '*.', '/', '//', '%', 'é', '(', '\0', '0s', '99999h'],
  ...[
    `$${'{request.path}'}`,
    'a'.repeat(600),
    '__proto__',
    'toString',
    'Exact',
    'RegularExpression',
    'http://*',
    '10.0.0.80',
    '::1',
  ],
]
const CASES = fileURLToPath(new URL('../../golden/gateway-api/*/in.yaml', import.meta.url))
const cases = globSync(CASES)
  .sort()
  .map((file) => parseAllDocuments(readFileSync(file, 'utf8')).map((each) => each.toJS() as Manifest))

t.test('whatever objects say', async (t) => {
  const parsed = normalizeConfig({})
  if ('errors' in parsed) return t.fail('nothing is a configuration')
  const random = seeded(20_260)
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T
  const odd = (value: unknown): unknown => {
    if (random() < 0.03) return pick(ODD)
    if (Array.isArray(value)) return [...value, ...(random() < 0.05 ? value.slice(0, 1) : [])].map(odd)
    if (value === null || typeof value !== 'object') return value
    const kept = Object.entries(value).filter(() => random() > 0.01)
    return Object.fromEntries(kept.map(([key, each]) => [key, odd(each)]))
  }
  let translated = 0
  let left = 0
  for (let i = 0; i < 600; i++) {
    const manifests = pick(cases).flatMap((manifest) => {
      const changed = { ...manifest, ...('spec' in manifest ? { spec: odd(manifest.spec) } : {}) } as Manifest
      try {
        clusterView([changed])
        return [changed]
      } catch {
        // An informer leaves such an object out.
        left++
        return []
      }
    })
    const translation = gatewayApiTranslator({
      controller: 'headgate.dev/gateway',
      addresses: { pool: ['10.0.0.80', '10.0.1.0/28'] },
    }).translate(clusterView(manifests))
    if (translation.routes.length > 0) translated++
    JSON.stringify(translation.reports)
    if (i % 20 === 0) compileOffline(joined(parsed.config, translation), seeded(1))
  }
  t.ok(translated > 100, `${translated} with routes`)
  t.ok(left > 100, `${left} left out`)
})
