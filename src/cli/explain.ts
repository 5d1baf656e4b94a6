// `headgate explain -c FILE METHOD URL`: what a gateway with that configuration would do with a request, and why; with --kubernetes by the
// objects of a cluster or of files, too.

import { parseArgs } from 'node:util'
import { withOrigins } from '../compile/route-origins.ts'
import { explainRequest } from '../explain/explain.ts'
import { compileOffline } from '../explain/offline.ts'
import { seeded } from '../explain/seeded.ts'
import { systemRandom } from '../model/clock.ts'
import type { ExplainRequest } from '../model/explanation.ts'
import type { CommandIo } from './check.ts'
import { explanationText } from './explanation-text.ts'
import { type Asked, readWhole } from './whole-config.ts'

const USAGE = `Usage: headgate explain -c FILE METHOD URL [-H 'name: value'] [--json]
       headgate explain --kubernetes [-c FILE] [-f PATH]... METHOD URL

Says what would become of a request: which listener and route, why not the others, what each filter does, which endpoints could be
picked, and which one is. Nothing is sent and nothing is started.

  -c, --config FILE    the configuration file
  --kubernetes         by the objects of the cluster, too, and with the object that each route comes from; which cluster says
                       kubernetes.kubeconfig of the file, else KUBECONFIG; without a file all Ingresses and Gateways
  -f, --filename PATH  by the objects in a file or folder, or what comes in (-), instead of a cluster's; any number of them
  -H, --header FIELD   a header field of the request, 'name: value'; any number of them
  --listener NAME      the listener that it comes to, instead of the one that fits the URL
  --client ADDRESS     the IP address that it comes from, instead of 127.0.0.1
  --seed N             the same choices each time, where chance decides
  --json               as POST /explain of the admin API answers
  -h, --help           this text

Exit codes: 0 fine (an error answer is one, too), 1 configuration or request wrong, 2 usage.
`

interface Options extends Asked {
  readonly json: boolean
  readonly request: ExplainRequest
}

/** Runs the command; `argv` is what follows its name. The result is the exit code. */
export async function explain(argv: readonly string[], io: CommandIo): Promise<number> {
  const { out, err } = io
  const options = readOptions(argv)
  if (options === 'help') {
    out(USAGE)
    return 0
  }
  if (options instanceof Error) {
    err(`headgate explain: ${options.message}\n\n${USAGE}`)
    return 2
  }
  const whole = await readWhole(options, io, 'explain')
  if (whole === null) return 1
  const { config, endpoints, origins } = whole
  const { seed } = options.request
  const sets = new Map([...endpoints].map(([name, found]) => [name, found.endpoints]))
  const view = compileOffline(config, seed === null ? systemRandom : seeded(seed), sets)
  const outcome = explainRequest(view, options.request)
  if (typeof outcome === 'string') {
    err(`headgate explain: ${outcome}\n`)
    return 1
  }
  const explanation = origins === null ? outcome.explanation : withOrigins(outcome.explanation, origins)
  out(options.json ? `${JSON.stringify(explanation, null, 2)}\n` : explanationText(options.request, explanation))
  return 0
}

function readOptions(argv: readonly string[]): Options | 'help' | Error {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: {
        config: { type: 'string', short: 'c' },
        kubernetes: { type: 'boolean' },
        filename: { type: 'string', short: 'f', multiple: true },
        header: { type: 'string', short: 'H', multiple: true },
        listener: { type: 'string' },
        client: { type: 'string' },
        seed: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
      allowPositionals: true,
    })
    if (values.help) return 'help'
    const [method, url, extra] = positionals
    const { config: file = null, filename: manifests = [] } = values
    const kubernetes = values.kubernetes === true || manifests.length > 0
    if (file === null && !kubernetes) return new Error('-c FILE or --kubernetes is needed')
    if (method === undefined || url === undefined) return new Error('METHOD and URL are needed')
    if (extra !== undefined) return new Error(`unexpected argument "${extra}"`)
    return {
      file,
      kubernetes,
      manifests,
      json: values.json ?? false,
      request: {
        method,
        url,
        headers: (values.header ?? []).map(readHeader),
        listener: values.listener ?? null,
        client: values.client ?? null,
        seed: values.seed === undefined ? null : readSeed(values.seed),
      },
    }
  } catch (error) {
    return error as Error
  }
}

function readHeader(written: string): [string, string] {
  const colon = written.indexOf(':')
  if (colon < 1) throw new Error(`-H takes 'name: value', not "${written}"`)
  return [written.slice(0, colon), written.slice(colon + 1).trim()]
}

function readSeed(written: string): number {
  if (/^-?\d{1,15}$/.test(written)) return Number(written)
  throw new Error(`--seed takes a whole number, not "${written}"`)
}
