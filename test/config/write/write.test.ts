// What is written of a configuration is read as the same configuration.

import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import t from 'tap'
import type { GatewayConfig } from '../../../src/config/model.ts'
import { parseConfig } from '../../../src/config/parse.ts'
import { duration as readDuration, share as readShare, size as readSize } from '../../../src/config/values.ts'
import { writeConfig } from '../../../src/config/write/gateway.ts'
import { duration, share, size } from '../../../src/config/write/values.ts'
import { configText } from '../../../src/config/write/yaml.ts'
import { baseConfig, joined, readCase, translatorOf, viewOf } from '../../kubernetes/ingress/golden-case.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const env = { TOKEN: 'x', CERTS: '/certs', HOME: '/nobody', ADMIN_TOKEN: 'x' }

function read(text: string): GatewayConfig | string[] {
  const parsed = parseConfig([{ name: 'config', text }], { env })
  return 'errors' in parsed ? parsed.errors.map(({ line, message }) => `${line}: ${message}`) : parsed.config
}

const again = (config: GatewayConfig) => configText(writeConfig(config), 'Written.\n\nBy a test.')

t.test('every key', async (t) => {
  const config = read(readFileSync(join(import.meta.dirname, 'everything.yaml'), 'utf8'))
  t.notOk(Array.isArray(config), JSON.stringify(config).slice(0, 500))
  const text = again(config as GatewayConfig)
  t.strictSame(read(text), config)
  t.equal(again(read(text) as GatewayConfig), text, 'twice is once')
  t.match(text, /^# Written\.\n#\n# By a test\.\n/)
})

t.test('no key is written that has its default', async (t) => {
  const config = read(
    'listeners: [{ name: web, bind: 127.0.0.1:80 }]\nroutes: [{ name: r, to: u }]\nupstreams: { u: { discovery: { static: [127.0.0.1:1] } } }',
  )
  t.strictSame(writeConfig(config as GatewayConfig), {
    listeners: [{ name: 'web', bind: '127.0.0.1:80' }],
    routes: [{ name: 'r', to: 'u' }],
    upstreams: { u: { discovery: { static: ['127.0.0.1:1'] } } },
  })
  t.strictSame(writeConfig(read('{}') as GatewayConfig), {})
})

t.test('what is shipped', async (t) => {
  const files = globSync('config/{*,examples/*}.yaml', { cwd: ROOT })
  t.ok(files.length >= 10)
  for (const file of files) {
    const config = read(readFileSync(join(ROOT, file), 'utf8'))
    t.notOk(Array.isArray(config), file)
    t.strictSame(read(again(config as GatewayConfig)), config, file)
  }
})

t.test('what stands in documents', async (t) => {
  let count = 0
  for (const file of globSync(['*.md', 'docs/**/*.md'], { cwd: ROOT })) {
    for (const [, block = ''] of readFileSync(join(ROOT, file), 'utf8').matchAll(/^```yaml\n(.*?)^```$/gms)) {
      const config = read(block)
      if (Array.isArray(config)) continue
      count++
      t.strictSame(read(again(config)), config, file)
    }
  }
  t.ok(count > 20, `${count} of them`)
})

t.test('what is made of Ingresses', async (t) => {
  for (const folder of globSync('test/golden/ingress/*/', { cwd: ROOT })) {
    const golden = readCase(join(ROOT, folder))
    const base = baseConfig(golden)
    const config = joined(base, translatorOf(base).translate(viewOf(base, golden.manifests)))
    t.strictSame(read(again(config)), config, basename(folder))
  }
})

t.test('values', async (t) => {
  const whole = (max: number) => fc.integer({ min: 0, max })
  fc.assert(fc.property(whole(2 ** 31 - 1), (ms) => readDuration(0).parse(duration(ms)) === ms))
  fc.assert(
    fc.property(
      whole(10_000),
      fc.constantFrom(1000, 60_000, 3_600_000),
      (n, unit) => readDuration(0).parse(duration((n % 500) * unit)) === (n % 500) * unit,
    ),
  )
  fc.assert(fc.property(fc.maxSafeNat(), (bytes) => readSize(0, Number.MAX_SAFE_INTEGER).parse(size(bytes)) === bytes))
  fc.assert(
    fc.property(
      whole(5000),
      fc.constantFrom(1024, 1024 ** 2, 1024 ** 3),
      (n, unit) => readSize(0, Number.MAX_SAFE_INTEGER).parse(size(n * unit)) === n * unit,
    ),
  )
  fc.assert(
    fc.property(
      whole(1_000_000),
      (n) => readShare().parse(share(Number(`${n / 10_000}`) / 100)) === Number(`${n / 10_000}`) / 100,
    ),
  )
  fc.assert(fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (n) => Math.abs(readShare().parse(share(n)) - n) < 1e-15))
  t.same([duration(0), duration(90_000), duration(3_600_000), duration(1500)], ['0s', '90s', '1h', '1500ms'])
  t.same([size(0), size(65_536), size(1000), size(1024 ** 3)], [0, '64KiB', 1000, '1GiB'])
  t.same([share(0.07), share(1), share(0), share(1e-9)], ['7%', '100%', '0%', '0.0000001%'])
})

t.test('any text', async (t) => {
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom(
      '$' + '{HOME}',
      '$' + '{HOME',
      '$' + '{A:-b}',
      '$$' + '{X}',
      'true',
      '1e3',
      'no',
      '~',
      '- a',
      '# b',
      '\r\n',
      ' ',
    ),
  )
  fc.assert(
    fc.property(fc.array(text), (parts) => {
      const value = parts.join('')
      const shown = configText(
        { listeners: [], tests: [{ name: `x${value}`, request: { url: 'http://a/' }, expect: { status: 200 } }] },
        '',
      )
      const config = read(shown) as GatewayConfig
      return config.tests?.[0]?.name === `x${value}`
    }),
  )
  t.pass('comes back')
})
