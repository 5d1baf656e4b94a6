// The listeners that `kubernetes.ingress` names: made where nobody has written them, and looked at where somebody has.

import type { KubernetesConfig } from './kubernetes-schema.ts'
import { listenerSchema } from './listener-schema.ts'
import type { ListenerConfig } from './model.ts'
import { type Finding, finding, type Path } from './problem.ts'

/** Where those are made that nobody has written. */
export const INGRESS_BINDS = { http: '0.0.0.0:80', https: '0.0.0.0:443' } as const

export const INGRESS_LISTENERS = ['http', 'https'] as const

/** With those that are made, behind what is written. */
export function withIngressListeners(
  written: readonly ListenerConfig[],
  kubernetes: KubernetesConfig | null,
): readonly ListenerConfig[] {
  const { listeners: names } = kubernetes?.ingress ?? {}
  if (names === undefined) return written
  const made = INGRESS_LISTENERS.filter((key) => !written.some(({ name }) => name === names[key])).map((key) =>
    listenerSchema.parse({
      name: names[key],
      bind: INGRESS_BINDS[key],
      protocol: key,
      ...(key === 'https' ? { tls: {} } : {}),
    }),
  )
  return made.length === 0 ? written : [...written, ...made]
}

/** `listeners` with those that are made. */
export function checkIngressListeners(listeners: readonly ListenerConfig[], kubernetes: KubernetesConfig | null): Finding[] {
  const found: Finding[] = []
  const names = kubernetes?.ingress?.listeners
  const at: Path = ['kubernetes', 'ingress', 'listeners']
  const find = (name: string | undefined) => listeners.find((listener) => listener.name === name)
  if (names !== undefined && names.http === names.https)
    found.push(finding([...at, 'https'], `"${names.https}" is the listener for http already: https needs one of its own`))
  for (const key of names === undefined || found.length > 0 ? [] : INGRESS_LISTENERS) {
    const { protocol = key } = find(names?.[key]) ?? {}
    if (protocol !== key)
      found.push(finding([...at, key], `the listener "${names?.[key]}" has protocol ${protocol}: Ingresses need ${key} here`))
  }
  for (const [index, { name, tls }] of listeners.entries()) {
    if (tls === null || tls.certificates.length > 0 || name === names?.https) continue
    const message = `at least one certificate is needed: nothing else brings any to the listener "${name}" (kubernetes.ingress brings them to the one that it names under listeners.https)`
    found.push(finding(['listeners', index, 'tls', 'certificates'], message))
  }
  return found
}
