// Looks things up without remembering that it did, for what is made anew in each round.

import type { Read } from '../memo.ts'

export const plainRead: Read = (map, key) => map.get(key)
