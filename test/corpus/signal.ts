// Waiting on facts instead of sleeping: whoever changes something notifies, whoever waits looks again.

export class Signal {
  readonly #looks = new Set<() => void>()

  notify(): void {
    for (const look of this.#looks) look()
  }

  /** True as soon as `holds()` is true, false when `milliseconds` are over first. */
  until(holds: () => boolean, milliseconds: number): Promise<boolean> {
    if (holds()) return Promise.resolve(true)
    return new Promise((resolve) => {
      const finish = (result: boolean): void => {
        this.#looks.delete(look)
        clearTimeout(timer)
        resolve(result)
      }
      const look = (): void => {
        if (holds()) finish(true)
      }
      const timer = setTimeout(() => finish(holds()), milliseconds)
      this.#looks.add(look)
    })
  }
}
