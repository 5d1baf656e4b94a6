// What a query of Prometheus asks for: the metrics that it names, with their labels. Prometheus itself judges the rest.

export interface Selected {
  readonly metric: string
  readonly labels: readonly string[]
}

export interface Asked {
  readonly selected: readonly Selected[]
  /** In by, on, ignoring and the like: of one of the metrics. */
  readonly grouped: readonly string[]
}

const WORDS = new Set(['and', 'or', 'unless', 'bool', 'offset', 'inf', 'nan'])
const GROUPING = /\b(by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g

/** `query` as Prometheus or, with its variables, as Grafana takes it. */
export function askedBy(query: string): Asked {
  // Texts may hold anything; none of it is a name.
  const bare = query
    .replaceAll(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, '""')
    .replaceAll(/\[[^\]]*\]/g, '')
    .replaceAll(/\$\w+/g, '')
  const grouped: string[] = []
  const ungrouped = bare.replaceAll(GROUPING, (_, _word, labels: string) => {
    for (const label of labels.split(',')) if (label.trim() !== '') grouped.push(label.trim())
    return ' '
  })
  const selected: Selected[] = []
  for (const [, metric = '', matchers, call] of ungrouped.matchAll(/([a-zA-Z_:][\w:]*)\s*(?:\{([^}]*)\})?\s*(\()?/g)) {
    if (call !== undefined || WORDS.has(metric.toLowerCase())) continue
    const labels = [...(matchers ?? '').matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = '']) => label)
    selected.push({ metric, labels })
  }
  return { selected, grouped }
}
