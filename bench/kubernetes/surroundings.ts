// What a measurement beside a real API server (KUBEBUILDER_ASSETS) has around it: the server, a folder, and an end to all of it.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ControlPlane, startControlPlane, withoutControlPlane } from '../../test/support/control-plane.ts'

export interface Surroundings {
  readonly plane: ControlPlane
  readonly folder: string
  /** Called by end(), the last first. */
  readonly teardowns: (() => unknown)[]
  end(): Promise<void>
}

/** Ends the process with 1 where there is no API server to be had. */
export async function surroundings(): Promise<Surroundings> {
  if (withoutControlPlane !== false) {
    console.error(withoutControlPlane)
    process.exit(1)
  }
  const teardowns: (() => unknown)[] = []
  const plane = await startControlPlane({ teardown: (end: () => unknown) => teardowns.push(end) })
  const folder = mkdtempSync(join(tmpdir(), 'headgate-bench-'))
  teardowns.push(() => rmSync(folder, { recursive: true, force: true }))
  return {
    plane,
    folder,
    teardowns,
    end: async () => {
      for (const teardown of teardowns.reverse()) await teardown()
    },
  }
}
