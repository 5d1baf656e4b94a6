// `npm run certs`: a certificate authority for this machine and certificates of it, in certs/ (or `-o FOLDER`). What is there stays.

import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { LocalAuthority } from './local-ca.ts'

/** With the host of config/demo.yaml; `*.localhost` is a wildcard that clients do not accept. */
const NAMES = ['localhost', 'api.localhost', '127.0.0.1', '::1']
/** Browsers take no server certificate that is valid for longer. */
const DAYS = 397

/** Where they are made when nobody says otherwise: certs/ of the checkout. */
export const CERTS = resolve(import.meta.dirname, '..', 'certs')

/**
 * Makes ca.pem, ca.key, localhost.pem and localhost.key (for `names` too), client.pem and client.key in `folder`. False when a CA is
 * there already: then nothing is touched.
 */
export function makeLocalCa(folder: string, names: readonly string[] = []): boolean {
  if (existsSync(join(folder, 'ca.pem'))) return false
  mkdirSync(folder, { recursive: true })
  const ca = new LocalAuthority('Headgate local CA')
  const server = ca.issue({ commonName: 'localhost', names: [...NAMES, ...names], use: 'server', days: DAYS })
  const client = ca.issue({ commonName: 'local client', names: [], use: 'client', days: DAYS })
  for (const [name, { cert, key }] of Object.entries({ ca, localhost: server, client })) {
    writeFileSync(join(folder, `${name}.key`), key, { mode: 0o600 })
    writeFileSync(join(folder, `${name}.pem`), cert)
  }
  return true
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({ options: { output: { type: 'string', short: 'o' } }, allowPositionals: true })
  const folder = values.output ?? CERTS
  if (makeLocalCa(folder, positionals)) {
    console.log(`${folder}: ca.pem is what clients must trust; localhost.pem and localhost.key are for a listener; client.pem`)
    console.log(
      'and client.key are a client. Keep ca.key to yourself: who has it can pose as any site to whoever trusts ca.pem.',
    )
  } else {
    console.error(`${folder} has a CA already: remove the folder to make a new one`)
    process.exitCode = 1
  }
}
