// A laboratory with our own gateway in it, closed when its test ends.

import type { Test } from 'tap'
import { createGateway } from '../../src/index.ts'
import { Lab, type LabOptions } from './lab.ts'

export async function openLab(t: Test, options: Omit<LabOptions, 'gateway'> = {}): Promise<Lab> {
  const lab = new Lab({ ...options, gateway: (config) => createGateway(config) })
  t.teardown(() => lab.close())
  await lab.open()
  return lab
}
