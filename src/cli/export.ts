// `headgate export -o DIR`: what a gateway serves, as files that start the same gateway without a cluster or registry.

import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { loadConfig } from '../config/load.ts'
import { formatProblem } from '../config/problem.ts'
import { systemClock } from '../model/clock.ts'
import type { CommandIo } from './check.ts'
import { CONFIG_FILE, type ExportedFile, exportFiles } from './export-files.ts'
import { findEndpoints, readWhole } from './whole-config.ts'

const USAGE = `Usage: headgate export -o DIR [-c FILE] [-f PATH]...

Writes what a gateway with that configuration would serve now, as files that start the same gateway without a cluster or registry:
DIR/${CONFIG_FILE} with static endpoints, and beside it its certificates, keys and secrets. Only their owner can read them.

  -o, --output DIR     a folder that does not exist, or is empty
  -c, --config FILE    the configuration file; objects of Kubernetes join where it has kubernetes.ingress or kubernetes.gatewayApi;
                       without a file all Ingresses and Gateways of the cluster that KUBECONFIG names
  -f, --filename PATH  objects in a file or folder, or what comes in (-), instead of a cluster's; any number of them
  -h, --help           this text

A gateway that runs is not asked: it tells nobody its keys.

Exit codes: 0 fine (what differs is printed), 1 something cannot be read or written, 2 usage, 70 internal.
`

interface Options {
  readonly output: string
  readonly file: string | null
  readonly manifests: readonly string[]
}

/** Runs the command; `argv` is what follows its name. The result is the exit code. */
export async function exportConfig(argv: readonly string[], io: CommandIo): Promise<number> {
  const { out, err, env } = io
  const options = readOptions(argv)
  if (options === 'help') {
    out(USAGE)
    return 0
  }
  if (options instanceof Error) {
    err(`headgate export: ${options.message}\n\n${USAGE}`)
    return 2
  }
  const { output, file, manifests } = options
  const whole = await readWhole(
    { file, manifests, kubernetes: file === null || manifests.length > 0 ? true : 'where it says so' },
    io,
    'export',
  )
  if (whole === null) return 1
  const { config, reports } = whole
  // Files say nothing of a Service's endpoints but what stands in them.
  const left = Object.entries(config.upstreams).filter(
    ([name, { discovery }]) => !whole.endpoints.has(name) && !(manifests.length > 0 && 'kubernetes' in discovery),
  )
  const endpoints = new Map([
    ...whole.endpoints,
    ...(await findEndpoints({ ...config, upstreams: Object.fromEntries(left) }, io)),
  ])
  try {
    const exported = await exportFiles(config, endpoints, comment(file, manifests))
    await write(output, exported.files)
    for (const doubt of exported.doubts) err(`${doubt}\n`)
    const refused = reports.filter(({ problems }) => problems.length > 0).length
    if (refused > 0) err(`${refused} objects are not served as they are written: headgate explain --kubernetes tells why\n`)
    const { routes, upstreams } = config
    const place = join(output, CONFIG_FILE)
    out(`${place}: ${routes.length} routes, ${Object.keys(upstreams).length} upstreams, ${exported.endpoints} endpoints\n`)
    // What is wrong with it now is wrong here.
    const read = await loadConfig(place, { env, wall: systemClock.wall })
    if (!('errors' in read)) return 0
    for (const error of read.errors) err(`${formatProblem(error)}\n`)
    return 70
  } catch (error) {
    err(`headgate export: ${(error as Error).message}\n`)
    return 1
  }
}

function comment(file: string | null, manifests: readonly string[]): string {
  const from = [...(file === null ? [] : [file]), ...(manifests.length > 0 ? manifests : ['what the cluster or registry said'])]
  return `Written by headgate export at ${new Date(systemClock.wall()).toISOString()}\nfrom ${from.join(', ')}. Holds or names secrets.`
}

/** Rejects when there is something already. */
async function write(folder: string, files: readonly ExportedFile[]): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  if ((await readdir(folder)).length > 0) throw new Error(`${folder} is not empty`)
  for (const { path, text } of files) {
    const place = join(folder, path)
    await mkdir(dirname(place), { recursive: true, mode: 0o700 })
    await writeFile(place, text, { mode: 0o600, flag: 'wx' })
  }
}

function readOptions(argv: readonly string[]): Options | 'help' | Error {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: {
        output: { type: 'string', short: 'o' },
        config: { type: 'string', short: 'c' },
        filename: { type: 'string', short: 'f', multiple: true },
        help: { type: 'boolean', short: 'h' },
      },
      allowPositionals: true,
    })
    if (values.help) return 'help'
    if (positionals.length > 0) return new Error(`unexpected argument "${positionals[0]}"`)
    if (!values.output) return new Error('-o DIR is needed')
    return { output: values.output, file: values.config ?? null, manifests: values.filename ?? [] }
  } catch (error) {
    return error as Error
  }
}
