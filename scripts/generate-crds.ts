// Writes config/kubernetes/crds: the kinds of our own, from the schema of the configuration file.
// Run it after every change of the schema: node scripts/generate-crds.ts

import { mkdirSync, writeFileSync } from 'node:fs'
import { stringify } from 'yaml'
import { jsonSchemaOf } from '../src/config/json-schema.ts'
import { routeFilterSpec, upstreamPolicySpec } from '../src/config/policy-schema.ts'
import { POLICY_GROUP, POLICY_VERSION, ROUTE_FILTERS, UPSTREAM_POLICIES } from '../src/kubernetes/policies/kinds.ts'
import { type Structural, structural } from './structural-schema.ts'

const CONDITIONS = {
  type: 'array',
  maxItems: 8,
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['type'],
  items: {
    type: 'object',
    required: ['type', 'status', 'reason', 'message', 'lastTransitionTime'],
    properties: {
      type: { type: 'string', maxLength: 316 },
      status: { type: 'string', enum: ['True', 'False', 'Unknown'] },
      reason: { type: 'string', minLength: 1, maxLength: 1024 },
      message: { type: 'string', maxLength: 32768 },
      lastTransitionTime: { type: 'string', format: 'date-time' },
      observedGeneration: { type: 'integer', format: 'int64', minimum: 0 },
    },
  },
}

const CONTROLLER_NAME = {
  type: 'string',
  description: 'Who says so, as GatewayClasses and IngressClasses name it.',
  minLength: 1,
  maxLength: 253,
}

const text = (maxLength: number) => ({ type: 'string', maxLength })

const ANCESTORS = {
  type: 'array',
  maxItems: 32,
  'x-kubernetes-list-type': 'atomic',
  items: {
    type: 'object',
    required: ['ancestorRef', 'controllerName'],
    properties: {
      ancestorRef: {
        type: 'object',
        description: 'The Service.',
        required: ['name'],
        properties: {
          group: text(253),
          kind: text(63),
          namespace: text(63),
          name: text(253),
          sectionName: text(253),
        },
      },
      controllerName: CONTROLLER_NAME,
      conditions: CONDITIONS,
    },
  },
}

const CONTROLLERS = {
  type: 'array',
  maxItems: 32,
  'x-kubernetes-list-type': 'atomic',
  items: {
    type: 'object',
    required: ['controllerName'],
    properties: { controllerName: CONTROLLER_NAME, conditions: CONDITIONS },
  },
}

interface OwnKind {
  readonly resource: { readonly kind: string; readonly plural: string }
  readonly about: string
  readonly labels: Readonly<Record<string, string>>
  readonly spec: Structural
  readonly status: object
  readonly accepted: string
}

/** Each item has one key: more can be said of it here than by types. */
function oneKeyEach(spec: Structural): Structural {
  const { properties } = spec as { properties: Record<string, Structural & { items?: Structural }> }
  const { filters } = properties
  const items = { ...filters?.items, minProperties: 1, maxProperties: 1 }
  return { ...spec, properties: { ...properties, filters: { ...filters, maxItems: 64, items } } }
}

const KINDS: readonly OwnKind[] = [
  {
    resource: UPSTREAM_POLICIES,
    about:
      'How Services are used as upstreams: balancer, health checks, ejection, breaker, limits, connections. The keys are those of `upstreams` in the configuration file.',
    labels: { 'gateway.networking.k8s.io/policy': 'Direct' },
    spec: structural(jsonSchemaOf(upstreamPolicySpec)),
    status: { ancestors: ANCESTORS },
    accepted: '.status.ancestors[0].conditions[?(@.type=="Accepted")].status',
  },
  {
    resource: ROUTE_FILTERS,
    about:
      'Filters and further keys of routes that name it: HTTPRoutes and GRPCRoutes by ExtensionRef, Ingresses by the annotation headgate.dev/filters. The keys are those of `routes` in the configuration file.',
    labels: {},
    spec: oneKeyEach(structural(jsonSchemaOf(routeFilterSpec))),
    status: { controllers: CONTROLLERS },
    accepted: '.status.controllers[0].conditions[?(@.type=="Accepted")].status',
  },
]

function definition({ resource: { kind, plural }, about, labels, spec, status, accepted }: OwnKind): object {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${POLICY_GROUP}`, ...(Object.keys(labels).length === 0 ? {} : { labels }) },
    spec: {
      group: POLICY_GROUP,
      scope: 'Namespaced',
      names: { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase(), categories: ['headgate'] },
      versions: [
        {
          name: POLICY_VERSION,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: [
            { name: 'Accepted', type: 'string', jsonPath: accepted },
            { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
          ],
          schema: {
            openAPIV3Schema: {
              type: 'object',
              description: about,
              required: ['spec'],
              properties: {
                apiVersion: { type: 'string' },
                kind: { type: 'string' },
                metadata: { type: 'object' },
                spec,
                status: { type: 'object', properties: status },
              },
            },
          },
        },
      ],
    },
  }
}

/** By name of the file. */
export function definitions(): ReadonlyMap<string, string> {
  const head = '# Generated by `node scripts/generate-crds.ts`; do not edit.\n'
  return new Map(
    KINDS.map((kind) => [
      `${kind.resource.plural}.yaml`,
      `${head}${stringify(definition(kind), { lineWidth: 0, aliasDuplicateObjects: false })}`,
    ]),
  )
}

if (import.meta.main) {
  const folder = new URL('../config/kubernetes/crds/', import.meta.url)
  mkdirSync(folder, { recursive: true })
  for (const [name, text] of definitions()) writeFileSync(new URL(name, folder), text)
}
