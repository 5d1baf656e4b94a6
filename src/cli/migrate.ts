// `headgate migrate ingress-nginx`: what would become of the Ingresses of an ingress-nginx. Nothing is changed.

import { parseArgs } from 'node:util'
import { clusterManifests, type Manifest, migrationReport, readManifests } from '../compile/migration.ts'
import { formatProblem, type Problem } from '../config/problem.ts'
import type { CommandIo } from './check.ts'
import { manifestFiles } from './manifest-files.ts'
import { migrationText } from './migration-text.ts'

const USAGE = `Usage: headgate migrate ingress-nginx [-f FILE|DIR …] [--kubeconfig FILE] [--class NAME] [--all] [--json]

Says for each Ingress that was written for ingress-nginx what is taken over exactly, what differs and how, and what is refused; and
for the ConfigMap of its controller where its settings are here. Nothing is changed.

  -f, --filename PATH  a manifest, a folder with manifests (.yaml, .yml, .json, also below it), or - for what comes in; any number of
                       them. Without it the Ingresses of the cluster are read
  --kubeconfig FILE    the cluster, instead of that of KUBECONFIG or of the pod
  --class NAME         only Ingresses of this class
  --all                what is taken over exactly, too
  --json               for programs
  -h, --help           this text

Exit codes: 0 nothing is refused, 1 something is, or input wrong, 2 usage.
`

interface Options {
  readonly files: readonly string[]
  readonly kubeconfig: string | null
  readonly class: string | null
  readonly all: boolean
  readonly json: boolean
}

/** Runs the command; `argv` is what follows its name. The result is the exit code. */
export async function migrate(argv: readonly string[], { out, err, env }: CommandIo): Promise<number> {
  const options = readOptions(argv)
  if (options === 'help') {
    out(USAGE)
    return 0
  }
  if (options instanceof Error) {
    err(`headgate migrate: ${options.message}\n\n${USAGE}`)
    return 2
  }
  const { files, kubeconfig, json, all } = options
  let manifests: readonly Manifest[]
  try {
    const read = files.length > 0 ? readManifests(await manifestFiles(files)) : await readCluster(kubeconfig, env, err)
    for (const problem of read.problems) err(`${formatProblem(problem)}\n`)
    if (read.problems.length > 0) return 1
    manifests = read.manifests
  } catch (error) {
    err(`headgate migrate: ${(error as Error).message}\n`)
    return 1
  }
  const report = migrationReport(manifests, options.class)
  out(json ? `${JSON.stringify(report, null, 2)}\n` : migrationText(report, all))
  return report.objects.some(({ findings }) => findings.some(({ verdict }) => verdict === 'refused')) ? 1 : 0
}

interface Read {
  readonly manifests: readonly Manifest[]
  readonly problems: readonly Problem[]
}

async function readCluster(kubeconfig: string | null, env: CommandIo['env'], err: CommandIo['err']): Promise<Read> {
  const { manifests, missing } = await clusterManifests({ kubeconfig, env })
  if (missing !== null) err(`headgate migrate: the ConfigMap of the controller is not looked at: ${missing}\n`)
  return { manifests, problems: [] }
}

function readOptions(argv: readonly string[]): Options | 'help' | Error {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: {
        filename: { type: 'string', short: 'f', multiple: true },
        kubeconfig: { type: 'string' },
        class: { type: 'string' },
        all: { type: 'boolean' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
      allowPositionals: true,
    })
    if (values.help) return 'help'
    const [from, ...more] = positionals
    if (from === undefined) return new Error('where from is needed: ingress-nginx')
    if (from !== 'ingress-nginx') return new Error(`"${from}" is not known; ingress-nginx is`)
    // A pattern of the shell makes several names of one.
    const files = [...(values.filename ?? []), ...(values.filename === undefined ? [] : more)]
    if (values.filename === undefined && more.length > 0)
      return new Error(`unexpected argument "${more[0]}"; files are given with -f`)
    if (files.length > 0 && values.kubeconfig !== undefined) return new Error('-f and --kubeconfig exclude each other')
    return {
      files,
      kubeconfig: values.kubeconfig ?? null,
      class: values.class ?? null,
      all: values.all ?? false,
      json: values.json ?? false,
    }
  } catch (error) {
    return error as Error
  }
}
