// The page about Ingresses shows objects and what requests come to with them: both are tried.

import { readFileSync } from 'node:fs'
import t from 'tap'
import { parseAllDocuments } from 'yaml'
import { compileOffline } from '../../../src/explain/offline.ts'
import { seeded } from '../../../src/explain/seeded.ts'
import { REASONS } from '../../../src/model/reasons.ts'
import { authority } from '../../support/certificates.ts'
import type { Manifest } from '../../support/cluster-view.ts'
import { answerTo, baseConfig, joined, problemsOf, translatorOf, viewOf } from './golden-case.ts'

const page = readFileSync(new URL('../../../docs/tasks/ingress.md', import.meta.url), 'utf8')

/** Rows of the tables of requests: what is asked, what answers, which route. */
const ROW = /^\| `(GET [^`]+)` \| (?:`([^`]+)`|(\d{3})?[^|]*) \| (?:`([^`]+)`|none) \|$/gm

t.test('docs/tasks/ingress.md', async (t) => {
  const { cert, key } = authority(t).issue({ sans: ['DNS:shop.example.com'] })
  const base64 = (text: string): string => Buffer.from(text).toString('base64')
  const secret = {
    kind: 'Secret',
    metadata: { name: 'shop-tls', namespace: 'shop' },
    data: { 'tls.crt': base64(cert), 'tls.key': base64(key) },
  } as Manifest
  const shown = [...page.matchAll(/```yaml\n(apiVersion:.*?)```/gs)].flatMap(([, text = '']) =>
    parseAllDocuments(text).map((each) => each.toJS() as Manifest),
  )
  t.equal(shown.length, 5)
  const base = baseConfig({ settings: { statusAddress: ['192.0.2.80'] } })
  const translation = translatorOf(base).translate(viewOf(base, [...shown, secret]))
  t.same(problemsOf(translation.reports), ['shop/web InvalidReference'])
  const offline = compileOffline(joined(base, translation), seeded(1))
  const rows = [...page.matchAll(ROW)]
  t.equal(rows.length, 10)
  for (const [, ask = '', upstream, status, route = null] of rows) {
    const wanted = {
      route,
      ...(upstream === undefined ? {} : { upstream }),
      ...(status === undefined ? {} : { status: Number(status) }),
    }
    t.strictSame(answerTo(offline, { ask, ...wanted }), wanted, ask)
  }
  for (const [, reason = ''] of page.matchAll(/^\| `([a-z-]+)` \| (?:the|something)/gm))
    t.ok(Object.hasOwn(REASONS, reason), reason)
})
