// Times as they stand in logs. Many lines fall into one second, so that most of the work is done once for all of them.

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const

/** One second in one form. */
class Second {
  readonly #form: (date: Date) => string
  #second = Number.NaN
  #text = ''

  constructor(form: (date: Date) => string) {
    this.#form = form
  }

  of(second: number): string {
    if (second !== this.#second) {
      this.#text = this.#form(new Date(second * 1000))
      this.#second = second
    }
    return this.#text
  }
}

const iso = new Second((date) => date.toISOString().slice(0, 20))
const clf = new Second((date) => {
  const [day, month, year, time] = [
    date.getUTCDate(),
    date.getUTCMonth(),
    date.getUTCFullYear(),
    date.toISOString().slice(11, 19),
  ]
  return `${String(day).padStart(2, '0')}/${MONTHS[month]}/${year}:${time} +0000`
})

/** `2026-01-31T12:34:56.789Z`; throws for what is not a time. */
export function isoTime(ms: number): string {
  const second = Math.floor(ms / 1000)
  const rest = Math.floor(ms - second * 1000)
  return `${iso.of(second)}${rest < 10 ? '00' : rest < 100 ? '0' : ''}${rest}Z`
}

/** `31/Jan/2026:12:34:56 +0000`, as Apache writes it. */
export function apacheTime(ms: number): string {
  return clf.of(Math.floor(ms / 1000))
}
