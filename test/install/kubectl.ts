// kubectl as an operator runs it, and what it says.

import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { parseAllDocuments } from 'yaml'

export const MANIFESTS = join(import.meta.dirname, '..', '..', 'config', 'kubernetes')

/** All that can be applied, as folders below MANIFESTS. */
export const INSTALLATIONS = [
  'base',
  'overlays/edge',
  'overlays/edge-host-ports',
  'overlays/east-west',
  'overlays/edge-gateway-api',
] as const

/** An object as it stands in a manifest. */
export interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Readonly<Record<string, string>> }
  // biome-ignore lint/suspicious/noExplicitAny: tests look into all kinds
  readonly [key: string]: any
}

export interface Answer {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** What kubectl remembers of an API server is one test file's own. */
const home = mkdtempSync(join(tmpdir(), 'headgate-kubectl-'))
t.teardown(() => rmSync(home, { recursive: true, force: true }))

/** Never rejects. */
export function kubectl(args: readonly string[], kubeconfig = '/dev/null', input = ''): Promise<Answer> {
  return new Promise((resolve) => {
    const program = join(process.env.KUBEBUILDER_ASSETS ?? '', 'kubectl')
    const env = { ...process.env, KUBECONFIG: kubeconfig, HOME: home }
    const child = execFile(program, args, { env, maxBuffer: 64 * 1024 * 1024 }, (error, out, err) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 127
      resolve({ code, out, err: err || (error?.message ?? '') })
    })
    child.stdin?.on('error', () => {})
    child.stdin?.end(input)
  })
}

const rendered = new Map<string, Promise<readonly Manifest[]>>()

/** What an installation consists of. Rejects with what is wrong. */
export function render(installation: string): Promise<readonly Manifest[]> {
  const known = rendered.get(installation) ?? renderAnew(join(MANIFESTS, installation))
  rendered.set(installation, known)
  return known
}

export async function renderAnew(folder: string): Promise<readonly Manifest[]> {
  const { code, out, err } = await kubectl(['kustomize', folder])
  if (code !== 0) throw new Error(err)
  return manifestsOf(out)
}

/** The objects of a text of YAML. */
export function manifestsOf(text: string): readonly Manifest[] {
  return parseAllDocuments(text).flatMap((document) => {
    if (document.errors.length > 0) throw document.errors[0]
    const object = document.toJS() as Manifest | null
    return object === null ? [] : [object]
  })
}

export function findObject(objects: readonly Manifest[], kind: string, name: string): Manifest {
  const found = objects.find((each) => each.kind === kind && each.metadata.name === name)
  if (found === undefined) throw new Error(`no ${kind} ${name}`)
  return found
}

/** Deployment or DaemonSet. */
export function workloadOf(objects: readonly Manifest[]): Manifest {
  const found = objects.find(({ kind }) => kind === 'Deployment' || kind === 'DaemonSet')
  if (found === undefined) throw new Error('no workload')
  return found
}
