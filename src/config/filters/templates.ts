// Templates in the values of filters, as far as a configuration can be wrong about them.

import { didYouMean } from '../suggest.ts'
import { type Refusal, refuse, text, type Written } from '../written.ts'

/** What `${…}` may name besides `request.header.NAME`. */
export const TEMPLATES = [
  'request.path',
  'request.method',
  'request.host',
  'client.ip',
  'route.name',
  'tls.sni',
  'tls.version',
  'tls.client.subject',
  'tls.client.verified',
  'tls.client.fingerprint',
] as const

const REFERENCE = /\$\{([a-z][^}]*)\}/g

/** Whether a text holds a template; upper case is the environment, which has been filled in by then. */
export const hasTemplate = (written: string): boolean => written.search(REFERENCE) !== -1

/** The text with every template replaced. */
export const withoutTemplates = (written: string, by: (name: string) => string): string =>
  written.replace(REFERENCE, (_whole, name: string) => by(name))

/** Why a template of `written` cannot be filled in; null = all can. `more` are names that only this place knows. */
export function templateProblem(written: string, more: readonly string[] = []): Refusal | null {
  const known = [...more, ...TEMPLATES]
  for (const [whole, name = ''] of written.matchAll(REFERENCE)) {
    if (known.includes(name) || /^request\.header\.[!#$%&'*+\-.^`|~\w]+$/.test(name)) continue
    return refuse(
      `unknown template ${whole}${didYouMean(name, known) || `; there are ${[...known, 'request.header.NAME'].join(', ')}`}`,
    )
  }
  return null
}

/** Text that may hold templates; `read` says what is wrong with the rest of it. */
export const template = (
  what: string,
  read: (written: string) => Refusal | null,
  written: Written,
  more: readonly string[] = [],
) => text(what, (value) => templateProblem(value, more) ?? read(value) ?? value, written)
