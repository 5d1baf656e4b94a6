// One listener of a Gateway or a ListenerSet, looked at by itself: what it takes, and what is wrong with it.

import type { Trouble } from './addresses.ts'
import { findCa, findKeyPair, type KeyPair, type Material } from './certificates.ts'
import type { Asker } from './grants.ts'
import { hostnameOf } from './hostnames.ts'
import { type GatewaySpec, GROUP, type ListenerSpec, type ValidationSpec } from './kinds.ts'
import { plainRead } from './plain-read.ts'

export interface Judged {
  /** Kinds of routes that it takes. */
  readonly kinds: readonly string[]
  /** '' = every host. */
  readonly host: string
  readonly protocol: 'http' | 'https' | 'tls' | 'tcp' | null
  /** Ends TLS; of the file's words. null = it does not. */
  readonly tls: object | null
  /** What it names and does not get. */
  readonly unresolved: readonly Trouble[]
  /** Why it is not accepted; null = it is. */
  readonly refused: Trouble | null
  /** Why it cannot be served for all that; null = it can. */
  readonly idle: Trouble | null
  readonly ignored: readonly string[]
}

const HTTP_KINDS = ['HTTPRoute', 'GRPCRoute']

/** What each protocol takes; what is not here is not served. */
const PROTOCOLS: Readonly<
  Record<string, { readonly protocol: NonNullable<Judged['protocol']>; readonly kinds: readonly string[] }>
> = {
  HTTP: { protocol: 'http', kinds: HTTP_KINDS },
  HTTPS: { protocol: 'https', kinds: HTTP_KINDS },
  TLS: { protocol: 'tls', kinds: ['TLSRoute'] },
  TCP: { protocol: 'tcp', kinds: ['TCPRoute'] },
}

/** Whether there is something to be listened for on its port. */
export function isListenedOn({ protocol, port }: ListenerSpec): boolean {
  return Object.hasOwn(PROTOCOLS, protocol) && Number.isInteger(port) && port >= 1 && port <= 65_535
}

/** `owner` is what the listener is written in, `gateway` where the Gateway is, whose `tls` counts for it too. */
export function judgeListener(
  spec: ListenerSpec,
  owner: Asker,
  gateway: { readonly namespace: string; readonly tls: GatewaySpec['tls'] },
  known: Material,
): Judged {
  const found = Object.hasOwn(PROTOCOLS, spec.protocol) ? PROTOCOLS[spec.protocol] : undefined
  const host = found?.protocol === 'tcp' ? '' : hostnameOf(spec.hostname)
  const base = { host, tls: null, unresolved: [], refused: null, idle: null, ignored: ignoredIn(spec) }
  if (found === undefined) {
    const refused = { reason: 'UnsupportedProtocol', message: `the protocol ${spec.protocol} is not supported` }
    return { ...base, kinds: [], protocol: null, refused }
  }
  const unresolved: Trouble[] = []
  const kinds = kindsOf(spec, found.kinds, unresolved)
  const idle = kinds.length === 0 ? (unresolved[0] ?? null) : null
  const judged = { ...base, kinds, protocol: found.protocol, unresolved, idle }
  if (found.protocol === 'http' || found.protocol === 'tcp') return judged
  if (found.protocol === 'tls' && (spec.tls?.mode ?? 'Terminate') === 'Passthrough') return judged
  const pairs = pairsOf(spec, owner, known, unresolved)
  const front = found.protocol === 'https' ? validationFor(gateway.tls, spec.port) : undefined
  const auth = clientAuthOf(front, { kind: 'Gateway', namespace: gateway.namespace }, known, unresolved)
  return {
    ...judged,
    tls: { certificates: pairs, ...(auth === null || 'reason' in auth ? {} : { clientAuth: auth }) },
    refused: auth !== null && 'reason' in auth ? auth : null,
    idle: idle ?? (pairs.length === 0 ? (unresolved[0] ?? null) : null),
  }
}

function ignoredIn({ tls }: ListenerSpec): string[] {
  return Object.keys(tls?.options ?? {}).map((name) => `tls.options["${name}"] is not known`)
}

function kindsOf(
  { allowedRoutes, protocol }: ListenerSpec,
  possible: readonly string[],
  unresolved: Trouble[],
): readonly string[] {
  const asked = allowedRoutes?.kinds ?? []
  if (asked.length === 0) return possible
  const wrong = asked.filter(({ group = GROUP, kind }) => group !== GROUP || !possible.includes(kind))
  if (wrong.length > 0)
    unresolved.push({
      reason: 'InvalidRouteKinds',
      message: `a listener of protocol ${protocol} takes no ${[...new Set(wrong.map(({ kind }) => kind))].join(', ')}: only ${possible.join(', ')}`,
    })
  return possible.filter((kind) => asked.some((each) => (each.group ?? GROUP) === GROUP && each.kind === kind))
}

function pairsOf({ tls }: ListenerSpec, owner: Asker, known: Material, unresolved: Trouble[]): KeyPair[] {
  const refs = tls?.certificateRefs ?? []
  if (refs.length === 0)
    unresolved.push({ reason: 'InvalidCertificateRef', message: 'tls.certificateRefs names no certificate' })
  const found = refs.map((ref) => findKeyPair(known, plainRead, owner, ref, 'InvalidCertificateRef'))
  unresolved.push(...found.filter((each) => 'reason' in each))
  return found.filter((each) => 'cert' in each)
}

function validationFor(tls: GatewaySpec['tls'], port: number): ValidationSpec | undefined {
  const own = tls?.frontend?.perPort?.find((each) => each.port === port)
  return own === undefined ? tls?.frontend?.default?.validation : own.tls?.validation
}

/** null = clients are not asked for a certificate; a trouble = nobody can be let in. */
function clientAuthOf(
  validation: ValidationSpec | undefined,
  by: Asker,
  known: Material,
  unresolved: Trouble[],
): { readonly mode: string; readonly ca?: string } | Trouble | null {
  if (validation === undefined) return null
  const reasons = { invalid: 'InvalidCACertificateRef', kindReason: 'InvalidCACertificateKind' }
  const found = (validation.caCertificateRefs ?? []).map((ref) => findCa(known, plainRead, by, ref, reasons))
  const troubles = found.filter((each) => typeof each !== 'string')
  unresolved.push(...troubles)
  const cas = found.filter((each) => typeof each === 'string')
  if (cas.length === 0)
    return { reason: 'NoValidCACertificate', message: troubles[0]?.message ?? 'no CA for the certificates of clients is named' }
  const { mode = 'AllowValidOnly' } = validation
  if (mode !== 'AllowValidOnly' && mode !== 'AllowInsecureFallback')
    return { reason: 'UnsupportedValue', message: `the mode ${mode} of client certificate validation is not supported` }
  // Everybody is let in: OpenSSL is not even asked to verify, because what it says of a certificate of a CA of the same name with
  // another key ends the handshake where that comes in several pieces.
  return mode === 'AllowValidOnly' ? { mode: 'require', ca: cas.join('') } : { mode: 'request' }
}
