// Answers that send the client elsewhere.

import { fieldValue } from '../../../../config/filters/headers-schema.ts'
import type { Draft } from '../draft.ts'
import type { Written } from '../effects.ts'
import { exact, grave, type Theme, theme } from '../entry.ts'
import { templated } from '../nginx-text.ts'
import { flag, integer, type Reader, wrong } from '../values.ts'

const PLACE = /^(https?|\$scheme):\/\/([^/?#$]+|\$(?:http_)?host)(.*)$/
const REDIRECTS = [301, 302, 303, 307, 308]

const url: Reader<string> = (written) =>
  PLACE.test(written) && !/\s/.test(written) && written.length <= 2048 ? written : wrong('a URL with http or https')

/** ingress-nginx takes every status of redirects. */
const code: Reader<number> = (written) => {
  const status = integer(300, 308)(written)
  return typeof status === 'number' && REDIRECTS.includes(status) ? status : wrong(REDIRECTS.join(', '))
}

const path: Reader<string> = (written) =>
  /^\/[!-~]*$/.test(written) && !/[$#"'\\<>{}]/.test(written) ? written : wrong('a path such as /app')

export const redirects: Theme = theme(
  'Redirects',
  {
    'temporal-redirect': grave(
      exact(url, 'filter `redirect` or `respond`, before anything else is looked at', 'https://new.example'),
    ),
    'temporal-redirect-code': grave(exact(code, 'its status; 302', '307')),
    'permanent-redirect': grave(exact(url, 'the same, where there is no temporal one', 'https://new.example')),
    'permanent-redirect-code': grave(exact(code, 'its status; 301', '308')),
    'app-root': grave(exact(path, '`/` answers 302 to this path', '/app')),
  },
  (values, draft) => {
    if (values['app-root'] !== undefined) draft.appRoot = values['app-root']
    const temporal = values['temporal-redirect']
    const to = temporal ?? values['permanent-redirect']
    const name = temporal === undefined ? 'permanent-redirect' : 'temporal-redirect'
    if (to === undefined) return
    const status =
      temporal === undefined ? (values['permanent-redirect-code'] ?? 301) : (values['temporal-redirect-code'] ?? 302)
    if (temporal !== undefined && values['permanent-redirect'] !== undefined)
      draft.settle('permanent-redirect', 'exact', 'temporal-redirect goes before it')
    sendElsewhere(draft, name, to, status)
  },
)

export const www: Theme = theme(
  'Further hosts',
  {
    'from-to-www-redirect': grave(
      exact(flag, '308 between `www.HOST` and HOST, where nobody else serves the other one', 'true'),
    ),
  },
  (values, draft) => {
    draft.wwwRedirect = values['from-to-www-redirect'] ?? false
  },
)

/** What `return CODE URL` of nginx does; `url` may hold variables. */
export function sendElsewhere(draft: Draft, name: string, to: string, status: number): void {
  const filter = redirectTo(to, status)
  if (typeof filter === 'string') draft.refuseAll(name, filter)
  else draft.filter(filter)
}

/** A filter, or why there is none, in words. */
function redirectTo(to: string, code: number): Written | string {
  const [, scheme = '', host = '', rest = ''] = PLACE.exec(to) ?? []
  // The path as it was asked for, with its query: what the filter does by itself.
  const asked = /^(\/?[^$?#]*)\$request_uri$/.exec(rest)
  if (asked !== null) {
    const prefix = (asked[1] as string).replace(/\/+$/, '')
    const [, name = host, port] = /^(.*?)(?::(\d+))?$/.exec(host) ?? []
    return {
      redirect: {
        ...(scheme === '$scheme' ? {} : { scheme }),
        ...(host.startsWith('$') ? {} : { host: name }),
        ...(port === undefined ? {} : { port: Number(port) }),
        ...(prefix === ''
          ? scheme === '$scheme' && host.startsWith('$')
            ? { path: '/' }
            : {}
          : { path: `${prefix}\${request.path}` }),
        code,
      },
    }
  }
  if (scheme === '$scheme' || rest.includes('$request_uri') || rest.includes('$args') || rest.includes('$query_string'))
    return `"${to}" cannot be put together here: $request_uri must stand at its end, and $scheme before it`
  const location = templated(to)
  if (typeof location !== 'string') return `there is no $${location[0].replace('$', '')} here`
  if (!fieldValue().safeParse(location).success) return `"${to}" holds what a header cannot`
  return { respond: { status: code, headers: { location } } }
}
