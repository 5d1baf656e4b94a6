// The examples of docs/tasks/metrics.md.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../repository/source-files.ts'

const page = readFileSync(join(root, 'docs/tasks/metrics.md'), 'utf8')
const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map((match) => match[1] as string)

export const METRICS_PAGE_BLOCKS = { sh: blocks('sh'), yaml: blocks('yaml') }

/** The configuration of Prometheus as the page has it, for this target and this file with the token. */
export function scrapeConfig(target: string, tokenFile: string): string {
  const text = METRICS_PAGE_BLOCKS.yaml.find((block) => block.startsWith('# prometheus.yml\n')) ?? ''
  const changed = text.replace('gateway.internal:9901', target).replace('/etc/prometheus/headgate-token', tokenFile)
  if (changed === text) throw new Error('the page has no configuration for Prometheus')
  return changed
}
