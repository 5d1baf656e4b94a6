// The two charts, drawn by uPlot; their last values stand beside them as text.

import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import type { Point } from '../live/messages.ts'
import { duration, rate } from './words.ts'

const HEIGHT = 150
/** Ticks further apart than this were not looked at in between; seconds. */
const GAP_S = 5
/** What is shown at least, seconds. */
const SPAN_S = 60

interface Line {
  readonly label: string
  /** A colour of style.css. */
  readonly colour: string
  readonly dash?: readonly number[]
  readonly value: (point: Point) => number | null
}

interface ChartProps {
  readonly title: string
  readonly points: readonly Point[]
  readonly lines: readonly Line[]
  readonly inWords: (value: number | null) => string
  /** Changes when the colours do. */
  readonly theme: string
}

const TRAFFIC: readonly Line[] = [
  { label: 'requests', colour: '--chart-1', value: ({ requests }) => requests },
  { label: 'answered 5xx', colour: '--chart-bad', dash: [5, 3], value: ({ failed }) => failed },
]

const LATENCY: readonly Line[] = [
  { label: 'p50', colour: '--chart-2', value: ({ p50 }) => p50 },
  { label: 'p90', colour: '--chart-3', dash: [6, 3], value: ({ p90 }) => p90 },
  { label: 'p99', colour: '--chart-4', dash: [2, 2], value: ({ p99 }) => p99 },
]

const perSecond = (value: number | null): string => (value === null ? '–' : `${rate(value)}/s`)

export function Charts({ points, theme }: { readonly points: readonly Point[]; readonly theme: string }) {
  return (
    <>
      <Chart title="Requests per second" points={points} lines={TRAFFIC} inWords={perSecond} theme={theme} />
      <Chart title="Latency of the last 10 s" points={points} lines={LATENCY} inWords={duration} theme={theme} />
    </>
  )
}

function Chart({ title, points, lines, inWords, theme }: ChartProps) {
  const place = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | null>(null)
  const data = dataOf(points, lines)
  const last = points.at(-1)

  useEffect(() => {
    const element = place.current as HTMLDivElement
    const made = new uPlot(optionsOf(lines, inWords, element.clientWidth), data, element)
    plot.current = made
    const sizes = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }))
    sizes.observe(element)
    return () => {
      sizes.disconnect()
      made.destroy()
    }
  }, [theme])
  useEffect(() => plot.current?.setData(data))

  return (
    <figure class="card chart">
      <figcaption>
        <h2>{title}</h2>
        <span class="values">
          {lines.map(({ label, colour, value }) => (
            <span key={label} class="value">
              <span class="swatch" style={{ background: `var(${colour})` }} />
              {label} <b>{inWords(last === undefined ? null : value(last))}</b>
            </span>
          ))}
        </span>
      </figcaption>
      <div ref={place} class="plot" aria-hidden="true" />
    </figure>
  )
}

/** With a gap where nobody watched. */
function dataOf(points: readonly Point[], lines: readonly Line[]): uPlot.AlignedData {
  const times: number[] = []
  const values: (number | null)[][] = lines.map(() => [])
  for (const point of points) {
    const at = point.at / 1000
    const before = times.at(-1)
    if (before !== undefined && at - before > GAP_S) {
      times.push(before + 1)
      for (const line of values) line.push(null)
    }
    times.push(at)
    lines.forEach(({ value }, i) => {
      values[i]?.push(value(point))
    })
  }
  return [times, ...values]
}

function optionsOf(lines: readonly Line[], inWords: (value: number | null) => string, width: number): uPlot.Options {
  const colours = getComputedStyle(document.documentElement)
  const colour = (name: string): string => colours.getPropertyValue(name).trim()
  const axis = {
    stroke: colour('--muted'),
    grid: { stroke: colour('--grid'), width: 1 },
    ticks: { show: false },
    font: '11px system-ui, sans-serif',
  }
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { range: (_plot, min, max) => [Math.min(min, max - SPAN_S), max] },
      y: { range: (_plot, _min, max) => [0, Math.max(1, max * 1.1)] },
    },
    axes: [
      {
        ...axis,
        size: 26,
        space: 70,
        values: (_plot, at) => at.map((second) => new Date(second * 1000).toLocaleTimeString('en-GB')),
      },
      { ...axis, size: 58, space: 26, values: (_plot, values) => values.map(inWords) },
    ],
    series: [
      {},
      ...lines.map(({ label, colour: name, dash }, i) => ({
        label,
        stroke: colour(name),
        width: 1.75,
        points: { show: false },
        ...(dash === undefined ? {} : { dash: [...dash] }),
        ...(i === 0 ? { fill: `${colour(name)}22` } : {}),
      })),
    ],
  }
}
