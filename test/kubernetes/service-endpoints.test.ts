// From a Service and its slices to endpoints: ports, conditions, families, zones, duplicates.

import t from 'tap'
import { ENDPOINT_SLICES } from '../../src/kubernetes/endpoint-slice.ts'
import { findPort, SERVICES, speechOf } from '../../src/kubernetes/service.ts'
import { endpointsOfService } from '../../src/kubernetes/service-endpoints.ts'
import { type Port, type SliceEndpoint, service, slice } from '../support/kubernetes-objects.ts'

const HTTP: readonly Port[] = [{ name: 'http', port: 80 }]
const ON_8080: readonly Port[] = [{ name: 'http', port: 8080 }]
const keptService = (ports: readonly Port[], more: object = {}) => SERVICES.prune(service('users', ports, more) as never)
const keptSlice = (ports: readonly Port[], endpoints: readonly (string | SliceEndpoint)[], addressType = 'IPv4') =>
  ENDPOINT_SLICES.prune(slice('x', 'users', ports, endpoints, { addressType }) as never)

interface Case {
  readonly what: string
  readonly ports?: readonly Port[]
  readonly spec?: object
  readonly slices: readonly ReturnType<typeof keptSlice>[]
  readonly port?: string | number
  readonly own?: string
  readonly becomes: readonly (string | object)[]
  readonly trouble?: string
}

const leaving = (address: string): SliceEndpoint => ({ address, ready: false, serving: true, terminating: true })
const CASES: readonly Case[] = [
  { what: 'no slices', slices: [], becomes: [] },
  { what: 'by name', slices: [keptSlice(ON_8080, ['10.0.0.1'])], becomes: ['10.0.0.1:8080'] },
  { what: 'by number of the Service', port: 80, slices: [keptSlice(ON_8080, ['10.0.0.1'])], becomes: ['10.0.0.1:8080'] },
  {
    what: 'the number of the endpoints is not that of the Service',
    port: 8080,
    slices: [keptSlice(ON_8080, ['10.0.0.1'])],
    becomes: [],
    trouble: 'the Service shop/users has no port 8080; it has http (80)',
  },
  {
    what: 'a port that the Service does not have',
    port: 'grpc',
    ports: [{ port: 80 }],
    slices: [],
    becomes: [],
    trouble: 'the Service shop/users has no port grpc; it has 80',
  },
  {
    what: 'a port without a name',
    ports: [{ port: 80 }],
    port: 80,
    slices: [keptSlice([{ port: 8080 }], ['10.0.0.1'])],
    becomes: ['10.0.0.1:8080'],
  },
  {
    what: 'ports with the same number in UDP',
    ports: [{ name: 'dns', port: 80, protocol: 'UDP' }, ...HTTP],
    port: 80,
    slices: [
      keptSlice(
        [
          { name: 'dns', port: 53, protocol: 'UDP' },
          { name: 'http', port: 8080 },
        ],
        ['10.0.0.1'],
      ),
    ],
    becomes: ['10.0.0.1:8080'],
  },
  {
    what: 'slices of other ports, as for pods of two versions whose named ports differ',
    slices: [
      keptSlice(ON_8080, ['10.0.0.1']),
      keptSlice([{ name: 'http', port: 9090 }], ['10.0.0.2']),
      keptSlice([{ name: 'other', port: 1 }], ['10.0.0.3']),
    ],
    becomes: ['10.0.0.1:8080', '10.0.0.2:9090'],
  },
  { what: 'headless without ports', ports: [], port: 8080, slices: [keptSlice([], ['10.0.0.1'])], becomes: ['10.0.0.1:8080'] },
  {
    what: 'conditions',
    slices: [
      keptSlice(ON_8080, [
        { address: '10.0.0.1', ready: false, serving: false },
        leaving('10.0.0.2'),
        { address: '10.0.0.3', ready: false, serving: false, terminating: true },
        '10.0.0.4',
      ]),
    ],
    becomes: [{ address: '10.0.0.2:8080', weight: 1, terminating: true }, '10.0.0.4:8080'],
  },
  {
    what: 'an address in two slices, as while it is moved: the better word counts',
    slices: [keptSlice(ON_8080, [leaving('10.0.0.1'), '10.0.0.2']), keptSlice(ON_8080, ['10.0.0.1', leaving('10.0.0.2')])],
    becomes: ['10.0.0.1:8080', '10.0.0.2:8080'],
  },
  {
    what: 'dual stack: a pod is one endpoint, by the first family of the Service',
    spec: { ipFamilies: ['IPv6', 'IPv4'] },
    slices: [
      keptSlice(ON_8080, [
        { address: '10.0.0.1', pod: 'a' },
        { address: '10.0.0.2', pod: 'b' },
      ]),
      keptSlice(ON_8080, [{ address: 'fd00::1', pod: 'a' }], 'IPv6'),
    ],
    becomes: ['10.0.0.2:8080', '[fd00::1]:8080'],
  },
  {
    what: 'nothing is known of who is behind: both families',
    spec: { ipFamilies: ['IPv4', 'IPv6'] },
    slices: [keptSlice(ON_8080, ['10.0.0.1']), keptSlice(ON_8080, ['fd00::1'], 'IPv6')],
    becomes: ['10.0.0.1:8080', '[fd00::1]:8080'],
  },
  {
    what: 'zones',
    slices: [keptSlice(ON_8080, [{ address: '10.0.0.1', zone: 'a' }, '10.0.0.2'])],
    becomes: [{ address: '10.0.0.1:8080', weight: 1, zone: 'a' }, '10.0.0.2:8080'],
  },
  {
    what: 'hints say for whom an endpoint is',
    own: 'b',
    slices: [
      keptSlice(ON_8080, [
        { address: '10.0.0.1', zone: 'a', forZones: ['c', 'b'] },
        { address: '10.0.0.2', zone: 'b', forZones: ['a'] },
      ]),
    ],
    becomes: [
      { address: '10.0.0.1:8080', weight: 1, zone: 'b' },
      { address: '10.0.0.2:8080', weight: 1, zone: 'a' },
    ],
  },
  {
    what: 'hints that not all have do not count',
    slices: [
      keptSlice(ON_8080, [
        { address: '10.0.0.1', zone: 'a', forZones: ['b'] },
        { address: '10.0.0.2', zone: 'b' },
      ]),
    ],
    becomes: [
      { address: '10.0.0.1:8080', weight: 1, zone: 'a' },
      { address: '10.0.0.2:8080', weight: 1, zone: 'b' },
    ],
  },
]

