// Makes a fresh clone ready: installs the locked packages when the lock file changed, then checks that Node is new enough.
// Runs before `npm start` and `npm test` on whatever Node (20 or later) npm came with, so: plain JavaScript, no dependencies.

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  accessSync,
  constants,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** The oldest Node that runs the source as it is: it strips types without a flag. */
const OLDEST_NODE = 24

/** Lies inside node_modules, so that an interrupted or removed install also loses its stamp. */
const STAMP = join('node_modules', '.headgate-installed')

/** What is recorded after an install: it is repeated when this differs. */
export function installKey(root) {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
  return `${lock} ${process.platform}-${process.arch}\n`
}

export function isInstalled(root) {
  try {
    return readFileSync(join(root, STAMP), 'utf8') === installKey(root)
  } catch {
    return false
  }
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

/** The npm that started us; when started by hand, the one beside this Node or on the PATH. */
function findNpm() {
  const fromNpm = process.env.npm_execpath
  if (fromNpm !== undefined && /npm-cli\.[cm]?js$/.test(fromNpm)) return { script: fromNpm }
  return { command: process.platform === 'win32' ? 'npm.cmd' : 'npm' }
}

/** A Node that `npm ci` will not delete while it runs on it, and what to clean up afterwards. */
function findSafeNode(root, npmNode = process.env.npm_node_execpath ?? process.execPath) {
  const inside = resolve(root, 'node_modules') + sep
  const name = process.platform === 'win32' ? 'node.exe' : 'node'
  const onPath = (process.env.PATH ?? '').split(delimiter).map((folder) => resolve(folder, name))
  const found = [npmNode, process.execPath, ...onPath].find((path) => !resolve(path).startsWith(inside) && isExecutable(path))
  if (found !== undefined) return { node: found, cleanUp: () => {} }
  const folder = mkdtempSync(join(tmpdir(), 'headgate-node-'))
  const copy = join(folder, name)
  copyFileSync(process.execPath, copy)
  return { node: copy, cleanUp: () => rmSync(folder, { recursive: true, force: true }) }
}

/** PATH without the packages' own commands: what npm starts must not be deleted under its feet either. */
function pathWithoutPackages(root, node) {
  const inside = resolve(root, 'node_modules') + sep
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => !`${resolve(folder)}${sep}`.startsWith(inside))
  return [resolve(node, '..'), ...folders].join(delimiter)
}

/** npm 10 loses the link to the packaged Node: it cleans up after the ones for other systems, whose links have the same name. */
function linkNode(root) {
  const link = join(root, 'node_modules', '.bin', 'node')
  const node = ['node', 'node-bin']
    .map((name) => join(root, 'node_modules', `${name}-${process.platform}-${process.arch}`, 'bin', 'node'))
    .find(isExecutable)
  if (node === undefined || isExecutable(link)) return
  mkdirSync(resolve(link, '..'), { recursive: true })
  removeLink(link)
  symlinkSync(relative(resolve(link, '..'), node), link)
}

/** Runs `npm ci`; install scripts stay off, because no package here needs one and npm 12 blocks them anyway. */
function install(root) {
  const npm = findNpm()
  const { node, cleanUp } = findSafeNode(root)
  const args = ['ci', '--ignore-scripts', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error']
  const options = { cwd: root, stdio: ['ignore', 2, 2], env: { ...process.env, PATH: pathWithoutPackages(root, node) } }
  console.error('headgate: installing the locked packages (npm ci), once per change of package-lock.json ...')
  try {
    const run =
      npm.script === undefined
        ? spawnSync(npm.command, args, { ...options, shell: process.platform === 'win32' })
        : spawnSync(node, [npm.script, ...args], options)
    if (run.error !== undefined) throw new Error(`npm could not be started: ${run.error.message}`)
    if (run.status !== 0) throw new Error(`npm ci failed (${run.signal ?? `exit code ${run.status}`}); its own lines are above`)
  } finally {
    cleanUp()
  }
}

function versionOf(node) {
  const run = spawnSync(node, ['--version'], { encoding: 'utf8' })
  return run.status === 0 ? run.stdout.trim() : undefined
}

/**
 * Checks the Node that package scripts will find first: the one that came as a package, else the machine's own. A packaged
 * one that does not run here (another C library, say) steps aside for the machine's own if that is new enough.
 */
export function checkNode(root) {
  const packaged = join(root, 'node_modules', '.bin', process.platform === 'win32' ? 'node.cmd' : 'node')
  let version = versionOf(packaged)
  if (version === undefined) {
    const inside = resolve(root, 'node_modules') + sep
    if (!resolve(process.execPath).startsWith(inside)) version = process.version
    if (isNewEnough(version)) removeLink(packaged)
  }
  if (isNewEnough(version)) return version
  throw new Error(
    `Node ${OLDEST_NODE} or later is needed, found ${version ?? 'none that runs'}. There is a package of Node for Linux (x64, arm64) ` +
      `and macOS (arm64); on ${process.platform}-${process.arch} install Node ${OLDEST_NODE} or later and try again.`,
  )
}

function isNewEnough(version) {
  return version !== undefined && Number.parseInt(version.replace(/^v/, ''), 10) >= OLDEST_NODE
}

function removeLink(path) {
  try {
    unlinkSync(path)
  } catch {
    // There was none: the machine's own Node is all there is.
  }
}

/** Installs if needed. Throws an Error whose message is for the user. */
export function bootstrap(root) {
  if (!isInstalled(root)) {
    install(root)
    linkNode(root)
    checkNode(root)
    writeFileSync(join(root, STAMP), installKey(root))
    return
  }
  checkNode(root)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    bootstrap(resolve(fileURLToPath(import.meta.url), '..', '..'))
  } catch (error) {
    console.error(`headgate: ${error.message}`)
    process.exit(1)
  }
}
