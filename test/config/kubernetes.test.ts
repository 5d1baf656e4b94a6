// `kubernetes` at the top: what it becomes, what implies it, and what contradicts it.

import t from 'tap'
import { DEFAULT_KUBERNETES } from '../../src/config/kubernetes-schema.ts'
import { loadConfig } from '../../src/config/load.ts'
import { parseConfig } from '../../src/config/parse.ts'
import { formatProblem } from '../../src/config/problem.ts'

const UPSTREAM = 'upstreams:\n  u: { discovery: { kubernetes: { namespace: shop, service: users, port: http } } }\n'

const become = (text: string) => {
  const parsed = parseConfig([{ name: 'f', text }])
  return 'config' in parsed ? parsed.config.kubernetes : parsed.errors.map(formatProblem)
}

t.test('it is off unless it is written or an upstream implies it', async (t) => {
  t.equal(become('listeners: []'), null)
  t.same(become('kubernetes: {}'), DEFAULT_KUBERNETES)
  t.same(become(UPSTREAM), DEFAULT_KUBERNETES)
  t.same(become('kubernetes: { kubeconfig: off, namespaces: [b, a, b] }'), { ...DEFAULT_KUBERNETES, namespaces: ['a', 'b'] })
})

t.test('a Service outside of the namespaces that are looked at', async (t) => {
  t.same(become(`kubernetes: { namespaces: [other, more] }\n${UPSTREAM}`), [
    'f:3:46: the namespace "shop" is not one of kubernetes.namespaces (more, other)',
  ])
  t.same(become(`kubernetes: { namespaces: [other, shop] }\n${UPSTREAM}`), {
    ...DEFAULT_KUBERNETES,
    namespaces: ['other', 'shop'],
  })
})

t.test('Ingresses', async (t) => {
  t.match(become('kubernetes: { ingress: {} }'), {
    ingress: {
      class: 'headgate',
      controller: 'headgate.dev/ingress',
      default: false,
      sharedHosts: true,
      listeners: { http: 'web', https: 'secure' },
    },
    statusAddress: { addresses: [] },
    leaderElection: { namespace: 'headgate', name: 'headgate' },
  })
  t.match(become('kubernetes: { statusAddress: [192.0.2.1, "fd00::1", lb.example.com] }'), {
    statusAddress: { addresses: ['192.0.2.1', 'fd00::1', 'lb.example.com'] },
  })
  t.match(become('kubernetes: { statusAddress: { service: edge/headgate } }'), {
    statusAddress: { service: { namespace: 'edge', name: 'headgate' } },
  })
  t.match(become('kubernetes: { ingress: { controller: headgate } }'), [/"headgate" is not a domain and a path/])
  t.match(become('kubernetes: { ingress: { class: A_B } }'), [/"A_B" is not the name of an IngressClass/])
  t.match(become('kubernetes: { statusAddress: { service: headgate } }'), [/"headgate" is not namespace\/name of a Service/])
  t.match(become('kubernetes: { statusAddress: ["a b"] }'), [/"a b" is neither an IP address nor a host name/])
})

