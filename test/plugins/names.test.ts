// Plugins by name: routes that name one that is not there, and two of one name.

import t from 'tap'
import { createGateway, type GatewayConfigInput } from '../../src/index.ts'

const SOURCE = "export default { name: 'stamp', onEnd() {} }"

const config = (plugins: string[], name: string) =>
  ({
    plugins: plugins.map((path) => ({ path })),
    listeners: [{ name: 'web', bind: '127.0.0.1:0' }],
    routes: [{ name: 'all', to: [{ upstream: 'app', filters: [{ plugin: { name } }] }] }],
    upstreams: { app: { discovery: { static: ['127.0.0.1:1'] } } },
  }) as GatewayConfigInput

t.test('names', async (t) => {
  const folder = t.testdir({ 'a.js': SOURCE, 'b.js': SOURCE })
  const start = (...of: Parameters<typeof config>) => createGateway(config(...of)).start()
  const at = 'routes\\[0\\]\\.to\\[0\\]\\.filters\\[0\\]\\.plugin\\.name'
  await t.rejects(start([], 'stamp'), new RegExp(`^${at}: unknown plugin "stamp"; say under "plugins" where its code is`))
  await t.rejects(start([`${folder}/a.js`], 'stmp'), new RegExp(`^${at}: unknown plugin "stmp"; did you mean "stamp"\\?$`))
  await t.rejects(
    start([`${folder}/a.js`, `${folder}/b.js`], 'stamp'),
    /^plugins\[1\]\.path: the plugin "stamp" is there twice$/,
  )
  await t.rejects(start([`${folder}/gone.js`], 'gone'), /^plugins\[0\]\.path: .*gone\.js: there is no such file or folder$/)
  t.throws(() => createGateway(config([''], 'x')), /plugins\[0\]\.path: this is not the path of a file or folder/)
})

t.test('a plugin that is swapped by apply', async (t) => {
  const folder = t.testdir({ 'a.js': SOURCE, 'b.js': 'export default 3' })
  const gateway = createGateway(config([`${folder}/a.js`], 'stamp'))
  t.teardown(() => gateway.close())
  await gateway.start()
  await t.rejects(gateway.apply(config([`${folder}/b.js`], 'stamp')), /the default export is not a plugin/)
  await gateway.apply(config([`${folder}/a.js`], 'stamp'))
})
