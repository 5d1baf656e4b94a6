// Every configuration of Prometheus in the documents is one, by Prometheus' own judgement.

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { blocksOf, pages } from '../repository/pages.ts'
import { promtool, withoutPromtool } from './prometheus-programs.ts'

const blocks = pages.flatMap(blocksOf).filter(({ language, text }) => language === 'yaml' && /^scrape_configs:/m.test(text))

t.test('promtool', { skip: withoutPromtool }, async (t) => {
  const check = (config: string) => {
    const folder = t.testdir({ token: 'x', 'headgate.rules.yml': 'groups: []\n', 'prometheus.yml': config })
    return spawnSync(promtool, ['check', 'config', join(folder, 'prometheus.yml')], { encoding: 'utf8' })
  }
  t.ok(blocks.length >= 2, `${blocks.length} of them`)
  for (const { page, line, text } of blocks) {
    const config = text
      .replace(/(?<=credentials_file: )[\w./-]+/g, 'token')
      // Debian's Prometheus is built without it.
      .replace(/kubernetes_sd_configs: .*/, 'static_configs: []')
    const { status, stderr } = check(config)
    t.equal(status, 0, `${page}:${line}: ${stderr}`)
    t.equal(check(config.replace('job_name', 'jobname')).status, 1, 'a mistake is seen')
  }
})