t.test('Gateways', async (t) => {
  t.match(become('kubernetes: { gatewayApi: { addresses: { pool: [10.0.0.80, 10.0.1.0/28, "fd00::/120"] } } }'), {
    gatewayApi: { controller: 'headgate.dev/gateway', addresses: { pool: ['10.0.0.80', '10.0.1.0/28', 'fd00::/120'] } },
  })
  t.match(become('kubernetes: { gatewayApi: { addresses: { shared: [192.0.2.1] } } }'), {
    gatewayApi: { addresses: { shared: ['192.0.2.1'] } },
  })
  const service = {
    type: 'LoadBalancer',
    ports: { from: 10_000, to: 10_999 },
    externalTrafficPolicy: 'Local',
    bind: '0.0.0.0',
    replicas: null,
  }
  t.match(become('kubernetes: { gatewayApi: {} }'), { gatewayApi: { addresses: { service } } })
  t.match(become('kubernetes: { gatewayApi: { addresses: {} } }'), { gatewayApi: { addresses: { service } } })
  const written = 'type: ClusterIP, ports: 20000-20000, bind: "::", replicas: edge/lb, externalTrafficPolicy: Cluster'
  t.match(become(`kubernetes: { gatewayApi: { addresses: { service: { ${written} } } } }`), {
    gatewayApi: {
      addresses: {
        service: {
          type: 'ClusterIP',
          ports: { from: 20_000, to: 20_000 },
          bind: '::',
          replicas: { namespace: 'edge', name: 'lb' },
          externalTrafficPolicy: 'Cluster',
        },
      },
    },
  })
  for (const [wrong, why] of [
    ['ports: 10000', /a range of ports/],
    ['ports: 0-1', /a range of ports/],
    ['ports: 10-70000', /a range of ports/],
    ['ports: 20-10', /the range 20-10 is empty/],
    ['type: ExternalName', /unknown type of Service/],
    ['bind: eth0', /is not an IP address/],
    ['replicas: lb', /is not namespace\/name of a Service/],
  ] as const)
    t.match(become(`kubernetes: { gatewayApi: { addresses: { service: { ${wrong} } } } }`), [why], wrong)
  t.match(become('kubernetes: { gatewayApi: { addresses: { pool: [10.0.0.1], shared: [10.0.0.2] } } }'), [/exclude each other/])
  t.match(become('kubernetes: { gatewayApi: { addresses: { pool: [] } } }'), [/at least one address/])
  t.match(become('kubernetes: { gatewayApi: { addresses: { pool: [10.0.0.0/33] } } }'), [/the prefix must be from 0 to 32/])
  t.match(become('kubernetes: { gatewayApi: { addresses: { shared: [10.0.0.0/8] } } }'), [/is not an IP address/])
  t.match(become('kubernetes: { gatewayApi: { controller: x, addresses: { pool: [10.0.0.1] } } }'), [
    /is not a domain and a path/,
  ])
})

t.test('the listeners of Ingresses are made where nobody has written them', async (t) => {
  const listeners = (text: string) => {
    const parsed = parseConfig([{ name: 'f', text }])
    return 'config' in parsed
      ? parsed.config.listeners.map(({ name, bind, protocol }) => `${name} ${bind} ${protocol}`)
      : parsed.errors.map(formatProblem)
  }
  t.same(listeners('kubernetes: {}'), [])
  t.same(listeners('kubernetes: { ingress: {} }'), ['web 0.0.0.0:80 http', 'secure 0.0.0.0:443 https'])
  t.same(
    listeners(`listeners: [{ name: secure, bind: "127.0.0.1:8443", protocol: https, tls: { minVersion: 1.3 } }]
routes: [{ name: both, listeners: [web, secure], filters: [{ respond: { status: 204 } }] }]
kubernetes: { ingress: {} }`),
    ['secure 127.0.0.1:8443 https', 'web 0.0.0.0:80 http'],
  )
  t.same(listeners('kubernetes: { ingress: { listeners: { http: a, https: b } } }'), [
    'a 0.0.0.0:80 http',
    'b 0.0.0.0:443 https',
  ])
})

t.test('wrong values', async (t) => {
  t.match(become('kubernetes: { namespaces: ["a/b"] }'), [/^f:1:28: "a\/b" is not the name of a namespace$/])
  t.match(become('kubernetes: { namespaces: all }'), [/^f:1:27: expected a list/])
  t.match(become('kubernetes: { kubeconfig: "" }'), [/this is not the path of a file/])
  t.match(become('kubernetes: { kubeConfig: a }'), [/unknown key "kubeConfig".*did you mean "kubeconfig"/])
})

t.test('labels of endpoints that have none', async (t) => {
  const route = 'routes: [{ name: r, to: [{ upstream: u, labels: { a: b } }] }]\n'
  const { warnings } = parseConfig([{ name: 'f', text: `listeners: [{ name: w, bind: "127.0.0.1:80" }]\n${route}${UPSTREAM}` }])
  t.match(warnings.map(formatProblem), [/endpoints that Kubernetes finds have no labels/])
})

t.test('the path is relative to the file', async (t) => {
  const folder = t.testdir({
    'headgate.yaml': 'kubernetes: { kubeconfig: here/config }',
    'off.yaml': 'kubernetes: { kubeconfig: off }',
  })
  const loaded = await loadConfig(`${folder}/headgate.yaml`)
  t.equal('config' in loaded && loaded.config.kubernetes?.kubeconfig, `${folder}/here/config`)
  const off = await loadConfig(`${folder}/off.yaml`)
  t.equal('config' in off && off.config.kubernetes?.kubeconfig, null)
})