for (const { what, ports = HTTP, spec, slices, port = 'http', own = null, becomes, trouble = '' } of CASES) {
  t.test(what, async (t) => {
    const wanted = becomes.map((each) => (typeof each === 'string' ? { address: each, weight: 1 } : each))
    for (const order of [slices, [...slices].reverse()]) {
      t.strictSame(endpointsOfService('shop/users', keptService(ports, spec), order, port, own), { endpoints: wanted, trouble })
    }
  })
}

t.test('a slice of no Service', async (t) => {
  const raw = { metadata: { name: 'x', namespace: 'shop' }, addressType: 'IPv4', endpoints: null, ports: null }
  t.same(ENDPOINT_SLICES.prune(raw as never), { service: '', family: 'IPv4', ports: new Map(), endpoints: [] })
})

for (const [appProtocol, speech] of [
  [undefined, null],
  ['kubernetes.io/h2c', { protocol: 'h2', tls: false }],
  ['kubernetes.io/ws', { protocol: 'http1', tls: false }],
  ['kubernetes.io/wss', { protocol: 'http1', tls: true }],
  ['HTTPS', { protocol: 'auto', tls: true }],
  ['grpc', { protocol: 'h2', tls: false }],
  ['example.com/own', null],
  ['constructor', null],
] as const) {
  t.test(`a port that speaks ${appProtocol}`, async (t) => {
    const port = findPort(keptService([{ name: 'x', port: 1, ...(appProtocol ? { appProtocol } : {}) }]), 'x')
    t.same(port && speechOf(port), speech)
  })
}
