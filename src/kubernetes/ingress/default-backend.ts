// What an Ingress leaves over: its default backend, and what some annotations make of hosts and paths that no rule has.

import { hostsOf, wwwCounterpart } from './hosts.ts'
import type { KeptIngress } from './kinds.ts'
import type { Part, PartPath } from './parts.ts'
import { answerOf, nameOf, type RuleLook, redirectOf } from './rules.ts'

const EVERYTHING: PartPath = { type: 'prefix', value: '/' }

/** Of its own hosts first, then of every host. */
export function partsOfDefault(ingress: KeptIngress, look: RuleLook): Part[] {
  const { defaultBackend } = ingress.spec
  if (defaultBackend == null) return []
  const { effects } = look
  const at = 'spec.defaultBackend'
  const ending = answerOf(defaultBackend, at, look)
  const name = `${nameOf(ingress)}/default`
  const own = hostsOf(ingress).filter((host) => host !== '')
  return [...own.map((host, index) => ({ host, name: `${name}/${index}` })), { host: '', name }].map(({ host, name }) => ({
    name,
    at,
    rank: 'default' as const,
    hosts: [host],
    aliases: [],
    path: EVERYTHING,
    asked: at,
    ending,
    rewrite: [],
    toHttps: effects.answers ? null : redirectOf(host, look),
  }))
}

/** `app-root`: before whatever else its rules say of `/`. */
export function partsOfAppRoot(ingress: KeptIngress, { effects }: RuleLook): Part[] {
  const { appRoot } = effects
  if (appRoot === null) return []
  const filters = [{ redirect: { path: appRoot, code: 302 } }]
  return [
    {
      name: `${nameOf(ingress)}/app-root`,
      at: 'app-root',
      rank: 'rule',
      hosts: hostsOf(ingress),
      aliases: effects.aliases,
      path: { type: 'exact', value: '/' },
      asked: 'app-root',
      ending: { type: 'answer', filters },
      rewrite: [],
      toHttps: null,
    },
  ]
}

/** `from-to-www-redirect`: hosts that nobody serves. */
export function partsOfWww(ingress: KeptIngress, { effects }: RuleLook): Part[] {
  if (!effects.wwwRedirect) return []
  const own = hostsOf(ingress)
  return own.flatMap((host, index) => {
    const other = host === '' ? null : wwwCounterpart(host)
    if (other === null || own.includes(other)) return []
    const filters = [{ redirect: { host, code: 308 } }]
    return [
      {
        name: `${nameOf(ingress)}/www/${index}`,
        at: 'from-to-www-redirect',
        rank: 'spare' as const,
        hosts: [other],
        aliases: [],
        path: EVERYTHING,
        asked: 'from-to-www-redirect',
        ending: { type: 'answer' as const, filters },
        rewrite: [],
        toHttps: null,
      },
    ]
  })
}
