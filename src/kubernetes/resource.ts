// A kind of object: where it is found, and what is kept of each one.

/** What every object has, as JSON brings it. */
export interface RawObject {
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly resourceVersion?: string
  }
}

export interface Resource<Raw extends RawObject, Kept> {
  readonly kind: string
  /** '' = the core group. */
  readonly group: string
  readonly version: string
  readonly plural: string
  readonly namespaced: boolean
  /** Only these are asked for, as in `type!=helm.sh/release.v1`; left out = all. */
  readonly fieldSelector?: string
  /** The same for labels, as in `app=shop`. */
  readonly labelSelector?: string
  /** Looked at only there, whatever namespaces are looked at else; left out = as everything. */
  readonly namespace?: string
  /**
   * What is kept of an object: everything that is left out is not held in memory. `before` is what was kept of it until now, if
   * anything. May throw: the object is left out then.
   */
  prune(raw: Raw, before?: Kept): Kept
}

/** Of all namespaces (null) or one; of one object with `name`. */
export function pathOf(
  { group, version, plural, namespaced }: Omit<Resource<RawObject, unknown>, 'prune'>,
  namespace: string | null,
  name: string | null = null,
  subresource: string | null = null,
): string {
  const parts = group === '' ? ['api', version] : ['apis', group, version]
  if (namespaced && namespace !== null) parts.push('namespaces', namespace)
  parts.push(plural)
  if (name !== null) parts.push(name)
  if (subresource !== null) parts.push(subresource)
  return `/${parts.map(encodeURIComponent).join('/')}`
}

/** Where all objects that are asked for are listed and watched; has a query where the kind has a selector. */
export function collectionPath(resource: Omit<Resource<RawObject, unknown>, 'prune'>, namespace: string | null): string {
  const { fieldSelector, labelSelector } = resource
  const path = pathOf(resource, namespace)
  if (fieldSelector === undefined && labelSelector === undefined) return path
  const query = new URLSearchParams(fieldSelector === undefined ? {} : { fieldSelector })
  if (labelSelector !== undefined) query.set('labelSelector', labelSelector)
  return `${path}?${query}`
}

/** `path` may have a query already. */
export function withQuery(path: string, query: URLSearchParams): string {
  return `${path}${path.includes('?') ? '&' : '?'}${query}`
}

/** As RBAC names it: `endpointslices.discovery.k8s.io`, `services`. */
export function resourceName({ group, plural }: { readonly group: string; readonly plural: string }): string {
  return group === '' ? plural : `${plural}.${group}`
}

/** `namespace/name`; `name` of what has no namespace. */
export function keyOf({ metadata: { namespace, name } }: RawObject): string {
  return namespace === undefined || namespace === '' ? name : `${namespace}/${name}`
}

/** What the API server would leave out by `labelSelector` (of the form `name=value`) and `namespace`, for who asks none. */
export function isSelected({ labelSelector, namespace }: Resource<never, unknown>, { metadata }: RawObject): boolean {
  const { labels = {} } = metadata as { readonly labels?: Readonly<Record<string, string>> }
  const [label = '', value = ''] = labelSelector?.split('=') ?? []
  return (namespace === undefined || metadata.namespace === namespace) && (label === '' || labels[label] === value)
}
