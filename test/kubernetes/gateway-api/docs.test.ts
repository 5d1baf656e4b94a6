// docs/gateway-api.md: its example comes to what the page says, and its table names every feature.

import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { parseAllDocuments } from 'yaml'
import { parseConfig } from '../../../src/config/parse.ts'
import { compileOffline } from '../../../src/explain/offline.ts'
import { seeded } from '../../../src/explain/seeded.ts'
import { SUPPORTED_FEATURES } from '../../../src/kubernetes/gateway-api/classes.ts'
import { gatewayApiTranslator } from '../../../src/kubernetes/gateway-api/translate.ts'
import { clusterView, type Manifest } from '../../support/cluster-view.ts'
import { answerTo, joined } from '../ingress/golden-case.ts'

const page = readFileSync(fileURLToPath(new URL('../../../docs/gateway-api.md', import.meta.url)), 'utf8')
const [file = '', objects = ''] = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, text = '']) => text)

t.test('the example', async (t) => {
  const parsed = parseConfig([{ name: 'page', text: file }])
  if ('errors' in parsed || parsed.config.kubernetes?.gatewayApi == null) return t.fail('the file is not read')
  const { config } = parsed
  const manifests = parseAllDocuments(objects).map((each) => each.toJS() as Manifest)
  const translation = gatewayApiTranslator(parsed.config.kubernetes.gatewayApi).translate(clusterView(manifests))
  const view = compileOffline(joined(config, translation), seeded(1))
  const rows = [...page.matchAll(/^\| `(GET \S+)` \| (.*) \| (?:`(.*)`|none) \|$/gm)]
  t.equal(rows.length, 4)
  for (const [, ask = '', becomes = '', route = null] of rows) {
    const [status = null] = /^\d{3}/.exec(becomes) ?? []
    const [, told] = /`(.*?)`/.exec(becomes) ?? []
    if (status === null) t.strictSame(answerTo(view, { ask, route, upstream: '' }), { route, upstream: told }, ask)
    else {
      const location = status === '302' ? { location: '' } : {}
      const wanted = { route, status: Number(status), ...(status === '302' ? { location: told } : {}) }
      t.strictSame(answerTo(view, { ask, route, status: 0, ...location }), wanted, ask)
    }
  }
  const said = JSON.stringify(translation.reports)
  t.match(said, /there is no Service shop\/cart-next/, 'the reference that leads nowhere')
})

t.test('the table', async (t) => {
  const rows = [...page.matchAll(/^\| ((?:`\w+`(?:, )?)+) \| ((?:`[\w-]+`(?:, )?)+) \|$/gm)]
  const names = (text = ''): string[] => [...text.matchAll(/`([\w-]+)`/g)].map(([, name = '']) => name)
  t.strictSame(rows.flatMap(([, features]) => names(features)).sort(), SUPPORTED_FEATURES)
  for (const folder of rows.flatMap(([, , folders]) => names(folders)))
    t.ok(existsSync(fileURLToPath(new URL(`../../golden/gateway-api/${folder}`, import.meta.url))), folder)
})
