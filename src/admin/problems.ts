// Why the admin API refuses something: one table of stable codes, written as RFC 9457 says.

const TYPE = 'https://headgate.dev/admin/'

const problem = (status: number, title: string): { readonly status: number; readonly title: string } => ({ status, title })

export const PROBLEMS = {
  'bad-request': problem(400, 'The request cannot be read'),
  token: problem(401, 'A bearer token is needed'),
  host: problem(403, 'This Host is not served'),
  origin: problem(403, 'Calls from pages of other sites are refused'),
  'read-only': problem(403, 'The admin API is read-only'),
  'not-found': problem(404, 'There is no such call'),
  'method-not-allowed': problem(405, 'The call takes another method'),
  'header-timeout': problem(408, 'The request head did not arrive in time'),
  'body-limit': problem(413, 'The body is too large'),
  expectation: problem(417, 'What Expect asks for is not to be had'),
  'header-limit': problem(431, 'The request head is too large'),
  internal: problem(500, 'The call failed'),
  'not-supported': problem(501, 'The call is not supported yet'),
  unavailable: problem(503, 'Nobody is there to answer'),
  'too-many-watchers': problem(503, 'Too many watch already'),
} as const

export type ProblemCode = keyof typeof PROBLEMS

export function problemBody(code: ProblemCode, detail: string): string {
  const { status, title } = PROBLEMS[code]
  return `${JSON.stringify({ type: `${TYPE}${code}`, title, status, code, detail })}\n`
}
