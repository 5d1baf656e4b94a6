// Random streams of requests and random answers through a whole gateway: the invariants hold, and what the origin got is what
// llhttp reads in the client's bytes. HEADGATE_FUZZ_SEED repeats a run.

import t from 'tap'
import { systemRandom } from '../../src/model/clock.ts'
import { type Reading, type ReadMessage, RequestOracle } from '../http1/fuzz-llhttp.ts'
import { request, response } from '../http1/fuzz-messages.ts'
import { mutate } from '../http1/fuzz-mutations.ts'
import { Dice } from '../http1/fuzz-random.ts'
import type { Anything } from './lab.ts'
import { openLab } from './open-lab.ts'
import type { Script } from './origin.ts'
import type { SeenRequest } from './request-splitter.ts'

const seed = Number(process.env.HEADGATE_FUZZ_SEED ?? Math.floor(systemRandom() * 2 ** 32))
const CASES = 1000

function answer(dice: Dice): Script | null {
  if (dice.chance(0.5)) return null
  const bytes = mutate(dice, response(dice), response(dice))
  const cut = dice.below(bytes.length)
  const send = dice.chance(0.5) ? [bytes] : [bytes.slice(0, cut), 0, bytes.slice(cut)]
  return { on: dice.chance(0.2) ? 'head' : 'end', send, fin: true }
}

function anything(number: number): Anything {
  const dice = new Dice(seed + number * 0x9e3779b1)
  let bytes = ''
  for (let count = 1 + dice.below(3); count > 0; count--) bytes += mutate(dice, request(dice), request(dice))
  const cuts = Array.from({ length: dice.below(5) }, () => dice.below(bytes.length))
  return { name: `case ${number}`, bytes, cuts: cuts.sort((a, b) => a - b), origin: answer(dice) }
}

/** What llhttp does not read on behind, though it is well formed: see the differential test. */
const ENDS_EARLY = [
  'HPE_INVALID_METHOD',
  'HPE_INVALID_VERSION',
  'HPE_INVALID_CONTENT_LENGTH',
  'HPE_INVALID_TRANSFER_ENCODING',
  'HPE_CLOSED_CONNECTION',
]

const essence = (request: SeenRequest | ReadMessage): string =>
  JSON.stringify('reader' in request ? [request.method, request.reader.body] : [request.method, request.body])

/** `OPTIONS *`, in either form, is answered by the gateway. */
const isForGateway = ({ method, url }: ReadMessage): boolean => method === 'OPTIONS' && /^(?:\*|http:\/\/[^/?]*)$/i.test(url)

/** The origin's whole requests must be the first ones that llhttp reads. */
function compareOrder(seen: readonly SeenRequest[], reading: Reading, bytes: string): string[] {
  const whole = seen.filter((one) => one.complete)
  const read = reading.messages.filter((one) => one.complete && !isForGateway(one))
  const problems: string[] = []
  for (let i = 0; i < Math.min(whole.length, read.length); i++) {
    const [ours, theirs] = [essence(whole[i] as SeenRequest), essence(read[i] as ReadMessage)]
    if (ours !== theirs) problems.push(`request ${i + 1}: the origin got ${ours}, llhttp reads ${theirs}`)
  }
  const isExcused = ENDS_EARLY.includes(reading.error) || /upgrade/i.test(bytes)
  if (whole.length > read.length && !isExcused) {
    problems.push(`the origin got ${whole.length} requests, llhttp reads ${read.length} (${reading.error})`)
  }
  return problems
}

for (const clientClose of ['answer', 'abort']) {
  t.test(`clientClose: ${clientClose}`, async (t) => {
    t.comment(`seed ${seed}`)
    const oracle = new RequestOracle()
    t.teardown(() => oracle.close())
    const lab = await openLab(t, { listener: { clientClose } })
    const found: string[] = []
    let whole = 0
    for (let number = 0; number < CASES; number++) {
      const entry = anything(number)
      const { problems, requests } = await lab.runAnything(entry)
      // A retry makes two requests of one; only without a script every request is answered at once.
      if (entry.origin === null) problems.push(...compareOrder(requests, await oracle.read(entry.bytes), entry.bytes))
      whole += requests.filter((one) => one.complete).length
      if (problems.length > 0) found.push(`${entry.name} (seed ${seed}): ${problems.join('; ')}: ${JSON.stringify(entry)}`)
    }
    t.strictSame(found, [], `HEADGATE_FUZZ_SEED=${seed}`)
    t.strictSame(lab.crashes, [], 'I7: nothing was thrown')
    t.ok(whole > CASES / 10, `${whole} requests arrived`)
  })
}
