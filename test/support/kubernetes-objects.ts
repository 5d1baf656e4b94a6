// Objects of Kubernetes as tests make them.

export interface SliceEndpoint {
  readonly address: string
  readonly ready?: boolean
  readonly serving?: boolean
  readonly terminating?: boolean
  readonly zone?: string
  readonly forZones?: readonly string[]
  /** uid of the pod behind it. */
  readonly pod?: string
}

export interface Port {
  readonly name?: string
  readonly port: number
  readonly appProtocol?: string
  readonly protocol?: 'TCP' | 'UDP'
}

export function service(name: string, ports: readonly Port[], more: object = {}, namespace = 'default'): object {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec: { ports, ...more } }
}

export function slice(
  name: string,
  service: string,
  ports: readonly Port[],
  endpoints: readonly (string | SliceEndpoint)[],
  { addressType = 'IPv4', namespace = 'default' }: { addressType?: string; namespace?: string } = {},
) {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name, namespace, labels: { 'kubernetes.io/service-name': service } },
    addressType,
    ports,
    endpoints: endpoints.map(endpoint),
  }
}

function endpoint(written: string | SliceEndpoint): object {
  const { address, ready, serving, terminating, zone, forZones, pod } =
    typeof written === 'string' ? ({ address: written } as SliceEndpoint) : written
  return {
    addresses: [address],
    conditions: { ready: ready ?? true, serving: serving ?? ready ?? true, terminating: terminating ?? false },
    ...(zone === undefined ? {} : { zone }),
    ...(forZones === undefined ? {} : { hints: { forZones: forZones.map((name) => ({ name })) } }),
    ...(pod === undefined ? {} : { targetRef: { kind: 'Pod', namespace: 'default', name: pod, uid: pod } }),
  }
}

export interface Rule {
  readonly host: string
  readonly service?: string
  readonly port?: number | string
  readonly tls?: string
  readonly annotations?: Readonly<Record<string, string>>
}

/** Of everything of one host, to one Service. */
export function ingress(name: string, { host, service = 'app', port = 80, tls, annotations = {} }: Rule): object {
  const named = typeof port === 'number' ? { number: port } : { name: port }
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name, namespace: 'default', annotations },
    spec: {
      ...(tls === undefined ? {} : { tls: [{ hosts: [host], secretName: tls }] }),
      rules: [
        { host, http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: service, port: named } } }] } },
      ],
    },
  }
}
