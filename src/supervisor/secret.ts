// Secrets: read from where the configuration says that they stand, or made.

import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { SecretConfig } from '../config/model.ts'

/** Without the line end that editors leave. Rejects when it is not there. */
export async function readSecret(secret: SecretConfig, env: Readonly<Record<string, string | undefined>>): Promise<string> {
  if (typeof secret === 'string') return secret
  if ('file' in secret) return (await readFile(secret.file, 'utf8')).trimEnd()
  const value = env[secret.env]
  if (value === undefined) throw new Error(`the environment has no ${secret.env}`)
  return value
}

/** One that nobody has given: it holds until the gateway ends. */
export function generatedSecret(): string {
  return randomBytes(32).toString('base64url')
}
