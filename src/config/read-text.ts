// Reads a text file of bounded size.

import { createReadStream } from 'node:fs'

const MAX_BYTES = 16 * 1024 ** 2

/** The text, or the error that says in the operator's words why there is none. Pipes are read too. */
export async function readText(path: string): Promise<string | Error> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of createReadStream(path)) {
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes > MAX_BYTES) return new Error('it is larger than 16 MiB')
    }
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
  } catch (error) {
    return new Error(
      WORDS[(error as NodeJS.ErrnoException).code ?? ''] ?? (error instanceof Error ? error.message : String(error)),
    )
  }
}

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EISDIR: 'it is a directory',
  ERR_ENCODING_INVALID_ENCODED_DATA: 'it is not UTF-8',
}
