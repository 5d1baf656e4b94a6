// One upstream, or a few: its endpoints, what was tried on them, and what protects them.

import { dashboard, HERE, labelVariable } from './dashboard.ts'
import { series, stat, table, timeline } from './panels.ts'

const RATE = '[$__rate_interval]'
const UPSTREAM = `${HERE},upstream=~"$upstream"`
const quantile = (q: number): string =>
  `histogram_quantile(${q}, sum by (upstream, le) (rate(headgate_attempt_duration_seconds_bucket{${UPSTREAM}}${RATE})))`

export const upstream = dashboard({
  title: 'Headgate / Upstream',
  description: 'The endpoints of an upstream: who is out, what fails, how long it takes, and what is held back.',
  variables: [labelVariable('upstream', 'Upstream', 'headgate_requests_in_flight{job=~"$job"}')],
  rows: [
    {
      title: 'Now',
      panels: [
        stat('Attempts', 'Tries at endpoints per second.', 'ops', `sum(rate(headgate_attempts_total{${UPSTREAM}}${RATE}))`),
        stat(
          'Failed attempts',
          'Share of tries that did not end well; cancelled ones are not counted.',
          'percentunit',
          `sum(rate(headgate_attempts_total{${UPSTREAM},outcome!~"ok|cancelled"}${RATE})) / sum(rate(headgate_attempts_total{${UPSTREAM}}${RATE})) or vector(0)`,
          {
            steps: [
              [0.01, 'orange'],
              [0.1, 'red'],
            ],
          },
        ),
        stat(
          'Endpoints up',
          'Share of endpoints that may be picked, as the instance sees it that sees least.',
          'percentunit',
          `min(avg by (instance) (headgate_endpoint_up{${UPSTREAM}}))`,
          { words: { '0': ['none', 'red'] } },
        ),
        stat('In flight', 'Requests that run on it now.', 'short', `sum(headgate_requests_in_flight{${UPSTREAM}})`),
        stat(
          'Waiting',
          'Requests that wait for a connection or for room under a limit.',
          'short',
          `sum(headgate_requests_pending{${UPSTREAM}})`,
          {
            steps: [
              [1, 'orange'],
              [100, 'red'],
            ],
          },
        ),
        stat(
          'Panic',
          'Whether health is ignored because too few endpoints are healthy.',
          'none',
          `max(headgate_panic{${UPSTREAM}})`,
          {
            words: { '0': ['no', 'green'], '1': ['panic', 'red'] },
          },
        ),
      ],
    },
    {
      title: 'Endpoints',
      panels: [
        timeline(
          'Who is out',
          'When each endpoint got requests, and when it was left out by one instance at least.',
          [`min by (upstream, endpoint) (headgate_endpoint_up{${UPSTREAM}})`, '{{upstream}} {{endpoint}}'],
          { '0': ['out', 'red'], '1': ['up', 'green'] },
        ),
        table(
          'Failures by endpoint',
          'Failed tries in the last 15 minutes, by how they ended.',
          'short',
          `sum by (upstream, endpoint, outcome) (increase(headgate_attempts_total{${UPSTREAM},outcome!="ok"}[15m])) > 0`,
          { upstream: 'upstream', endpoint: 'endpoint', outcome: 'outcome', Value: 'times' },
        ),
        series('Attempts by endpoint', 'Tries per second: whether load is spread as the balancer should.', 'ops', [
          [`sum by (upstream, endpoint) (rate(headgate_attempts_total{${UPSTREAM}}${RATE}))`, '{{upstream}} {{endpoint}}'],
        ]),
        series(
          'Attempts by outcome',
          'Tries per second by how they ended.',
          'ops',
          [[`sum by (upstream, outcome) (rate(headgate_attempts_total{${UPSTREAM}}${RATE}))`, '{{upstream}} {{outcome}}']],
          { stacked: true },
        ),
      ],
    },
    {
      title: 'Time and load',
      panels: [
        series('Duration of attempts', 'From the start of a try to its outcome.', 's', [
          [quantile(0.5), '{{upstream}} 50 %'],
          [quantile(0.9), '{{upstream}} 90 %'],
          [quantile(0.99), '{{upstream}} 99 %'],
        ]),
        series(
          'Running and waiting',
          'Requests that run and that wait, and what the adaptive limit allows where there is one.',
          'short',
          [
            [`sum by (upstream) (headgate_requests_in_flight{${UPSTREAM}})`, '{{upstream}} running'],
            [`sum by (upstream) (headgate_requests_pending{${UPSTREAM}})`, '{{upstream}} waiting'],
            [`sum by (upstream) (headgate_upstream_limit{${UPSTREAM}})`, '{{upstream}} limit'],
          ],
        ),
        series(
          'Connections',
          'Open connections to endpoints, by what they do.',
          'short',
          [[`sum by (upstream, state) (headgate_upstream_connections{${UPSTREAM}})`, '{{upstream}} {{state}}']],
          { stacked: true },
        ),
        series(
          'Copies that were dropped',
          'Mirrored requests that were not sent to this upstream, per second, by why.',
          'ops',
          [[`sum by (upstream, reason) (rate(headgate_mirror_dropped_total{${UPSTREAM}}${RATE}))`, '{{upstream}} {{reason}}']],
        ),
      ],
    },
    {
      title: 'Resilience',
      panels: [
        series(
          'Retries',
          'Further tries per second by why and with what result; budget: it was not tried, because too much is.',
          'ops',
          [
            [
              `sum by (upstream, reason, result) (rate(headgate_retries_total{${UPSTREAM}}${RATE}))`,
              '{{upstream}} {{reason}} {{result}}',
            ],
          ],
        ),
        series('Ejections', 'Endpoints that workers left out for a while, per second, by what they did.', 'ops', [
          [`sum by (upstream, reason) (rate(headgate_ejections_total{${UPSTREAM}}${RATE}))`, '{{upstream}} {{reason}}'],
        ]),
        timeline(
          'Breaker',
          'The worst of the workers and instances.',
          [`max by (upstream) (headgate_breaker_state{${UPSTREAM}})`, '{{upstream}}'],
          { '0': ['closed', 'green'], '1': ['half open', 'orange'], '2': ['open', 'red'] },
        ),
        series('Health checks', 'Probes per second by how they ended.', 'ops', [
          [`sum by (upstream, result) (rate(headgate_health_checks_total{${UPSTREAM}}${RATE}))`, '{{upstream}} {{result}}'],
        ]),
      ],
    },
    {
      title: 'Discovery',
      panels: [
        series(
          'Age of endpoints',
          'Since the last good answer of the discovery, at the instance that waits longest; the line is where the alert begins.',
          's',
          [[`max by (upstream) (headgate_discovery_age_seconds{${UPSTREAM}})`, '{{upstream}}']],
          { steps: [[300, 'red']] },
        ),
        series('Lookups', 'How often discovery asked, per second, by what came of it.', 'ops', [
          [`sum by (upstream, result) (rate(headgate_discovery_lookups_total{${UPSTREAM}}${RATE}))`, '{{upstream}} {{result}}'],
        ]),
      ],
    },
  ],
})
