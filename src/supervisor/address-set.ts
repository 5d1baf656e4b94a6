// The addresses of a list of endpoints as a set: made once for each list, which never changes.

const known = new WeakMap<readonly object[], ReadonlySet<string>>()

export function addressSet(endpoints: readonly { readonly address: string }[]): ReadonlySet<string> {
  let addresses = known.get(endpoints)
  if (addresses === undefined) {
    addresses = new Set(endpoints.map(({ address }) => address))
    known.set(endpoints, addresses)
  }
  return addresses
}
