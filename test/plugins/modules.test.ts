// What a plugin's files may hold, how they find each other and packages, and where their mistakes are said to be.

import { join } from 'node:path'
import t, { type Test } from 'tap'
import { readPlugins } from '../../src/plugins/read-plugins.ts'

/** Specifiers of packages stand in `<>`: this file does not import them itself. */
const quoted = (files: Files): Files =>
  JSON.parse(JSON.stringify(files), (_key, value) =>
    typeof value === 'string' ? value.replace(/from <(\S+)>/g, "from '$1'") : value,
  )

const PLUGIN = 'import { definePlugin } from <headgate/plugin>\n'

type Files = Parameters<Test['testdir']>[0]

async function read(t: Test, files: Files, path = 'p') {
  const folder = t.testdir(quoted(files))
  const [reading] = await readPlugins([{ path, package: null }], folder)
  return {
    folder,
    facts: reading?.plugin?.facts,
    problem: reading?.problem.replaceAll(`${folder}/`, ''),
    files: reading?.files ?? [],
  }
}

/** Its name is an expression that uses what was imported. */
const named = (imports: string, name: string) => `${imports}\nexport default { name: ${name}, onEnd() {} }\n`

const WORKS: Readonly<Record<string, Files>> = {
  'index.ts of a folder': {
    p: { 'index.ts': `${PLUGIN}export default definePlugin<{ a: number }>({ name: 'x', onEnd() {} })` },
  },
  'index.js of a folder': { p: { 'index.js': `${PLUGIN}export default definePlugin({ name: 'x', onEnd() {} })` } },
  'types are stripped': {
    p: {
      'index.ts': named("import type { Missing } from './missing.ts'\nconst n: string = 'x' satisfies string", 'n as string'),
    },
  },
  'named, renamed, default and namespace imports': {
    p: {
      'index.ts': named(
        "import d, { a, b as c } from './m.ts'\nimport * as all from './m.ts'",
        "d() + a + c + all.a + all.default() === 'd12  1d'.replace('  ', '') ? 'x' : 'wrong'",
      ),
      'm.ts': 'export const a = 1, { b } = { b: 2 }\nexport default function d() { return "d" }\n',
    },
  },
  'passed on': {
    p: {
      'index.ts': named("import { a, e, ns, late } from './m.ts'", "[a, e, ns.b, late()].join() === '1,2,2,3' ? 'x' : 'wrong'"),
      'm.ts':
        "export * from './n.ts'\nexport { b as e } from './n.ts'\nexport * as ns from './n.ts'\nexport { l as late }\nfunction l() { return 3 }",
      'n.ts': 'export const a = 1\nconst b = 2\nexport { b }\nexport default 9',
    },
  },
  'JSON, Node, import.meta, await': {
    p: {
      'index.ts': named(
        "import words from './words.json' with { type: 'json' }\nimport { basename } from 'node:path'\nimport os from 'node:os'\nconst later = await Promise.resolve(words.x)\nconst more = await import('node:util')",
        "basename(import.meta.filename) === 'index.ts' && import.meta.url.startsWith('file:') && os.EOL && more.inspect ? later : 'wrong'",
      ),
      'words.json': '{ "x": "x" }',
    },
  },
  'packages are found from where the plugin lies': {
    p: {
      'index.ts': named('import { x } from <dep>\nimport cjs, { y } from <dep/cjs>', "x + y + cjs.y === 'yyy' ? 'x' : 'wrong'"),
      node_modules: {
        dep: {
          'package.json': '{ "name": "dep", "exports": { ".": { "import": "./m.js" }, "./cjs": "./c.cjs" }, "type": "module" }',
          'm.js': "export const x = 'y'",
          'c.cjs': "exports.y = 'y'",
        },
      },
    },
  },
  'text that looks like an import is left alone': {
    p: {
      'index.ts': named(
        "const text = `\nimport a from <nowhere>\nexport const b = 1\n`\n/* import 'x' */",
        "text.length > 40 && /export default/.test('export default') ? 'x' : 'wrong'",
      ),
    },
  },
  'a function that is exported before it is written': {
    p: {
      'index.ts': named("import { f } from './m.ts'", 'f()'),
      'm.ts': "export { f }\nconst used = f()\nfunction f() { return 'x' }\nexport { used }",
    },
  },
}

for (const [name, files] of Object.entries(WORKS)) {
  t.test(name, async (t) => {
    const { facts, problem } = await read(t, files)
    t.equal(problem, '')
    t.equal(facts?.name, 'x')
  })
}

