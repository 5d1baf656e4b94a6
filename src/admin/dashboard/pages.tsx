// Turns the pages of a long table.

interface PagesProps {
  /** Of what, for who does not see the table. */
  readonly of: string
  /** From 0. */
  readonly page: number
  readonly size: number
  readonly rows: number
  readonly onPage: (page: number) => void
}

export function Pages({ of, page, size, rows, onPage }: PagesProps) {
  const last = Math.max(0, Math.ceil(rows / size) - 1)
  const from = rows === 0 ? 0 : page * size + 1
  return (
    <nav class="pages" aria-label={`Pages of ${of}`}>
      <button type="button" disabled={page === 0} onClick={() => onPage(page - 1)}>
        <span aria-hidden="true">‹</span>
        <span class="hidden">previous page</span>
      </button>
      <span class="nowrap">
        {from}–{Math.min(rows, (page + 1) * size)} of {rows.toLocaleString('en')}
      </span>
      <button type="button" disabled={page >= last} onClick={() => onPage(page + 1)}>
        <span aria-hidden="true">›</span>
        <span class="hidden">next page</span>
      </button>
    </nav>
  )
}
