// What a gateway with a configuration file would serve by objects of Kubernetes, looked at once, for commands that start nothing: from a
// cluster, to which nothing is written, or from files.

import type { GatewayConfig, KubernetesConfig } from '../config/model.ts'
import type { Problem } from '../config/problem.ts'
import { ClusterSource, pluginsByName, type Surroundings } from '../kubernetes/cluster-source.ts'
import { ENDPOINT_SLICES } from '../kubernetes/endpoint-slice.ts'
import { ManifestCluster } from '../kubernetes/manifests/manifest-cluster.ts'
import { type ManifestFile, readManifests } from '../kubernetes/manifests/read-manifests.ts'
import { SERVICES } from '../kubernetes/service.ts'
import type { ClusterView, ObjectReport, Translation, Translator } from '../kubernetes/translation.ts'
import { translatorsOf } from '../kubernetes/translators.ts'
import { combine, objectKey } from './combine-config.ts'
import { endpointsNow, type FoundEndpoints, type LookSettings } from './endpoints-now.ts'
import { type PlaceOf, type RouteOrigins, routeOrigins } from './route-origins.ts'

export interface ClusterReading {
  /** The file and the objects together. */
  readonly config: GatewayConfig
  readonly origins: RouteOrigins
  readonly reports: readonly ObjectReport[]
  /** Of upstreams whose endpoints do not stand in `config`; those that are not there are not known. */
  readonly endpoints: ReadonlyMap<string, FoundEndpoints>
}

/** `base` has `kubernetes`. Rejects with what is wrong, in words, when the cluster does not tell. */
export async function readCluster(base: GatewayConfig, settings: LookSettings): Promise<ClusterReading> {
  const kubernetes = base.kubernetes as KubernetesConfig
  const { connected, release } = settings.link.open(kubernetes)
  const stop: (() => void)[] = [release]
  try {
    const { informers } = await connected
    const source = new ClusterSource({
      informers,
      translators: translatorsOf(kubernetes),
      beside: [SERVICES, ENDPOINT_SLICES],
      changed: () => {},
    })
    stop.unshift(() => source.stop())
    await known(source, settings)
    const reading = readingOf(base, source.translate(surroundingsOf(base)))
    return { ...reading, endpoints: await endpointsNow(reading.config, settings) }
  } finally {
    for (const each of stop) each()
  }
}

/** `base` has `kubernetes`. `problems` are what is wrong with the files. */
export function readClusterFiles(
  base: GatewayConfig,
  files: readonly ManifestFile[],
): ClusterReading & { readonly problems: readonly Problem[] } {
  const kubernetes = base.kubernetes as KubernetesConfig
  const { manifests, problems } = readManifests(files)
  const translators = translatorsOf(kubernetes)
  const resources = translators.flatMap((translator) => translator.resources)
  const cluster = new ManifestCluster({ manifests, resources, namespaces: kubernetes.namespaces })
  const view = cluster.view(surroundingsOf(base))
  const translate = () => translators.map((translator) => translated(translator, view))
  let translations = translate()
  // What a gateway makes for itself is not in the files.
  if (cluster.take(translations.flatMap(({ objects }) => objects))) translations = translate()
  const reading = readingOf(base, translations, (object, path) => cluster.placeOf(object, path))
  const endpoints = new Map<string, FoundEndpoints>()
  for (const [name, { discovery }] of Object.entries(reading.config.upstreams)) {
    const found = 'kubernetes' in discovery ? cluster.endpointsOf(discovery.kubernetes, base.zone) : null
    if (found !== null) endpoints.set(name, found)
  }
  return { ...reading, endpoints, problems: [...problems, ...cluster.problems] }
}

function readingOf(
  base: GatewayConfig,
  translations: readonly Translation[],
  placeOf?: PlaceOf,
): Omit<ClusterReading, 'endpoints'> {
  const { config, problems } = combine(base, translations, { objects: new Map(), addresses: new Map(), bare: false })
  const reports = translations
    .flatMap((translation) => translation.reports)
    .map((report) => ({ ...report, problems: [...report.problems, ...(problems.get(objectKey(report.object)) ?? [])] }))
  return { config, reports, origins: routeOrigins(translations, reports, placeOf) }
}

/** Rejects for objects that no API server would take. */
function translated(translator: Translator, view: ClusterView): Translation {
  try {
    return translator.translate(view)
  } catch (error) {
    throw new Error(`these objects are not what an API server would take: ${(error as Error).message}`)
  }
}

function surroundingsOf({ listeners, plugins }: GatewayConfig): Surroundings {
  return {
    listeners: new Map(listeners.map((listener) => [listener.name, listener])),
    unusable: new Map(),
    plugins: pluginsByName(plugins),
  }
}

const LOOK_MS = 20

/** Rejects when it takes too long, or when it is clear that nothing will come. */
async function known(source: ClusterSource, { deadlines, patienceMs }: LookSettings): Promise<void> {
  const { clock } = deadlines
  const began = clock.now()
  while (!source.known) {
    const awaited = source.awaited()
    const trouble = [...awaited.values()].find((why) => why !== '')
    const waited = clock.now() - began
    // What fails at once may do the second time.
    if (waited >= (trouble === undefined ? patienceMs : patienceMs / 3))
      throw new Error(`Kubernetes does not tell of ${[...awaited.keys()].join(', ')}: ${trouble ?? 'no answer'}`)
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
}
