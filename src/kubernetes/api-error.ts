// What an API server says no with, in the words of its Status object where it sent one.

export class ApiError extends Error {
  override readonly name = 'ApiError'
  /** HTTP status, or the code of a Status object inside a watch. */
  readonly status: number
  /** What the API server asks to wait (ms); null = nothing. */
  readonly retryAfter: number | null

  constructor(status: number, message: string, retryAfter: number | null = null) {
    super(message)
    this.status = status
    this.retryAfter = retryAfter
  }

  /** The version that a list or watch asked for is not there any more. */
  get gone(): boolean {
    return this.status === 410
  }
}

const LONGEST_MESSAGE = 500

/** From an answer: `body` may be a Status object, or anything. `retryAfter` is the header. */
export function apiError(status: number, body: string, retryAfter: string | undefined): ApiError {
  const seconds = Number(retryAfter)
  const wait = retryAfter !== undefined && seconds >= 0 ? seconds * 1000 : null
  return new ApiError(status, messageOf(body) ?? `the API server answers ${status}`, wait)
}

/** From the object of an ERROR event. */
export function statusError(object: unknown): ApiError {
  const { code, message } = Object(object) as { code?: unknown; message?: unknown }
  const said =
    typeof message === 'string' && message !== '' ? message.slice(0, LONGEST_MESSAGE) : 'the watch ended with an error'
  return new ApiError(typeof code === 'number' ? code : 500, said)
}

function messageOf(body: string): string | null {
  try {
    const { message } = Object(JSON.parse(body)) as { message?: unknown }
    return typeof message === 'string' && message !== '' ? message.slice(0, LONGEST_MESSAGE) : null
  } catch {
    return null
  }
}
