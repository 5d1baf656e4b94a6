// The kinds of the Gateway API, made known to a control plane.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import type { ControlPlane } from './control-plane.ts'
import { until } from './until.ts'

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'

interface Definition {
  readonly kind: string
  readonly spec: {
    readonly group: string
    readonly names: { readonly plural: string }
    readonly versions: readonly { readonly name: string; readonly served: boolean }[]
  }
}

/** Resolves when they are served. */
export async function installGatewayApi(plane: ControlPlane): Promise<void> {
  await installKinds(plane, readFileSync(join(process.env.KUBEBUILDER_ASSETS ?? '', 'gateway-api-standard.yaml'), 'utf8'))
}

/** Those that are defined in a text of YAML; what else is there is left out. */
export async function installKinds(plane: ControlPlane, text: string): Promise<void> {
  const definitions = parseAllDocuments(text)
    .map((document) => document.toJS() as Definition | null)
    .filter((each): each is Definition => each?.kind === 'CustomResourceDefinition')
  for (const definition of definitions) await plane.call('POST', DEFINITIONS, definition)
  for (const { spec } of definitions) {
    const version = spec.versions.find(({ served }) => served)?.name
    await until(
      `${spec.names.plural} are served`,
      () =>
        plane.call('GET', `/apis/${spec.group}/${version}/${spec.names.plural}`).then(
          () => true,
          () => false,
        ),
      30_000,
    )
  }
}
