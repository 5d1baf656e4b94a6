// Opens what log lines are appended to. Several processes write to one file, so every write appends at its end, and a pipe gets
// no more at once than it takes in one piece.

import { constants, fstatSync, openSync } from 'node:fs'

/** Something open for appending. */
export interface LogFile {
  readonly fd: number
  /** Most bytes of several lines that go into one write. */
  readonly writeBytes: number
  /** Longest line that is sure to stay in one piece when other processes write too. */
  readonly lineBytes: number
  /** Bytes of lines that are gathered before they are written; no line is longer. */
  readonly pageBytes: number
  /** It is a file, and which. */
  readonly regular: boolean
  readonly ino: number
  readonly dev: number
}

/** A regular file keeps every write together; the bounds are on memory. */
const REGULAR = { writeBytes: 128 * 1024, lineBytes: 16 * 1024, pageBytes: 128 * 1024 }
/** PIPE_BUF of Linux; also kept for sockets and terminals. */
const PIPE = { writeBytes: 4096, lineBytes: 4096, pageBytes: 4096 }
// Without O_NONBLOCK opening a named pipe that nobody reads would wait, and so would writing to a stalled one: the process could
// not even exit while a write hangs in it.
const FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK
const MODE = 0o640

/** Opens `stdout`, `stderr` or a path, which is made if it is not there; throws what `open` throws. */
export function openLogFile(file: string): LogFile {
  if (file === 'stdout') return standard(1)
  if (file === 'stderr') return standard(2)
  return withLimits(openSync(file, FLAGS | constants.O_CREAT, MODE))
}

function withLimits(fd: number): LogFile {
  const stat = fstatSync(fd)
  const regular = stat.isFile()
  return { fd, regular, ino: stat.ino, dev: stat.dev, ...(regular ? REGULAR : PIPE) }
}

/**
 * A pipe or terminal is opened anew, so that it does not wait here and stays as it is for everybody else who has it. A file is
 * not: whoever else writes to the same descriptor shares its position.
 */
function standard(fd: number): LogFile {
  const stat = fstatSync(fd)
  if (process.platform === 'linux' && (stat.isFIFO() || stat.isCharacterDevice())) {
    try {
      return withLimits(openSync(`/proc/self/fd/${fd}`, FLAGS))
    } catch {
      // Not ours to open (another user's terminal, no /proc): then as it is.
    }
  }
  return withLimits(fd)
}
