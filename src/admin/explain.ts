// POST /explain: reads the question, asks a data plane, answers.

import { readExplainRequest } from '../explain/read-request.ts'
import { type Answer, json, refusal } from './answer.ts'
import type { AdminState } from './state.ts'

export async function answerExplain(state: AdminState, body: Buffer): Promise<Answer> {
  let written: unknown
  try {
    written = JSON.parse(body.toString('utf8'))
  } catch {
    return refusal('bad-request', 'the body is not JSON; send {"method": "GET", "url": "http://host/path", "headers": {}}')
  }
  const request = readExplainRequest(written)
  if (typeof request === 'string') return refusal('bad-request', request)
  const explained = await state.explain(request).catch((error: Error) => error)
  if (explained instanceof Error) return refusal('unavailable', explained.message)
  return 'refused' in explained ? refusal('bad-request', explained.refused) : json(200, explained.explanation)
}
