// Paths of files, and secrets: themselves, or where they stand.

import * as z from 'zod'
import { block, expecting, refuse, text } from './written.ts'

export const fileName = () =>
  text(
    'the path of a file',
    (written) => (written === '' || written.includes('\0') ? refuse('this is not the path of a file') : written),
    {
      title: 'path',
    },
  )

export const secret = z.union([
  z.string().min(1, 'an empty secret protects nothing'),
  block({
    env: z.string(expecting('the name of an environment variable')).min(1).describe('Name of an environment variable.'),
  }),
  block({ file: fileName().describe('Path of a file that holds it, relative to the file it is written in.') }),
])
