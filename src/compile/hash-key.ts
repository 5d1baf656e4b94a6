// Hash keys: what of a request a hashing balancer goes by, compiled to a function of the exchange.

import { Dice } from '../balancing/dice.ts'
import { hashText } from '../balancing/hash.ts'
import type { HashKeyConfig, RouteConfig, UpstreamConfig } from '../config/model.ts'
import type { Random } from '../model/clock.ts'
import type { Exchange } from '../model/exchange.ts'
import type { RequestHash } from '../model/snapshot.ts'
import { RequestView } from '../routing/request-view.ts'
import { balancerOf } from './build-picker.ts'

/** Who writes no key means: the same client, the same endpoint. */
const DEFAULT: HashKeyConfig = { type: 'source-ip' }

/** Per upstream of a route: the key of the route goes before that of the upstream. null = this one, or all of them, do not hash. */
export function hashesOf(
  { hash }: RouteConfig,
  upstreams: readonly UpstreamConfig[],
  random: Random,
): readonly (RequestHash | null)[] | null {
  const hashes = upstreams.map(({ balancer }) =>
    balancerOf(balancer).hashing ? hashOfKey(hash ?? balancer.key, random) : null,
  )
  return hashes.every((of) => of === null) ? null : hashes
}

/**
 * The `PickContext.hash` of a request, as the endpoint will get it (filters have run). Empty is as good as absent: such requests
 * are spread at random, since one endpoint for all that have no key would be the worst.
 */
export function hashOfKey(key: HashKeyConfig | null, random: Random): RequestHash {
  const dice = new Dice(random)
  const used = key ?? DEFAULT
  const read = reader(used)
  const name = 'name' in used ? `${used.type} ${used.name}` : used.type
  const hash = (x: Exchange, chance: { word(): number } = dice): number => {
    const value = read(x)
    return value === null || value === '' ? chance.word() : hashText(value)
  }
  const says = (x: Exchange): string =>
    read(x)
      ? `the endpoint follows from the hash of ${name}: "${read(x)}"`
      : `there is no ${name} to hash: the endpoint is left to chance`
  return Object.assign(hash, { says })
}

function reader(key: HashKeyConfig): (x: Exchange) => string | null {
  if (!('name' in key)) return key.type === 'path' ? (x) => x.path : (x) => x.client
  const { type, name } = key
  const view = new RequestView()
  return (x) => view.of(x)[type](name)
}
