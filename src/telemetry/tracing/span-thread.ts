// The thread that sends the spans of a process: what its main thread hands over goes to collectors from here.

import { parentPort, workerData } from 'node:worker_threads'
import { Collectors } from './collectors.ts'
import type { ForThread, FromThread } from './span-messages.ts'

const port = parentPort
if (port === null) throw new Error('this is not a program of its own')

const say = (message: FromThread): void => port.postMessage(message)

const collectors = new Collectors({
  instance: workerData as string,
  sent: (count) => say({ type: 'sent', count }),
  dropped: (count) => say({ type: 'dropped', count }),
  said: (collector, error) => say({ type: 'said', collector, error: error === null ? null : error.message }),
})

async function take(message: ForThread): Promise<void> {
  if (message.type === 'follow') await collectors.follow(message.settings)
  else if (message.type === 'spans') {
    collectors.take(message.batch)
    say({ type: 'taken' })
  } else {
    await collectors.close()
    say({ type: 'closed' })
  }
}

/** One after the other: a collector is there before spans for it come. What is thrown ends the thread. */
let taken = Promise.resolve()
port.on('message', (message: ForThread) => {
  taken = taken.then(() => take(message))
})
