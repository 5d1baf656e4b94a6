// One route, or a few: what clients get, and what the gateway does with their requests.

import { dashboard, HERE, labelVariable } from './dashboard.ts'
import { series, stat } from './panels.ts'

const RATE = '[$__rate_interval]'
const ROUTE = `${HERE},route=~"$route"`
const quantile = (q: number): string =>
  `histogram_quantile(${q}, sum by (route, le) (rate(headgate_request_duration_seconds_bucket{${ROUTE}}${RATE})))`

export const route = dashboard({
  title: 'Headgate / Route',
  description: 'What clients of a route get: how much, how fast, from which upstream, and what is denied.',
  variables: [labelVariable('route', 'Route', 'headgate_request_duration_seconds_count{job=~"$job"}')],
  rows: [
    {
      title: 'Now',
      panels: [
        stat('Requests', 'Answered per second.', 'reqps', `sum(rate(headgate_requests_total{${ROUTE}}${RATE}))`, { width: 6 }),
        stat(
          'Error share',
          'Share of answers with status 5xx.',
          'percentunit',
          `sum(rate(headgate_requests_total{${ROUTE},code=~"5.."}${RATE})) / sum(rate(headgate_requests_total{${ROUTE}}${RATE})) or vector(0)`,
          {
            width: 6,
            steps: [
              [0.01, 'orange'],
              [0.05, 'red'],
            ],
          },
        ),
        stat(
          'Mean duration',
          'Of all requests; percentiles are below.',
          's',
          `sum(rate(headgate_request_duration_seconds_sum{${ROUTE}}${RATE})) / sum(rate(headgate_request_duration_seconds_count{${ROUTE}}${RATE}))`,
          {
            width: 6,
            steps: [
              [1, 'orange'],
              [5, 'red'],
            ],
          },
        ),
        stat(
          'Slower than 500 ms',
          'Share of requests that took longer: what the latency alerts count.',
          'percentunit',
          `1 - sum(rate(headgate_request_duration_seconds_bucket{${ROUTE},le="0.5"}${RATE})) / sum(rate(headgate_request_duration_seconds_count{${ROUTE}}${RATE}))`,
          {
            width: 6,
            steps: [
              [0.01, 'orange'],
              [0.06, 'red'],
            ],
          },
        ),
      ],
    },
    {
      title: 'Answers',
      panels: [
        series(
          'By status',
          'Answers per second by the status that clients got.',
          'reqps',
          [[`sum by (route, code) (rate(headgate_requests_total{${ROUTE}}${RATE}))`, '{{route}} {{code}}']],
          { stacked: true },
        ),
        series(
          'By upstream',
          'Which upstream answered: weights, failover. Without one the gateway answered by itself.',
          'reqps',
          [[`sum by (route, upstream) (rate(headgate_requests_total{${ROUTE}}${RATE}))`, '{{route}} to {{upstream}}']],
          { stacked: true },
        ),
        series(
          'Error share',
          'Share of 5xx answers; the line is where the alert begins.',
          'percentunit',
          [
            [
              `sum by (route) (rate(headgate_requests_total{${ROUTE},code=~"5.."}${RATE})) / sum by (route) (rate(headgate_requests_total{${ROUTE}}${RATE}))`,
              '{{route}}',
            ],
          ],
          { steps: [[0.05, 'red']] },
        ),
        series('Latency', 'From the first byte of a request to the last byte of its answer.', 's', [
          [quantile(0.5), '{{route}} 50 %'],
          [quantile(0.9), '{{route}} 90 %'],
          [quantile(0.99), '{{route}} 99 %'],
        ]),
      ],
    },
    {
      title: 'Filters and plugins',
      panels: [
        series(
          'Denied',
          'Requests that filters denied; observe: that they would have denied.',
          'reqps',
          [
            [
              `sum by (route, filter, mode) (rate(headgate_filter_denials_total{${ROUTE}}${RATE}))`,
              '{{route}} {{filter}} {{mode}}',
            ],
          ],
          { width: 8 },
        ),
        series(
          'Plugins: time of a call',
          '99th percentile over all routes. Hooks are synchronous: what they take, every request of the worker waits.',
          's',
          [
            [
              `histogram_quantile(0.99, sum by (plugin, le) (rate(headgate_plugin_duration_seconds_bucket{${HERE}}${RATE})))`,
              '{{plugin}}',
            ],
          ],
          { width: 8, steps: [[0.01, 'red']] },
        ),
        series(
          'Plugins: mistakes',
          'Per second: hooks that threw, and calls that took longer than their budget.',
          'ops',
          [
            [`sum by (plugin) (rate(headgate_plugin_errors_total{${HERE}}${RATE}))`, '{{plugin}} failed'],
            [`sum by (plugin) (rate(headgate_plugin_over_budget_total{${HERE}}${RATE}))`, '{{plugin}} over budget'],
          ],
          { width: 8 },
        ),
      ],
    },
  ],
})
