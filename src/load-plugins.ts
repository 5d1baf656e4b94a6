// Reads the plugins that a configuration names and checks what routes say to them; findings have positions in the configuration.

import { checkPluginOptions, whyNotSchema } from './config/checks/plugin-options.ts'
import type { FilterConfig, GatewayConfig, PluginConfig } from './config/model.ts'
import { type Finding, finding, type Path } from './config/problem.ts'
import { didYouMean } from './config/suggest.ts'
import type { PluginFacts } from './plugins/definition.ts'
import type { PluginReading, PluginSource } from './plugins/read-plugins.ts'
import { forkProgram, type Program } from './supervisor/worker-process.ts'

export interface PluginLoad {
  /** As it was, with the code of plugins and checked options; only to be used when there are no findings. */
  readonly config: GatewayConfig
  readonly findings: readonly Finding[]
  /** Whose change may change the result. */
  readonly files: readonly string[]
}

/** `folder` is where relative paths and packages are looked for from. */
export type PluginReader = (sources: readonly PluginSource[], folder: string) => Promise<readonly PluginReading[]>

/** How long all plugins of a configuration may take to load. */
const TIMEOUT_MS = 10_000

/** A reader that runs the code in this very process. */
export const readHere: PluginReader = async (sources, folder) => {
  const { readPlugins } = await import('./plugins/read-plugins.ts')
  return readPlugins(sources, folder)
}

/** A reader that starts this program again, for as long as it takes: what plugins do while they load cannot harm the supervisor. */
function readApart(program: Program): PluginReader {
  return async (sources, folder) => {
    const child = forkProgram(program, 'plugins', [])
    const failed = (problem: string) => sources.map((): PluginReading => ({ files: [], plugin: null, problem }))
    try {
      return await new Promise<readonly PluginReading[]>((resolve) => {
        const timer = setTimeout(() => resolve(failed(`loading takes longer than ${TIMEOUT_MS / 1000} s`)), TIMEOUT_MS)
        child.on('exit', (code, signal) => {
          clearTimeout(timer)
          resolve(failed(`the process that loads plugins ended (${signal ?? `exit code ${code}`})`))
        })
        child.on('error', (error) => resolve(failed(`no process to load plugins in: ${error.message}`)))
        child.once('message', (readings) => {
          clearTimeout(timer)
          resolve(readings as PluginReading[])
        })
        child.send({ sources, folder })
      })
    } finally {
      child.kill('SIGKILL')
    }
  }
}

/** What `loadConfig` is given to read plugins: apart, where it is known how to start this program again. */
export function pluginsOf(program: string | undefined): (config: GatewayConfig, folder: string) => Promise<PluginLoad> {
  const read = program === undefined ? readHere : readApart({ file: program, execArgv: process.execArgv })
  return (config, folder) => loadPlugins(config, folder, read)
}

export async function loadPlugins(config: GatewayConfig, folder: string, read: PluginReader): Promise<PluginLoad> {
  const { plugins } = config
  const readings = plugins.length === 0 ? [] : await read(plugins, folder)
  const findings: Finding[] = []
  const known = new Map<string, PluginFacts>()
  const loaded = plugins.map((plugin, index): PluginConfig => {
    const at: Path = ['plugins', index, plugin.path === null ? 'package' : 'path']
    const { plugin: found, problem } = readings[index] as PluginReading
    if (found === null) {
      findings.push(finding(at, problem))
      return plugin
    }
    const { facts, bundle } = found
    const why = facts.schema === null ? null : whyNotSchema(facts.schema)
    if (why !== null) findings.push(finding(at, `the schema of the plugin "${facts.name}": ${why.message}`))
    else if (known.has(facts.name)) findings.push(finding(at, `the plugin "${facts.name}" is there twice`))
    else known.set(facts.name, facts)
    return { ...plugin, code: { name: facts.name, schema: facts.schema, ...bundle } }
  })
  // With a plugin missing, what routes say to it is not wrong as well.
  const uses = new UseChecker(known, findings.length === 0)
  const routes = config.routes.map((route, index) => ({
    ...route,
    filters: uses.check(route.filters, ['routes', index, 'filters']),
    to: route.to.map((to, i) => ({ ...to, filters: uses.check(to.filters, ['routes', index, 'to', i, 'filters']) })),
  }))
  const files = readings.flatMap((reading) => reading.files)
  return { config: { ...config, plugins: loaded, routes }, findings: [...findings, ...uses.findings], files }
}

class UseChecker {
  readonly findings: Finding[] = []
  readonly #known: ReadonlyMap<string, PluginFacts>
  readonly #complete: boolean

  constructor(known: ReadonlyMap<string, PluginFacts>, complete: boolean) {
    this.#known = known
    this.#complete = complete
  }

  check(filters: readonly FilterConfig[], base: Path): readonly FilterConfig[] {
    return filters.map((filter, index) => {
      if (filter.type !== 'plugin') return filter
      const { name, options } = filter.options
      const facts = this.#known.get(name)
      const at: Path = [...base, index, 'plugin']
      if (facts === undefined) {
        const hint = this.#known.size === 0 ? '; say under "plugins" where its code is' : didYouMean(name, this.#known.keys())
        if (this.#complete) this.findings.push(finding([...at, 'name'], `unknown plugin "${name}"${hint}`))
        return filter
      }
      if (facts.schema === null) return filter
      const checked = checkPluginOptions(facts.schema, options, [...at, 'options'])
      if ('options' in checked) return { ...filter, options: { ...filter.options, options: checked.options } }
      this.findings.push(...checked.findings)
      return filter
    })
  }
}