const FAILS: readonly (readonly [name: string, files: Files, problem: string])[] = [
  ['nothing there', {}, 'p: there is no such file or folder'],
  ['an empty folder', { p: {} }, 'p: this folder has none of index.ts, index.mts, index.js, index.mjs'],
  ['broken TypeScript', { p: { 'index.ts': 'const a = 1\nlet b: = 3\n' } }, 'p/index.ts:2:8: SyntaxError: '],
  [
    'TypeScript that is not only types',
    { p: { 'index.ts': '\nexport enum A { B }\n' } },
    'p/index.ts:2:8: SyntaxError: TypeScript enum is not supported',
  ],
  ['broken JavaScript', { p: { 'index.js': 'const a = 1\n  const = 2\n' } }, 'p/index.js:2:9: SyntaxError: Unexpected token'],
  ['a throw', { p: { 'index.ts': '\n\n  throw new Error("no")\n' } }, 'p/index.ts:3:9: Error: no'],
  [
    'a throw in another file',
    { p: { 'index.ts': "import './m.ts'", 'm.ts': 'const x: string = "a"; null.a' } },
    'p/m.ts:1:29: TypeError: ',
  ],
  [
    'a missing file',
    { p: { 'index.ts': "\nimport { a } from './b.ts'" } },
    'p/index.ts:2:1: ./b.ts cannot be read: there is no such file',
  ],
  [
    'a missing extension',
    { p: { 'index.ts': "import { a } from './b'" } },
    'p/index.ts:1:1: ./b: the extension is missing; there are .ts',
  ],
  [
    'a missing name',
    { p: { 'index.ts': "\nimport {\n  a } from './b.ts'", 'b.ts': '' } },
    'p/index.ts:3:1: "./b.ts" does not export "a"; if it is a type, write "import type"',
  ],
  [
    'a type of ours',
    { p: { 'index.ts': 'import { Plugin } from <headgate/plugin>' } },
    'p/index.ts:1:1: "headgate/plugin" does not export "Plugin"; if it is a type',
  ],
  [
    'a missing package',
    { p: { 'index.ts': "import 'no-such-package'" } },
    "p/index.ts:1:1: Cannot find package 'no-such-package'",
  ],
  [
    'another module of ours',
    { p: { 'index.ts': 'import { createGateway } from <headgate>' } },
    'p/index.ts:1:1: a plugin may import headgate/plugin and nothing else of the gateway',
  ],
  [
    'a circle',
    { p: { 'index.ts': "import './a.ts'", 'a.ts': "import './index.ts'" } },
    'p/a.ts:1:1: files that import each other in a circle are not supported: index.ts → a.ts → index.ts',
  ],
  ['an exported variable', { p: { 'index.ts': 'export let a = 1' } }, 'p/index.ts:1:1: export let: '],
  ['a file loaded late', { p: { 'index.ts': "\nawait import('./a.ts')" } }, 'p/index.ts:2:7: import("./a.ts"): '],
  ['no default export', { p: { 'index.ts': 'export const a = 1' } }, 'p/index.ts:1:1: there is no default export'],
  ['no name', { p: { 'index.ts': 'export default { onEnd() {} }' } }, 'p/index.ts:1:1: a plugin needs a name'],
  ['no hook', { p: { 'index.ts': "export default { name: 'x' }" } }, 'p/index.ts:1:1: a plugin needs one of onRequest'],
  [
    'a slip',
    { p: { 'index.ts': "export default { name: 'x', onRequst() {} }" } },
    'p/index.ts:1:1: a plugin has no "onRequst"',
  ],
  [
    'an async hook without saying so',
    { p: { 'index.ts': "export default { name: 'x', async onRequest() {} }" } },
    'p/index.ts:1:1: onRequest is async: write "async: true"',
  ],
  [
    'an async response hook',
    { p: { 'index.ts': "export default { name: 'x', async: true, async onResponse() {} }" } },
    'p/index.ts:1:1: onResponse cannot be async',
  ],
  [
    'a schema with a slip',
    { p: { 'index.ts': "export default { name: 'x', onEnd() {}, schema: { type: 'object', propertys: {} } }" } },
    'p/index.ts:1:1: schema.propertys: this keyword is not supported',
  ],
  [
    'a schema of something else',
    { p: { 'index.ts': "export default { name: 'x', onEnd() {}, schema: { type: 'string' } }" } },
    'p/index.ts:1:1: schema: options are a block of keys',
  ],
  [
    'a schema that says nothing',
    { p: { 'index.ts': "export default { name: 'x', onEnd() {}, schema: { type: 'object', required: ['a'] } }" } },
    'p/index.ts:1:1: schema.required: "a" is not one of the properties',
  ],
]

for (const [name, files, expected] of FAILS) {
  t.test(name, async (t) => {
    const { problem = '' } = await read(t, files)
    t.ok(problem.startsWith(expected), problem)
  })
}

t.test('what is looked at again when it changes', async (t) => {
  const { files, folder } = await read(t, { p: { 'index.ts': "import './a.ts'", 'a.ts': "import './gone.ts'" } })
  t.same(
    files,
    ['index.ts', 'a.ts', 'gone.ts'].map((name) => join(folder, 'p', name)),
  )
})

t.test('a package is found from the folder of the configuration', async (t) => {
  const plugin = named('', "'x'")
  const folder = t.testdir({
    node_modules: {
      a: { 'package.json': '{ "name": "a", "main": "p.js", "type": "module" }', 'p.js': plugin },
      '@b': { c: { 'package.json': '{ "name": "@b/c", "exports": { "import": "./p.ts" } }', 'p.ts': plugin } },
    },
  })
  const readings = await readPlugins(
    ['a', '@b/c', 'gone'].map((name) => ({ path: null, package: name })),
    folder,
  )
  t.same(
    readings.map(({ problem }) => problem),
    ['', '', `the package "gone" is not found from ${folder}; install it there`],
  )
})
