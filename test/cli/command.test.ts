// Which command is meant, and what is refused.

import t from 'tap'
import { runCommand } from '../../src/cli/main.ts'

async function say(command: string | undefined, ...argv: string[]) {
  const said = { code: -1, out: '', err: '' }
  const io = {
    out: (text: string) => {
      said.out += text
    },
    err: (text: string) => {
      said.err += text
    },
    env: {},
  }
  const manifest = new URL('../../package.json', import.meta.url)
  said.code = await runCommand(command, argv, io, { file: 'unused', manifest })
  return said
}

t.test('help and version', async (t) => {
  t.match(await say('--help'), { code: 0, out: /^Usage: headgate COMMAND/, err: '' })
  t.match(await say('--version'), { code: 0, out: /^headgate \d+\.\d+\.\d+\n$/, err: '' })
  for (const command of ['run', 'check', 'schema']) {
    t.match(await say(command, '--help'), { code: 0, out: new RegExp(`^Usage: headgate ${command}`), err: '' })
  }
})

t.test('usage errors', async (t) => {
  t.match(await say(undefined), { code: 2, out: '', err: /^Usage/ })
  t.match(await say('rum'), { code: 2, out: '', err: /there is no command "rum"/ })
  t.match(await say('run'), { code: 2, err: /-c FILE is needed/ })
  t.match(await say('run', '-c', 'x', 'y'), { code: 2, err: /unexpected argument "y"/ })
  t.match(await say('run', '-x'), { code: 2, err: /-x/ })
  for (const workers of ['-1', 'two', '99999', '1.5', '']) {
    t.match(await say('run', '-c', 'x', `--workers=${workers}`), { code: 2, err: /--workers takes/ })
  }
})

t.test('a file that is not there', async (t) => {
  t.match(await say('run', '-c', '/nowhere/headgate.yaml'), {
    code: 1,
    out: '',
    err: /^\/nowhere\/headgate\.yaml:1:1: cannot be read/,
  })
})
