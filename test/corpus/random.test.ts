// Random streams of requests and random answers through a whole gateway: the invariants hold, and what the origin got is what
// llhttp reads in the client's bytes. HEADGATE_FUZZ_SEED repeats a run, HEADGATE_FUZZ_CASES stretches it.

import t from 'tap'
import { systemRandom } from '../../src/model/clock.ts'
import { type Reading, type ReadMessage, RequestOracle, readResponse } from '../http1/fuzz-llhttp.ts'
import { request, response } from '../http1/fuzz-messages.ts'
import { mutate } from '../http1/fuzz-mutations.ts'
import { Dice } from '../http1/fuzz-random.ts'
import { responseComplaints } from './invariants.ts'
import type { Anything } from './lab.ts'
import { openLab } from './open-lab.ts'
import type { Script } from './origin.ts'
import type { SeenRequest } from './request-splitter.ts'
import type { SeenResponse } from './response-reader.ts'
import { valuesOf } from './wire.ts'

const seed = Number(process.env.HEADGATE_FUZZ_SEED ?? Math.floor(systemRandom() * 2 ** 32))
const CASES = Math.ceil(Number(process.env.HEADGATE_FUZZ_CASES ?? 20000) / 50)

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

/** A response that a client takes for whole must be the one that llhttp reads in the origin's bytes. */
function compareAnswer(response: SeenResponse | undefined, reading: Reading, bytes: string): string[] {
  if (response === undefined) return []
  const problems = responseComplaints(response)
  if (!response.complete || valuesOf(response.fields, 'x-headgate-reason').length > 0) return problems
  const read = reading.messages[0]
  // A later version is spoken to as HTTP/1.1; llhttp does not know it.
  if (reading.error === 'HPE_INVALID_VERSION') return problems
  // It takes such a trailer for a field of the message; we drop it.
  if (/^(?:content-length|transfer-encoding):/im.test(bytes.slice(bytes.indexOf('\r\n\r\n')))) return problems
  if (read?.complete !== true)
    problems.push(`the client got a whole ${response.status}, llhttp reads no end (${reading.error})`)
  else if (read.status !== response.status) problems.push(`the client got ${response.status}, llhttp reads ${read.status}`)
  else if (read.body !== response.body)
    problems.push(`the client got ${JSON.stringify(response.body)}, llhttp reads ${JSON.stringify(read.body)}`)
  return problems
}

t.test('random answers', async (t) => {
  t.comment(`seed ${seed}`)
  const lab = await openLab(t)
  const found: string[] = []
  let whole = 0
  for (let number = 0; number < CASES; number++) {
    const dice = new Dice(seed + number * 0x9e3779b1)
    const bytes = mutate(dice, response(dice), response(dice))
    const cut = dice.below(bytes.length)
    const send = dice.chance(0.5) ? [bytes] : [bytes.slice(0, cut), 0, bytes.slice(cut)]
    const { problems, client } = await lab.runAnswer(`answer ${number}`, { send, fin: true })
    const first = client.reader.responses[0]
    if (first?.complete === true && first.status !== 502) whole++
    problems.push(...compareAnswer(first, await readResponse(bytes, 'GET'), bytes))
    if (problems.length > 0) found.push(`answer ${number} (seed ${seed}): ${problems.join('; ')}: ${JSON.stringify(send)}`)
  }
  t.strictSame(found, [], `HEADGATE_FUZZ_SEED=${seed}`)
  t.strictSame(lab.crashes, [], 'I7: nothing was thrown')
  t.ok(whole > CASES / 10, `${whole} answers arrived`)
})
