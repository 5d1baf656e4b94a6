// Swaps a plugin of 1.5 MB for another version of itself again and again, uses each, and says what is still held. Run with a heap
// limit: a loader that keeps what it has loaded does not come to its end.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../src/model/clock.ts'
import { PluginCounters } from '../../src/model/counters.ts'
import { LoadedPlugins } from '../../src/plugins/loaded-plugins.ts'
import { readPlugins } from '../../src/plugins/read-plugins.ts'

const SWAPS = 60
const BYTES = 1_500_000

function sourceOf(version: number): string {
  const parts = [
    `export default { name: 'big', onRequest(exchange, options) { return use() } }\nconst version = ${version}\nconst table = {\n`,
  ]
  for (let length = 0, i = 0; length < BYTES; i++) {
    const line = `  f${i}(a) { return a + ${i} + version + 'some text that takes its place' },\n`
    parts.push(line)
    length += line.length
  }
  parts.push('}\nfunction use() { for (const key in table) table[key](1) }\n')
  return parts.join('')
}

function fail(why = ''): never {
  throw new Error(why)
}

const folder = mkdtempSync(join(tmpdir(), 'headgate-'))
const counters = new PluginCounters()
const loaded = new LoadedPlugins({ clock: systemClock, counters: () => counters, log: () => {} })
const versions: WeakRef<object>[] = []
let garbage: unknown
try {
  writeFileSync(join(folder, 'index.js'), sourceOf(0))
  const [reading] = await readPlugins([{ path: folder, package: null }], '/')
  const { bundle } = reading?.plugin ?? fail(reading?.problem)
  const [module] = bundle.modules
  for (let version = 0; version < SWAPS; version++) {
    const code = module?.code.replace('const version = 0', `const version = ${version}`) ?? fail('no module')
    const modules = bundle.modules.map((same) => ({ ...same, code }))
    const set = await loaded.load([{ code: { name: 'big', digest: String(version), modules } }])
    loaded.adopt(set)
    set.filter({ name: 'big', options: {}, onError: 'closed', budget: 1e9 }).onRequest?.({} as never)
    versions.push(new WeakRef(set.versions.get('big')?.plugin ?? {}))
    // What requests leave behind: collections happen by themselves, as in a gateway that works.
    for (let i = 0; i < 10; i++) garbage = new Array(200_000).fill(garbage === undefined ? 0 : i)
    await new Promise((resolve) => setImmediate(resolve))
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
if (counters.errors > 0) throw new Error('the plugin failed')
console.log(JSON.stringify({ swaps: SWAPS, held: versions.filter((version) => version.deref() !== undefined).length }))
