// Prometheus' own programs: Debian's package `prometheus` has both. Named by PROMTOOL and PROMETHEUS, or found on the PATH.

import { spawnSync } from 'node:child_process'

export const promtool = process.env.PROMTOOL || 'promtool'
export const prometheus = process.env.PROMETHEUS || 'prometheus'

const runs = (program: string): boolean => spawnSync(program, ['--version']).status === 0
const missing = (name: string, variable: string): string =>
  `${name} is neither on the PATH nor named by ${variable}: Debian's package prometheus has it`

/** Why tests that need it are skipped; false = they are not. */
export const withoutPromtool: string | false = runs(promtool) ? false : missing('promtool', 'PROMTOOL')
export const withoutPrometheus: string | false = runs(prometheus) ? false : missing('prometheus', 'PROMETHEUS')
