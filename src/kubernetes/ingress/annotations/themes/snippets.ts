// Snippets: never executed.

import { differs, grave, refused, type Theme, theme } from '../entry.ts'
import { DIRECTIVES } from '../snippets/directives.ts'
import { translateSnippet } from '../snippets/translate.ts'
import { lines } from '../values.ts'

const KNOWN = `these directives are translated: ${Object.keys(DIRECTIVES)
  .map((name) => `\`${name}\``)
  .join(', ')}; others are refused`

export const snippets: Theme = theme(
  'Snippets',
  {
    'configuration-snippet': grave(differs(lines, KNOWN, 'more_set_headers "X-Frame-Options: DENY";')),
    'server-snippet': grave(
      differs(
        lines,
        'as configuration-snippet, for the rules of this Ingress and not for others of the host',
        'client_max_body_size 8m;',
      ),
    ),
    'stream-snippet': refused(
      lines,
      'it is not about the rules of an Ingress: listeners are written in the file',
      'server { listen 8000; }',
    ),
  },
  (values, draft) => {
    for (const name of ['server-snippet', 'configuration-snippet'] as const) {
      const text = values[name]
      if (text === undefined) continue
      if (text.trim() === '') draft.exact(name)
      else translateSnippet(draft, name, text)
    }
  },
)
