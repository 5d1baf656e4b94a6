// config/grafana: the files are what the generator makes, and each panel asks for what exists and says what it shows.

import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { DASHBOARDS, dashboardFile, dashboardText } from '../../scripts/generate-dashboards.ts'
import { labelsOf, unknownIn } from './known-metrics.ts'
import { promtool, withoutPromtool } from './prometheus-programs.ts'
import { panelsOf, queriesOf, withoutVariables } from './queries.ts'

const all = Object.entries(DASHBOARDS)

t.test('the files are current', async (t) => {
  for (const [name, dashboard] of all)
    t.equal(readFileSync(dashboardFile(name), 'utf8'), dashboardText(dashboard), 'run node scripts/generate-dashboards.ts')
})

t.test('belong to no Grafana and to no data source', async (t) => {
  for (const [name, dashboard] of all) {
    t.notOk('uid' in dashboard || 'id' in dashboard, name)
    const text = dashboardText(dashboard)
    t.strictSame(
      [...text.matchAll(/"uid": "(.*)"/g)].map(([, uid]) => uid).filter((uid) => uid !== '$' + '{datasource}'),
      [],
      name,
    )
    const [first] = dashboard.templating?.list ?? []
    t.match(first, { type: 'datasource', query: 'prometheus', name: 'datasource' })
  }
})

t.test('each panel says what it shows, in a unit, at a place of its own', async (t) => {
  const covered: string[] = []
  for (const [name, dashboard] of all) {
    const ids = new Set<number>()
    const taken = new Set<string>()
    for (const panel of dashboard.panels ?? []) {
      const { x, y, w, h } = panel.gridPos ?? { x: -1, y: 0, w: 0, h: 0 }
      t.ok(x >= 0 && x + w <= 24 && w > 0 && h > 0, `${name}: ${panel.title} fits`)
      for (let column = x; column < x + w; column++) {
        for (let row = y; row < y + h; row++) {
          if (taken.has(`${column} ${row}`)) covered.push(`${name}: ${panel.title}`)
          taken.add(`${column} ${row}`)
        }
      }
      t.notOk(ids.has(panel.id ?? 0))
      ids.add(panel.id ?? 0)
    }
    for (const { title = '', description = '', fieldConfig } of panelsOf(dashboard)) {
      t.ok(title, name)
      t.match(description, /\.$/, `${name}: ${title} is described`)
      t.match(JSON.stringify(fieldConfig), /"unit"|"id":"unit"/, `${name}: ${title} has a unit`)
    }
  }
  t.strictSame(covered, [], 'none lies on another')
})

t.test('queries and legends name metrics and labels that exist', async (t) => {
  for (const [name, dashboard] of all) {
    for (const { expr, legend, columns } of queriesOf(dashboard)) {
      t.strictSame(unknownIn(expr), [], `${name}: ${expr}`)
      const there = labelsOf(expr)
      for (const label of [...legend, ...columns]) t.ok(there.has(label), `${name}: ${label} of ${expr}`)
    }
    for (const variable of dashboard.templating?.list ?? []) {
      if (variable.type !== 'query') continue
      const { query } = variable.query as { query: string }
      const [, selector = '', label = ''] = /^label_values\((.*), (\w+)\)$/.exec(query) ?? []
      t.strictSame(unknownIn(selector, [label]), [], query)
    }
  }
})

t.test('Prometheus reads each query', { skip: withoutPromtool }, async (t) => {
  const folder = t.testdir({})
  const check = (queries: readonly string[]) => {
    const rules = queries.map((expr, index) => ({ record: `query:${index}`, expr }))
    const file = join(folder, 'queries.json')
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'queries', rules }] }))
    return spawnSync(promtool, ['check', 'rules', file], { encoding: 'utf8' })
  }
  const queries = all.flatMap(([, dashboard]) => queriesOf(dashboard).map(({ expr }) => withoutVariables(expr)))
  t.ok(queries.length > 60)
  t.match(check(queries), { status: 0, stderr: '' })
  t.match(check(['sum(rate(x[5m])']), { status: 1 }, 'a mistake is seen')
})
