// Paths as regular expressions, and what endpoints are asked for instead.

import { fieldValue } from '../../../../config/filters/headers-schema.ts'
import { differs, grave, type Theme, theme } from '../entry.ts'
import { flag, type Reader, text, wrong } from '../values.ts'

const HOSTWIDE =
  'paths of this Ingress that are not Exact are regular expressions of RE2 without case, anchored at their beginning; in ingress-nginx Exact paths and those of other Ingresses with the same host are, too'

/** What `rewrite` of nginx replaces the whole path with. */
const replacement: Reader<string> = (written) => {
  const plain = written.replaceAll(/\$[1-9](?!\d)/g, '')
  if (!/^(\/|\$[1-9])/.test(written)) return wrong('a path that begins with /, or with a group such as $1')
  if (/[$?#"'\\<>{}\s^`|]|[^!-~]/.test(plain)) return wrong('a path with groups $1 to $9; no variables, no query')
  return written
}

export const rewriting: Theme = theme(
  'Paths',
  {
    'use-regex': grave(differs(flag, HOSTWIDE, 'true')),
    'rewrite-target': grave(
      differs(
        replacement,
        `the whole path is replaced, the query stays, \`$1\` to \`$9\` are groups of the path; ${HOSTWIDE}`,
        '/$2',
      ),
    ),
    'x-forwarded-prefix': differs(
      text,
      'X-Forwarded-Prefix is set, also where there is no rewrite-target; a client cannot send its own',
      '/app',
    ),
  },
  (values, draft) => {
    const target = values['rewrite-target'] ?? null
    const regex = values['use-regex'] === true || target !== null
    if (values['use-regex'] === false && !regex) draft.exact('use-regex')
    draft.paths.regex = regex
    draft.paths.caseInsensitive = regex
    draft.paths.rewrite = target
    const prefix = values['x-forwarded-prefix']
    if (prefix === undefined) return
    if (prefix.includes('$') || !fieldValue().safeParse(prefix).success) {
      draft.requestHeaders.remove('X-Forwarded-Prefix')
      draft.refuse('x-forwarded-prefix', 'groups, variables and other alphabets cannot stand here; the header is taken out')
    } else if (prefix !== '') draft.requestHeaders.set('X-Forwarded-Prefix', prefix)
  },
)
