// A real etcd and kube-apiserver of a test's own, where KUBEBUILDER_ASSETS says that there are any.

import { type ChildProcess, spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { Agent, request } from 'undici'
import { Authority } from './certificates.ts'
import { freePort } from './free-port.ts'
import { until } from './until.ts'

const ASSETS = process.env.KUBEBUILDER_ASSETS ?? ''

/** For the options of a test: false, or why it is skipped. */
export const withoutControlPlane: string | false =
  ASSETS === '' ? 'KUBEBUILDER_ASSETS is not set: there is no kube-apiserver and etcd to test with' : false

/** Who may do everything, and who may do nothing before a RoleBinding says so. */
export const ACCOUNTS = { admin: 'token-of-admin', limited: 'token-of-limited' } as const

const START_MS = 60_000

export class ControlPlane {
  readonly folder: string
  readonly url: string
  readonly #ca: string
  readonly #args: readonly string[]
  readonly #etcd: ChildProcess
  /** Knows the certificate of the API server. */
  readonly dispatcher: Agent
  #apiServer: ChildProcess | null = null

  constructor(
    folder: string,
    ca: string,
    ports: readonly number[],
    certificate: { certFile: string; keyFile: string },
    more: readonly string[] = [],
  ) {
    const [client = 0, peer = 0, secure = 0] = ports
    this.folder = folder
    this.#ca = ca
    this.url = `https://127.0.0.1:${secure}`
    this.dispatcher = new Agent({ allowH2: false, connect: { ca } })
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    writeFileSync(join(folder, 'sa.key'), privateKey.export({ type: 'sec1', format: 'pem' }))
    writeFileSync(join(folder, 'sa.pub'), publicKey.export({ type: 'spki', format: 'pem' }))
    writeFileSync(
      join(folder, 'tokens.csv'),
      `${ACCOUNTS.admin},admin,1,"system:masters"\n${ACCOUNTS.limited},limited,2,"limited"\n`,
    )
    this.#etcd = start('etcd', [
      `--listen-peer-urls=http://127.0.0.1:${peer}`,
      `--listen-client-urls=http://127.0.0.1:${client}`,
      `--advertise-client-urls=http://127.0.0.1:${client}`,
      `--data-dir=${join(folder, 'etcd')}`,
      '--unsafe-no-fsync=true',
      '--log-level=error',
    ])
    this.#args = [
      `--etcd-servers=http://127.0.0.1:${client}`,
      `--cert-dir=${folder}`,
      `--tls-cert-file=${certificate.certFile}`,
      `--tls-private-key-file=${certificate.keyFile}`,
      `--token-auth-file=${join(folder, 'tokens.csv')}`,
      '--bind-address=127.0.0.1',
      '--advertise-address=192.0.2.1',
      '--endpoint-reconciler-type=none',
      `--secure-port=${secure}`,
      '--service-cluster-ip-range=10.0.0.0/16',
      '--disable-admission-plugins=ServiceAccount',
      '--authorization-mode=RBAC',
      `--service-account-issuer=${this.url}/`,
      `--service-account-key-file=${join(folder, 'sa.pub')}`,
      `--service-account-signing-key-file=${join(folder, 'sa.key')}`,
      ...more,
    ]
  }

  /** Resolves when it is ready. */
  async startApiServer(): Promise<void> {
    this.#apiServer = start('kube-apiserver', this.#args)
    await until('the API server is ready', () => this.#isReady(), START_MS)
  }

  /** At once, as a machine that fails. */
  async killApiServer(): Promise<void> {
    await end(this.#apiServer)
    this.#apiServer = null
  }

  async stop(): Promise<void> {
    await this.killApiServer()
    await end(this.#etcd)
    await this.dispatcher.destroy()
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** Rejects when the answer is none of success. */
  async call(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: object): Promise<unknown> {
    const answer = await request(`${this.url}${path}`, {
      method,
      dispatcher: this.dispatcher,
      headers: {
        authorization: `Bearer ${ACCOUNTS.admin}`,
        'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
      },
      body: body === undefined ? null : JSON.stringify(body),
    })
    const text = await answer.body.text()
    if (answer.statusCode >= 300) throw new Error(`${method} ${path}: ${answer.statusCode} ${text}`)
    return JSON.parse(text)
  }

  /** Path of a kubeconfig. */
  kubeconfig(account: keyof typeof ACCOUNTS = 'admin'): string {
    const file = join(this.folder, `${account}.kubeconfig`)
    const ca = Buffer.from(this.#ca).toString('base64')
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'test',
      contexts: [{ name: 'test', context: { cluster: 'test', user: account } }],
      clusters: [{ name: 'test', cluster: { server: this.url, 'certificate-authority-data': ca } }],
      users: [{ name: account, user: { token: ACCOUNTS[account] } }],
    }
    writeFileSync(file, JSON.stringify(config))
    return file
  }

  async #isReady(): Promise<boolean> {
    try {
      await this.call('GET', '/readyz?verbose=0').catch((error: Error) => {
        if (!(error instanceof SyntaxError)) throw error
      })
      return true
    } catch {
      return false
    }
  }
}

/** One for a test file: it takes three seconds to start. `more` are further arguments of the API server. */
export async function startControlPlane(t: Pick<Test, 'teardown'>, more: readonly string[] = []): Promise<ControlPlane> {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-control-plane-'))
  const authority = new Authority(folder, 'control plane')
  const certificate = authority.issue({ commonName: 'kube-apiserver', sans: ['IP:127.0.0.1'] })
  const plane = new ControlPlane(
    folder,
    authority.cert,
    [await freePort(), await freePort(), await freePort()],
    certificate,
    more,
  )
  t.teardown(() => plane.stop())
  await plane.startApiServer()
  return plane
}

/** Ends with this process, however that ends (`setpriv` is part of every Debian, as the programs are of Linux). */
function start(program: string, args: readonly string[]): ChildProcess {
  const said = process.env.CONTROL_PLANE_LOG ? 'inherit' : 'ignore'
  return spawn('setpriv', ['--pdeathsig', 'KILL', '--', join(ASSETS, program), ...args], { stdio: ['ignore', said, said] })
}

async function end(child: ChildProcess | null): Promise<void> {
  if (child === null || child.exitCode !== null || child.signalCode !== null) return
  const exited = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await exited
}
