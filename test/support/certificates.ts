// A certificate authority of a test's own, with the `openssl` command: certificates of any name, age and use.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'

/** A certificate with its key: as PEM text, and where it lies. */
export interface Issued {
  readonly cert: string
  readonly key: string
  readonly certFile: string
  readonly keyFile: string
}

export interface Wanted {
  readonly commonName?: string
  /** As openssl writes them: `DNS:a.test`, `IP:127.0.0.1`, `URI:spiffe://a/b`. */
  readonly sans?: readonly string[]
  /** Days from now on; negative = it has expired. */
  readonly days?: number
  readonly algorithm?: 'ec' | 'rsa'
  /** What it is for, as openssl writes it: `clientAuth`; left out: anything. */
  readonly usage?: string
  /** Nobody vouches for it but itself. */
  readonly selfSigned?: boolean
}

const NEW_KEY: Readonly<Record<'ec' | 'rsa', readonly string[]>> = {
  ec: ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  rsa: ['-newkey', 'rsa:2048'],
}

export class Authority {
  readonly folder: string
  readonly cert: string
  readonly certFile: string
  readonly #keyFile: string
  #issued = 0

  constructor(folder: string, commonName: string) {
    this.folder = folder
    this.certFile = join(folder, 'ca.pem')
    this.#keyFile = join(folder, 'ca.key')
    openssl(
      'req',
      '-x509',
      ...NEW_KEY.ec,
      '-nodes',
      '-days',
      '30',
      '-subj',
      `/CN=${commonName}`,
      '-keyout',
      this.#keyFile,
      '-out',
      this.certFile,
    )
    this.cert = readFileSync(this.certFile, 'utf8')
  }

  issue({ commonName = 'endpoint', sans = [], days = 30, algorithm = 'ec', usage, selfSigned = false }: Wanted = {}): Issued {
    const index = this.#issued++
    const file = (ending: string) => join(this.folder, `${index}.${ending}`)
    const [keyFile, certFile, request, extensions] = [file('key'), file('pem'), file('csr'), file('ext')]
    openssl('req', ...NEW_KEY[algorithm], '-nodes', '-subj', `/CN=${commonName}`, '-keyout', keyFile, '-out', request)
    const lines = [
      ...(sans.length === 0 ? [] : [`subjectAltName=${sans.join(',')}`]),
      ...(usage ? [`extendedKeyUsage=${usage}`] : []),
    ]
    writeFileSync(extensions, lines.map((line) => `${line}\n`).join(''))
    const signer = selfSigned ? ['-signkey', keyFile] : ['-CA', this.certFile, '-CAkey', this.#keyFile, '-CAcreateserial']
    openssl('x509', '-req', '-in', request, ...signer, '-days', String(days), '-extfile', extensions, '-out', certFile)
    return { cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8'), certFile, keyFile }
  }
}

/** Gone with its folder when the test is over. */
export function authority(t: Test, commonName = 'test authority'): Authority {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-ca-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return new Authority(folder, commonName)
}

function openssl(...args: string[]): void {
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] })
}
