// docs/tasks/metrics.md and troubleshoot.md: what they show is run or read by the program it is for, and no reason is left out.

import { spawnSync } from 'node:child_process'
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PrometheusRule } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PrometheusRule'
import t from 'tap'
import { parse } from 'yaml'
import { reasonsPage } from '../../scripts/generate-reasons.ts'
import { REASONS } from '../../src/model/reasons.ts'
import { root } from '../repository/source-files.ts'
import { METRICS_PAGE_BLOCKS, scrapeConfig } from './metrics-page.ts'
import { promtool, withoutPromtool } from './prometheus-programs.ts'

const commands = METRICS_PAGE_BLOCKS.sh.flatMap((block) => block.trim().split('\n'))

t.test('the commands for rules', { skip: withoutPromtool }, async (t) => {
  const mine = commands.filter((command) => command.startsWith('promtool '))
  t.equal(mine.length, 2)
  for (const command of mine) {
    const [, ...args] = command.split(' ')
    t.match(spawnSync(promtool, args, { cwd: root, encoding: 'utf8' }), { status: 0 }, command)
  }
})

t.test('the rules as a PrometheusRule', async (t) => {
  const command = commands.find((each) => each.includes('PrometheusRule')) ?? ''
  const file = join(t.testdir({}), 'rule.yaml')
  const { status } = spawnSync('sh', ['-c', command.replace('> headgate-rule.yaml', `> ${file}`)], { cwd: root })
  t.equal(status, 0)
  const rule = parse(readFileSync(file, 'utf8'))
  t.doesNotThrow(() => new PrometheusRule(rule).validate())
  t.equal(rule.spec.groups.length, 6)
  t.throws(() => new PrometheusRule({ ...rule, spec: { groups: [{ rules: 1 }] } }).validate(), 'a mistake is seen')
})

t.test('the configuration of Prometheus', { skip: withoutPromtool }, async (t) => {
  const folder = t.testdir({ token: 'x' })
  copyFileSync(join(root, 'config/prometheus/headgate.rules.yml'), join(folder, 'headgate.rules.yml'))
  writeFileSync(join(folder, 'prometheus.yml'), scrapeConfig('gateway.internal:9901', join(folder, 'token')))
  t.match(spawnSync(promtool, ['check', 'config', join(folder, 'prometheus.yml')], { encoding: 'utf8' }), {
    status: 0,
    stdout: /29 rules found/,
  })
})

t.test('every reason is explained, and no other', async (t) => {
  const page = readFileSync(join(root, 'docs/tasks/troubleshoot.md'), 'utf8')
  const [, section = ''] = /^## By reason\n(.*?)^## /ms.exec(page) ?? []
  const explained = [...section.matchAll(/^\| `([a-z0-9-]+)` \| (.*) \| (.*) \| (.*) \|$/gm)]
  for (const [, reason, ...cells] of explained) for (const cell of cells) t.match(cell, /\w/, reason ?? '')
  const silent = [...reasonsPage().matchAll(/^\| `([a-z0-9-]+)` \|/gm)].map(([, reason]) => reason)
  t.strictSame(explained.map(([, reason]) => reason).sort(), silent.sort())
  for (const reason of Object.keys(REASONS)) t.ok(silent.includes(reason))
})
