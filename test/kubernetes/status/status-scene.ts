// What tests of src/kubernetes/status stand on: an API server that keeps objects, a clock that is turned, and what was logged.

import { Agent } from 'node:http'
import type { Test } from 'tap'
import { ApiClient } from '../../../src/kubernetes/api-client.ts'
import type { ApiRequest } from '../../../src/kubernetes/api-request.ts'
import type { KubernetesEnvironment } from '../../../src/kubernetes/environment.ts'
import type { ObjectReference } from '../../../src/kubernetes/object-reference.ts'
import type { ObjectProblem, ObjectReport } from '../../../src/kubernetes/translation.ts'
import { Deadlines } from '../../../src/model/deadlines.ts'
import { type FakeObject, type FakeObjectServer, startFakeObjectServer } from '../../support/fake-object-server.ts'

/** Wall clock of the virtual time 0. */
export const EPOCH = Date.UTC(2026, 0, 1)

export interface StatusScene {
  readonly server: FakeObjectServer
  readonly environment: KubernetesEnvironment
  readonly said: string[]
  client(): ApiClient
  now(): number
  /** The clock stands still but for this. In steps, so that what is asked meanwhile is answered. */
  advance(ms: number, step?: number): Promise<void>
  /** Until nothing is asked any more but what the API server leaves without an answer. */
  settle(): Promise<void>
}

export async function statusScene(t: Test): Promise<StatusScene> {
  const server = await startFakeObjectServer(t)
  let now = 0
  const deadlines = new Deadlines({ now: () => now, wall: () => EPOCH + now })
  const said: string[] = []
  const agent = new Agent({ keepAlive: true })
  t.teardown(() => agent.destroy())
  const identity = {
    url: new URL(server.url),
    access: async () => ({ agent, headers: {} }),
    stale: () => false,
    close: () => {},
  }
  let calls = 0
  const settle = async (): Promise<void> => {
    for (let quiet = 0; quiet < 3; quiet++) {
      await new Promise(setImmediate)
      if (calls > server.hung) quiet = -1
    }
  }
  class CountingClient extends ApiClient {
    override async call(request: ApiRequest): Promise<unknown> {
      calls++
      return super.call(request).finally(() => calls--)
    }
  }
  return {
    server,
    said,
    environment: {
      deadlines,
      random: () => 0.5,
      log: (level, message, fields = {}) => {
        said.push(`${level} ${message}${fields.reason === undefined ? '' : `: ${fields.reason}`}`)
      },
    },
    client: () => new CountingClient({ load: async () => identity, deadlines }),
    now: () => now,
    settle,
    advance: async (ms, step = 500) => {
      await settle()
      for (let left = ms; left > 0; left -= step) {
        now += Math.min(step, left)
        deadlines.turn()
        await settle()
      }
    },
  }
}

export const INGRESSES = '/apis/networking.k8s.io/v1/namespaces/shop/ingresses'
export const EVENTS = '/api/v1/namespaces/shop/events'

export function ingressReference({ metadata: { name, uid } }: FakeObject): ObjectReference {
  return { kind: 'Ingress', group: 'networking.k8s.io', version: 'v1', plural: 'ingresses', namespace: 'shop', name, uid }
}

/** As a translator makes it from what it sees. */
export function reportOf(seen: FakeObject, wanted: unknown, problems: readonly ObjectProblem[] = []): ObjectReport {
  return {
    object: ingressReference(seen),
    problems,
    status: { current: seen.status ?? {}, wanted, resourceVersion: seen.metadata.resourceVersion },
  }
}

export const problem = (message: string, reason = 'InvalidReference'): ObjectProblem => ({
  reason,
  message,
  path: 'spec.rules[0]',
  severity: 'refused',
})
