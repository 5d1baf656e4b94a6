// Waiting for a fact instead of for a time.

// A machine that others use too may take long: only what will never happen is given up.
const PATIENCE = 20_000

/** Resolves as soon as `holds`; rejects, naming `what`, when that takes too long. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, patience = PATIENCE): Promise<void> {
  const end = performance.now() + patience
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`waited in vain: ${what}`)
    await pause(2)
  }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
