// Header fields on the way there and back.

import { fieldNameProblem, fieldValue } from '../../../../config/filters/headers-schema.ts'
import { differs, refused, type Theme, theme } from '../entry.ts'
import { objectName, text } from '../values.ts'

export const fields: Theme = theme(
  'Header fields',
  {
    'custom-headers': differs(
      objectName,
      '`responseHeaders`, from a ConfigMap of the same namespace; there is no list of names that are allowed',
      'shop/headers',
    ),
    'connection-proxy-header': refused(
      text,
      'connections to endpoints are kept by the gateway, which says so itself',
      'keep-alive',
    ),
    'proxy-cookie-domain': refused(text, 'Set-Cookie is passed on as it is', 'off'),
    'proxy-cookie-path': refused(text, 'Set-Cookie is passed on as it is', 'off'),
    'proxy-redirect-from': refused(text, 'Location is passed on as it is', 'off'),
    'proxy-redirect-to': refused(text, 'Location is passed on as it is', 'off'),
  },
  (values, draft) => {
    for (const name of ['proxy-cookie-domain', 'proxy-cookie-path', 'proxy-redirect-from'] as const)
      if (values[name] === 'off') draft.exact(name)
    if (values['proxy-redirect-to'] !== undefined && (values['proxy-redirect-from'] ?? 'off') === 'off')
      draft.exact('proxy-redirect-to')
    if (values['connection-proxy-header'] === 'keep-alive') draft.exact('connection-proxy-header')
    const map = values['custom-headers']
    if (map === undefined) return
    const own = draft.meta.namespace
    if (map.namespace !== '' && map.namespace !== own)
      return draft.refuse('custom-headers', `a ConfigMap of another namespace (${map.namespace}) is not used`)
    const found = draft.look.configMap(own, map.name)
    if (found === null) return draft.refuse('custom-headers', `there is no ConfigMap ${own}/${map.name}`)
    for (const [name, value] of Object.entries(found)) {
      const bad = fieldNameProblem(name, 'response')
      if (bad !== null) draft.refuse('custom-headers', bad.why)
      else if (value.includes('$') || !fieldValue().safeParse(value).success)
        draft.refuse('custom-headers', `the value of ${name} cannot be that of a header`)
      else draft.responseHeaders.set(name, value)
    }
  },
)
