// config/systemd/headgate.service: a unit that systemd understands, which starts what is built and waits for the drain.

import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { normalizeConfig } from '../../src/config/parse.ts'
import { root } from '../repository/source-files.ts'

const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const unit = read('config/systemd/headgate.service')
const settings = new Map([...unit.matchAll(/^(\w+)=(.*)$/gm)].map(([, key = '', value = '']) => [key, value]))

t.test('starts what npm run build makes, by the Node that comes with the packages', async (t) => {
  const [node = '', script = '', ...argv] = settings.get('ExecStart')?.split(' ') ?? []
  const folder = settings.get('WorkingDirectory') ?? ''
  t.equal(node, join(folder, 'node_modules/.bin/node'))
  t.equal(script, (JSON.parse(read('package.json')) as { bin: { headgate: string } }).bin.headgate)
  t.strictSame(argv.slice(0, 2), ['run', '-c'])
  t.match(settings.get('ExecReload'), /-HUP \$MAINPID$/)
})

t.test('is given the time that a drain takes', async (t) => {
  const parsed = normalizeConfig({})
  if ('errors' in parsed) throw new Error('an empty configuration is one')
  const { delay, timeout } = parsed.config.drain
  t.ok(Number(settings.get('TimeoutStopSec')) * 1000 > delay + timeout)
})

const noSystemd = spawnSync('systemd-analyze', ['--version']).status === 0 ? false : 'systemd-analyze is not on the PATH'
t.test('systemd has nothing to say', { skip: noSystemd }, async (t) => {
  const place = join(t.testdir({}), 'headgate.service')
  const verify = (text: string) => {
    // The programs are not where the unit has them.
    writeFileSync(place, text.replaceAll(/^(Exec\w+=)\S+/gm, `$1${process.execPath}`))
    return spawnSync('systemd-analyze', ['verify', '--man=no', place], { encoding: 'utf8' }).stderr.replaceAll(
      /^(?!.*headgate).*\n/gm,
      '',
    )
  }
  t.equal(verify(unit), '')
  t.match(verify(unit.replace('TimeoutStopSec=', 'TimeoutStoppSec=')), /TimeoutStoppSec/, 'a mistake is seen')
})
