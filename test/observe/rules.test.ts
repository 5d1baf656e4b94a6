// config/prometheus: Prometheus reads the rules, their tests hold, and every alert is tested, explained and asks for what exists.

import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { parse } from 'yaml'
import { labelsOf, RULES_FILE, rules, unknownIn } from './known-metrics.ts'
import { promtool, withoutPromtool } from './prometheus-programs.ts'
import { askedBy } from './promql.ts'

const FOLDER = fileURLToPath(new URL('.', RULES_FILE))
const ROOT = join(FOLDER, '..', '..')
const alerts = rules.filter(({ alert }) => alert !== undefined)

interface Expected {
  readonly expr: string
  readonly exp_samples?: readonly { readonly labels: string }[]
}
interface RuleTest {
  readonly name: string
  readonly input_series: readonly { readonly series: string }[]
  readonly promql_expr_test: readonly Expected[]
}
const tests = (parse(readFileSync(join(FOLDER, 'headgate.test.yml'), 'utf8')) as { tests: RuleTest[] }).tests

t.test('promtool', { skip: withoutPromtool }, async (t) => {
  const run = (...args: string[]) => spawnSync(promtool, args, { cwd: FOLDER, encoding: 'utf8' })
  t.match(run('check', 'rules', '--lint-fatal', 'headgate.rules.yml'), { status: 0, stderr: '' })
  t.match(run('test', 'rules', 'headgate.test.yml'), { status: 0 })

  await t.test('and would see mistakes', async (t) => {
    const folder = t.testdir({})
    const text = readFileSync(RULES_FILE, 'utf8')
    for (const [name, from, to] of [
      ['late', '> 0.25\n', '> 25\n'],
      ['early', '== 0\n        for: 1m', '>= 0\n        for: 1m'],
      ['mute', 'headgate_leader) == 0', 'headgate_leader) == 2'],
    ] as const) {
      const changed = join(folder, name)
      t.not(text.replace(from, to), text, `${name} changes something`)
      mkdirSync(changed)
      writeFileSync(join(changed, 'headgate.rules.yml'), text.replace(from, to))
      writeFileSync(join(changed, 'headgate.test.yml'), readFileSync(join(FOLDER, 'headgate.test.yml')))
      t.equal(spawnSync(promtool, ['test', 'rules', join(changed, 'headgate.test.yml')]).status, 1, name)
    }
  })
})

t.test('rules ask for metrics and labels that exist', async (t) => {
  for (const { record, alert, expr } of rules) t.strictSame(unknownIn(expr), [], record ?? alert ?? '')
  t.strictSame(unknownIn('sum by (nobody) (rate(headgate_requests_total{colour="red"}[5m])) / headgate_nothing'), [
    'headgate_requests_total{colour}',
    'headgate_nothing',
    'nobody',
  ])
})

t.test('every alert is seen to fire, and to stay silent where all is well', async (t) => {
  const firing = new Set(
    tests.flatMap(({ promql_expr_test }) =>
      promql_expr_test.flatMap(({ exp_samples = [] }) =>
        exp_samples.flatMap(({ labels }) => /^ALERTS\{alertname="(\w+)",alertstate="firing"/.exec(labels)?.[1] ?? []),
      ),
    ),
  )
  const well = tests.find(({ name }) => name === 'all is well')
  const there = new Set(well?.input_series.flatMap(({ series }) => askedBy(series).selected.map(({ metric }) => metric)))
  for (const { record, expr } of rules)
    if (record !== undefined && askedBy(expr).selected.some(({ metric }) => there.has(metric))) there.add(record)
  for (const { alert = '', expr } of alerts) {
    t.ok(firing.has(alert), `${alert} fires`)
    const asked = askedBy(expr).selected.map(({ metric }) => metric)
    // What is constant is made by rules.
    t.strictSame(
      asked.filter((metric) => !there.has(metric) && !metric.startsWith('headgate:objective')),
      [],
      `${alert} has something to look at`,
    )
  }
  t.match(well?.promql_expr_test, [{ expr: 'ALERTS{alertstate="firing"}', exp_samples: [] }])
})

t.test('every alert says what it is, how bad, and where to read on', async (t) => {
  const names = alerts.map(({ alert }) => alert)
  t.equal(new Set(names).size, names.length)
  for (const { alert = '', labels = {}, annotations = {}, expr } of alerts) {
    t.match(labels.severity, /^(warning|critical)$/, alert)
    t.match(annotations.summary, /\S/, alert)
    t.match(annotations.description, /\.$/, alert)
    t.match(annotations.action, /^[A-Z].{20,250}\.$/, `${alert}: what to do, in so many words as fit on a phone`)
    const [, page = '', anchor = ''] = /^(docs\/tasks\/\w+\.md)#(\w+)$/.exec(annotations.runbook ?? '') ?? []
    t.equal(anchor, alert.toLowerCase(), `${alert}: the section has its name`)
    t.match(readFileSync(join(ROOT, page), 'utf8'), new RegExp(`^### ${alert}$`, 'm'), `${alert} has its section`)
    const there = labelsOf(expr)
    for (const [, label = ''] of Object.values(annotations)
      .join(' ')
      .matchAll(/\$labels\.(\w+)/g))
      t.ok(there.has(label), `${alert}: ${label} is there when the text is written`)
  }
})
