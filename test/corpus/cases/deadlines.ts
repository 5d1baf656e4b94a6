// The cases of the corpus that end by a deadline: they run against a listener with short timeouts, all at once.

import { A, C5, type CorpusCase, chunked, G, P, R } from '../case.ts'

export const DEADLINES: readonly CorpusCase[] = [
  { id: 'RL-33c', name: 'a head that does not end', bytes: 'GET http:', expect: R(408) },
  { id: 'RL-33d', name: 'fields that do not end', bytes: `${G}X: y\r\n`, expect: R(408) },
  { id: 'CL-08b', name: 'half a body, then silence', bytes: `${P}Content-Length: 10\r\n\r\nhello`, expect: A(408) },
  { id: 'CL-13b', name: '1 MB announced, no body', bytes: `${P}Content-Length: 1000000\r\n\r\n`, expect: A(408) },
  { id: 'CH-14b', name: 'no last chunk, then silence', bytes: chunked('5\r\nhello\r\n'), expect: A(408) },
  { id: 'EX-05c', name: 'Expect, and the body never comes', bytes: `${P}Expect: 100-continue\r\n${C5}\r\n`, expect: A(408) },
  { id: 'PI-05c', name: 'the second head does not end', bytes: `${G}\r\nGET /2 HT`, expect: { ...R(408), answered: [{}] } },
]
