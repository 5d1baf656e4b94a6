// A written configuration as the text of a file.

import { Document } from 'yaml'

/** What would be filled in from the environment when it is read. */
const REFERENCE = /\$\{(?=[A-Z_])/g
/** Becomes the dollar sign that stands there. */
const DOLLAR = '$' + '{HEADGATE_DOLLAR_SIGN:-$}{'

/** `comment` stands on top, line by line. */
export function configText(written: object, comment: string): string {
  const document = new Document(withoutReferences(written), { aliasDuplicateObjects: false })
  const lines = comment.split('\n').map((line) => `# ${line}`.trimEnd())
  return `${lines.join('\n')}\n\n${document.toString({ lineWidth: 0 })}`
}

function withoutReferences(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(REFERENCE, DOLLAR)
  if (Array.isArray(value)) return value.map(withoutReferences)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutReferences(inner)]))
}
