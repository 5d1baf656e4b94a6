// The one schema: what may be written, what it means, its defaults, and the normalised form that it becomes. A feature that
// gets built turns its key on by replacing its `later(…)` entry.

import * as z from 'zod'
import { accessLog } from './access-log-schema.ts'
import { bindAddress, cidr, host } from './addresses.ts'
import { separateAnyPorts } from './any-port.ts'
import { withIngressListeners } from './ingress-listeners.ts'
import { impliedKubernetes, kubernetes } from './kubernetes-schema.ts'
import { listenerSchema } from './listener-schema.ts'
import type { GatewayConfig } from './model.ts'
import { overload } from './overload-schema.ts'
import { pluginsSchema } from './plugin-schema.ts'
import { routeSchema } from './route-schema.ts'
import { fileName, secret } from './secret-schema.ts'
import { testSchema } from './tests-schema.ts'
import { tracing } from './tracing-schema.ts'
import { upstreamSchema } from './upstream-schema.ts'
import { boolean, duration, integerOrAuto, isToken, name } from './values.ts'
import { block, choice, defaulted, named, refuse, text } from './written.ts'
import { zoneName } from './zone-schema.ts'

const adminBlock = block({
  bind: bindAddress().prefault('127.0.0.1:9901').describe('Where it listens; elsewhere than on loopback it needs a token.'),
  readOnly: boolean().prefault(false).describe('Refuse calls that change something.'),
  hosts: z.array(host()).prefault([]).describe('Names that are accepted in Host besides the bound one.'),
  token: secret
    .optional()
    .describe('What callers must show as a bearer token: text, { env: NAME } or { file: PATH }; default none.'),
}).transform(({ token, ...rest }) => ({ ...rest, token: token ?? null }))

const off = (key: string) => choice(key, ['off']).transform(() => null)

const via = () =>
  text('auto, off or a name', (written) => (isToken(written) ? written : refuse(`"${written}" is not a pseudonym for Via`)), {
    title: 'auto | off | name',
  })

export const gatewaySchema = block({
  $schema: z.string().optional().describe('For editors of JSON files; not looked at.'),
  workers: integerOrAuto(0, 1024)
    .prefault('auto')
    .describe('Number of data-plane processes; auto = one per available core; 0 = everything in one process.'),
  zone: zoneName()
    .prefault('')
    .transform((written) => written || null)
    .describe('Where this gateway is; default: the environment variable HEADGATE_ZONE, else not known.'),
  watch: boolean().prefault(true).describe('Reload when a configuration file changes; SIGHUP always reloads.'),
  drain: defaulted({
    timeout: duration(0).prefault('30s').describe('The longest that running exchanges may take to finish.'),
    delay: duration(0).prefault('0s').describe('How long new connections are still accepted after /ready has turned 503.'),
  }).describe('What SIGTERM does: /ready turns 503, wait the delay, stop accepting, finish what runs, exit by the timeout.'),
  admin: z
    .union([off('admin'), adminBlock])
    .prefault({})
    .describe('The admin API; off = none.'),
  via: via()
    .prefault('auto')
    .describe('Pseudonym in Via; auto = headgate-<id of this process>. A request that has ours already is a loop: 508.'),
  trustedProxies: z
    .array(cidr())
    .prefault([])
    .describe('Addresses and CIDRs whose X-Forwarded-* and Forwarded are believed; from others they are replaced.'),
  log: defaulted({
    level: choice('log.level', ['debug', 'info', 'warn', 'error']).prefault('info').describe('The least that is logged.'),
    format: choice('log.format', ['json', 'text']).prefault('json').describe('JSON objects or text, one a line.'),
  }).describe("The process's own log, to stderr."),
  accessLog,
  overload,
  errors: defaulted({
    detail: choice('errors.detail', ['full', 'minimal'])
      .prefault('full')
      .describe('minimal leaves the reason out of answers made here.'),
  }).describe('Answers that the gateway makes by itself.'),
  include: z
    .array(fileName())
    .optional()
    .describe('Globs of further files to merge, relative to this file; a name that is defined twice is an error.'),
  listeners: z.array(listenerSchema).prefault([]).transform(separateAnyPorts).describe('Sockets that accept requests.'),
  routes: z.array(routeSchema).prefault([]).describe('Which requests go where.'),
  upstreams: named(name(), upstreamSchema).prefault({}).describe('Sets of endpoints, by name.'),
  plugins: pluginsSchema
    .prefault([])
    .describe('Plugins that routes may use, each { path } or { package }; read again when one of their files changes.'),
  tests: z
    .array(testSchema)
    .prefault([])
    .describe('Requests and what must become of them, looked at by check and before the configuration comes into force.'),
  tracing,
  kubernetes: kubernetes
    .optional()
    .describe(
      'Kubernetes, where upstreams are discovered by it; absent: with the defaults when one is; {} = with the defaults.',
    ),
}).transform(
  ({ $schema: _schema, include: _include, kubernetes = null, ...rest }): GatewayConfig => ({
    ...rest,
    listeners: withIngressListeners(rest.listeners, kubernetes),
    kubernetes: kubernetes ?? impliedKubernetes(rest.upstreams),
  }),
)
