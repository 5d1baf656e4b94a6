// Blocks back in the form in which they are written. A table for each block says how each of its keys is written: one that is added to
// the model and not here is an error of types.

import { isDeepStrictEqual } from 'node:util'

/** By key of the normalised block; undefined = it is not written. */
export type Keys<Block> = { readonly [Key in keyof Block]-?: (value: Block[Key]) => unknown }

export type Written = Readonly<Record<string, unknown>>

/** Without the keys that have the value of `defaults` anyway. */
export function writeBlock<Block extends object>(
  block: Block,
  keys: Keys<Block>,
  defaults: { readonly [Key in keyof Block]?: unknown } = {},
): Written {
  const written: [string, unknown][] = []
  for (const [key, write] of Object.entries(keys) as [keyof Block & string, (value: unknown) => unknown][]) {
    if (Object.hasOwn(defaults, key) && isDeepStrictEqual(block[key], defaults[key])) continue
    const value = write(block[key])
    if (value !== undefined) written.push([key, value])
  }
  return Object.fromEntries(written)
}

/** For blocks inside of blocks. */
export const inside =
  <Block extends object>(keys: Keys<Block>, defaults: Block | null = null): ((block: Block) => Written) =>
  (block) =>
    writeBlock(block, keys, defaults ?? {})
