// Who we are to the API server: the only place that loads the Kubernetes client library, which knows kubeconfigs, in-cluster
// accounts and credential plugins. Requests and connections are our own.

import { readFileSync, statSync } from 'node:fs'
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent, type RequestOptions } from 'node:https'
import { delimiter, dirname, resolve } from 'node:path'
import type { KubeConfig, User } from '@kubernetes/client-node'
import { parse } from 'yaml'

/** What a request carries, made anew for each: tokens expire, certificates are replaced. */
export interface Access {
  readonly agent: HttpAgent
  readonly headers: Readonly<Record<string, string>>
}

export interface Identity {
  /** Where the API server is; its path is a prefix of all others. */
  readonly url: URL
  /** Rejects when a credential cannot be read, or its plugin fails. */
  access(): Promise<Access>
  /** Whether a file that it was made of has changed since. */
  stale(): boolean
  close(): void
}

export interface IdentitySettings {
  /** null = KUBECONFIG if set, else the account of the pod. */
  readonly kubeconfig: string | null
  readonly env: Readonly<Record<string, string | undefined>>
  /** In front of the paths of the pod's account, for tests. */
  readonly root?: string
}

const KEEP_IDLE_MS = 30_000

/** Rejects with what is wrong. */
export async function loadIdentity({ kubeconfig, env, root = '' }: IdentitySettings): Promise<Identity> {
  const { KubeConfig } = await import('./kube-config.ts')
  const config = new KubeConfig()
  const files = kubeconfig !== null ? [kubeconfig] : (env.KUBECONFIG ?? '').split(delimiter).filter((file) => file !== '')
  const times = files.map(changedAt)
  if (files.length > 0) {
    for (const file of files) config.mergeConfig(readKubeconfig(new KubeConfig(), file), config.currentContext !== undefined)
  } else if (env.KUBERNETES_SERVICE_HOST && env.KUBERNETES_SERVICE_PORT) {
    config.loadFromCluster(root)
  } else {
    throw new Error('nothing says where the API server is: kubernetes.kubeconfig, KUBECONFIG, or an account of a pod')
  }
  const server = config.getCurrentCluster()
  if (server === null) throw new Error(`the kubeconfig has no cluster for its context "${config.currentContext ?? ''}"`)
  if (config.getCurrentUser() === null) throw new Error(`the kubeconfig has no user for its context "${config.currentContext}"`)
  const agents = new Agents(server.proxyUrl !== undefined && server.proxyUrl !== null)
  return {
    url: new URL(server.server),
    access: () => agents.access(config, server.server),
    stale: () => files.some((file, i) => changedAt(file) !== times[i]),
    close: () => agents.close(),
  }
}

function readKubeconfig(config: KubeConfig, file: string): KubeConfig {
  try {
    config.loadFromFile(file)
    addTokenFiles(config.users, file)
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`)
  }
  return config
}

/** The library knows files of tokens for pods only. */
function addTokenFiles(users: readonly User[], file: string): void {
  const written = parse(readFileSync(file, 'utf8')) as { users?: { name: string; user?: { tokenFile?: string } }[] }
  for (const { name, user } of written.users ?? []) {
    const known = users.find((each) => each.name === name)
    if (known === undefined || user?.tokenFile === undefined) continue
    const tokenFile = resolve(dirname(file), user.tokenFile)
    Object.assign(known, { authProvider: { name: 'tokenFile', config: { tokenFile } }, token: undefined })
  }
}

function changedAt(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? -1
}

/** Connections are kept for as long as what they were made with stays the same. */
class Agents {
  readonly #proxied: boolean
  #current: HttpAgent | null = null
  #key = ''

  constructor(proxied: boolean) {
    this.#proxied = proxied
  }

  async access(config: KubeConfig, server: string): Promise<Access> {
    const options: RequestOptions = {}
    await config.applyToHTTPSOptions(options)
    const { ca, cert, key, rejectUnauthorized, servername, auth, agent } = options
    const headers = Object.fromEntries(
      Object.entries(options.headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value).trim()]),
    )
    if (typeof auth === 'string') headers.authorization ??= `Basic ${Buffer.from(auth).toString('base64')}`
    if (this.#proxied) return { agent: agent as HttpAgent, headers }
    const tls = { ca, cert, key, rejectUnauthorized, servername }
    const fingerprint = JSON.stringify(Object.values(tls).map(String))
    if (this.#current === null || fingerprint !== this.#key) {
      this.#current?.destroy()
      const given = Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined))
      const keep = { keepAlive: true, keepAliveMsecs: 15_000, timeout: KEEP_IDLE_MS, maxFreeSockets: 4 }
      this.#current = server.startsWith('http:') ? new HttpAgent(keep) : new HttpsAgent({ ...keep, ...given })
      this.#key = fingerprint
    }
    return { agent: this.#current, headers }
  }

  close(): void {
    this.#current?.destroy()
    this.#current = null
  }
}
