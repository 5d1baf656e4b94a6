// A list of any length of which only what is seen is drawn. One stop for the Tab key; arrows move in it, Enter chooses.

import { useEffect, useId, useRef, useState } from 'preact/hooks'

export const ROW = 44
/** Rows beyond the edge that are drawn too. */
const BEYOND = 4

export interface ListBoxProps<T> {
  readonly label: string
  readonly items: readonly T[]
  readonly keyOf: (item: T) => string
  readonly row: (item: T) => preact.ComponentChildren
  readonly height: number
  readonly chosen: string | null
  /** null = it is not chosen any more. */
  readonly onChoose: (key: string | null) => void
  readonly onScroll?: (top: number) => void
}

export function ListBox<T>({ label, items, keyOf, row, height, chosen, onChoose, onScroll }: ListBoxProps<T>) {
  const id = useId()
  const box = useRef<HTMLDivElement>(null)
  const [top, setTop] = useState(0)
  const [active, setActive] = useState(0)
  const at = Math.min(active, Math.max(0, items.length - 1))
  const from = Math.max(0, Math.floor(top / ROW) - BEYOND)
  const to = Math.min(items.length, Math.ceil((top + height) / ROW) + BEYOND)

  const scroll = (): void => {
    const { scrollTop } = box.current as HTMLDivElement
    setTop(scrollTop)
    onScroll?.(scrollTop)
  }
  // A shorter list may have moved what is seen without a scroll event of its own.
  useEffect(scroll, [items.length])

  const move = (to: number): void => {
    const next = Math.max(0, Math.min(items.length - 1, to))
    setActive(next)
    const element = box.current as HTMLDivElement
    if (next * ROW < element.scrollTop) element.scrollTop = next * ROW
    else if ((next + 1) * ROW > element.scrollTop + element.clientHeight)
      element.scrollTop = (next + 1) * ROW - element.clientHeight
  }
  const choose = (index: number): void => {
    const item = items[index]
    if (item === undefined) return
    setActive(index)
    const key = keyOf(item)
    onChoose(key === chosen ? null : key)
  }
  const page = Math.max(1, Math.floor(height / ROW) - 1)
  const keys: Readonly<Record<string, () => void>> = {
    ArrowDown: () => move(at + 1),
    ArrowUp: () => move(at - 1),
    PageDown: () => move(at + page),
    PageUp: () => move(at - page),
    Home: () => move(0),
    End: () => move(items.length - 1),
    Enter: () => choose(at),
    ' ': () => choose(at),
    Escape: () => onChoose(null),
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    const act = keys[event.key]
    if (act === undefined || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    act()
  }

  return (
    <div
      class="list-box"
      role="listbox"
      aria-label={label}
      tabIndex={0}
      aria-activedescendant={items.length === 0 ? undefined : `${id}-${at}`}
      ref={box}
      style={{ height: `${height}px` }}
      onScroll={scroll}
      onKeyDown={onKeyDown}
    >
      {items.length === 0 && <p class="nothing">none</p>}
      <div style={{ height: `${items.length * ROW}px` }} class="list-space" role="presentation">
        {items.slice(from, to).map((item, i) => {
          const index = from + i
          const key = keyOf(item)
          return (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the list takes the keys
            // biome-ignore lint/a11y/useFocusableInteractive: the list has the focus
            <div
              key={key}
              id={`${id}-${index}`}
              role="option"
              aria-selected={key === chosen}
              aria-setsize={items.length}
              aria-posinset={index + 1}
              class={index === at ? 'row active' : 'row'}
              style={{ top: `${index * ROW}px`, height: `${ROW}px` }}
              onClick={() => choose(index)}
            >
              {row(item)}
            </div>
          )
        })}
      </div>
    </div>
  )
}
