#!/usr/bin/env node
// The command `headgate`. Everything is imported when it is needed: a worker shares this file and little else with `check`.

const [command, ...rest] = process.argv.slice(2)

/** Exit code of what is a fault of the program, not of its input. */
const INTERNAL = 70
const OLDEST_NODE = 24

// Before anything is imported that an older Node does not have.
if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE) {
  process.stderr.write(
    `headgate: needs Node ${OLDEST_NODE} or newer, this is ${process.versions.node}; a checkout has one: node_modules/.bin/node\n`,
  )
  process.exit(1)
}

function crashed(error: unknown): void {
  process.stderr.write(`headgate: internal error: ${error instanceof Error ? error.stack : String(error)}\n`)
  process.exit(INTERNAL)
}

// Whoever read our output may be gone, e.g. with a supervisor that was killed: no reason to end.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})

if (command === 'worker' && process.send !== undefined) {
  const { startWorker } = await import('./app-worker.ts')
  startWorker()
} else if (command === 'courier' && process.send !== undefined) {
  const { runCourier } = await import('./supervisor/courier.ts')
  runCourier()
} else if (command === 'plugins' && process.send !== undefined) {
  const { runPluginReader } = await import('./plugins/reader-process.ts')
  runPluginReader()
} else {
  process.on('uncaughtException', crashed)
  const { runCommand } = await import('./cli/main.ts')
  const io = {
    out: (text: string) => void process.stdout.write(text),
    err: (text: string) => void process.stderr.write(text),
    env: process.env,
    program: import.meta.filename,
  }
  const code = await runCommand(command, rest, io, {
    file: import.meta.filename,
    manifest: new URL('../package.json', import.meta.url),
  })
  // Output to a pipe may still be on its way; what would keep the process alive otherwise is no longer wanted.
  process.exitCode = code
  process.stdout.write('', () => process.stderr.write('', () => process.exit(code)))
}
