// Sizes and buffers: how large bodies may be, and what nginx does with them on the way.

import { differs, exact, grave, type Theme, theme } from '../entry.ts'
import { integer, onOff, size } from '../values.ts'

export const bodies: Theme = theme(
  'Bodies and buffers',
  {
    'proxy-body-size': grave(exact(size, 'filter `bodyLimit`; `0` is no limit', '8m')),
    'client-body-buffer-size': differs(size, 'bodies are passed on as they come, in bounded buffers of our own', '16k'),
    'proxy-request-buffering': differs(
      onOff,
      'requests are passed on as they come: `off` is what happens, `on` is not done',
      'off',
    ),
    'proxy-buffering': differs(onOff, 'answers are passed on as they come: `off` is what happens, `on` is not done', 'off'),
    'proxy-buffer-size': differs(size, 'heads of answers may have 64 KiB whatever it says', '8k'),
    'proxy-buffers-number': differs(integer(1, 100_000), 'buffers are our own, and bounded', '4'),
    'proxy-busy-buffers-size': differs(size, 'buffers are our own, and bounded', '16k'),
    'proxy-max-temp-file-size': differs(size, 'nothing is written to files', '1024m'),
  },
  (values, draft) => {
    const limit = values['proxy-body-size']
    if (limit !== undefined && limit > 0) draft.bodyLimit = limit
    for (const name of ['proxy-buffering', 'proxy-request-buffering'] as const) if (values[name] === false) draft.exact(name)
  },
)
