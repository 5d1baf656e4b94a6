// Is it well, and if not, where to look: for who has just been woken up.

import { dashboard, HERE } from './dashboard.ts'
import { series, stat, table } from './panels.ts'

const RATE = '[$__rate_interval]'
const quantile = (q: number): string =>
  `histogram_quantile(${q}, sum by (le) (rate(headgate_request_duration_seconds_bucket{${HERE}}${RATE})))`

export const overview = dashboard({
  title: 'Headgate / Overview',
  description: 'Whether the gateway is well, and which route, upstream or process to look at if not.',
  rows: [
    {
      title: 'Now',
      panels: [
        stat(
          'Requests',
          'Answered per second, by all instances together.',
          'reqps',
          `sum(rate(headgate_requests_total{${HERE}}${RATE}))`,
        ),
        stat(
          'Error share',
          'Share of answers with status 5xx, from endpoints or made by the gateway.',
          'percentunit',
          `sum(rate(headgate_requests_total{${HERE},code=~"5.."}${RATE})) / sum(rate(headgate_requests_total{${HERE}}${RATE})) or vector(0)`,
          {
            steps: [
              [0.01, 'orange'],
              [0.05, 'red'],
            ],
          },
        ),
        stat(
          '99th percentile',
          'One request in a hundred takes longer, from its first byte to the last byte of its answer.',
          's',
          quantile(0.99),
          {
            steps: [
              [1, 'orange'],
              [5, 'red'],
            ],
          },
        ),
        stat(
          'Endpoints out',
          'Endpoints that get no requests because probes or requests failed, as one instance at least sees it.',
          'none',
          `count(min by (upstream, endpoint) (headgate_endpoint_up{${HERE}}) == 0) or vector(0)`,
          {
            steps: [
              [1, 'orange'],
              [3, 'red'],
            ],
          },
        ),
        stat(
          'Upstreams without endpoint',
          'Upstreams of which not one endpoint is healthy. Their requests fail, go to `failover`, or to all endpoints in panic.',
          'none',
          `count(max by (instance, upstream) (headgate_endpoint_up{${HERE}}) == 0) or vector(0)`,
          { steps: [[1, 'red']] },
        ),
        stat(
          'Configuration',
          'Whether the configuration that was read last is in force everywhere.',
          'none',
          `max(headgate_config_refused{${HERE}})`,
          { words: { '0': ['in force', 'green'], '1': ['refused', 'red'] } },
        ),
      ],
    },
    {
      title: 'Requests',
      panels: [
        series(
          'Requests by status',
          'Answers per second by the status that clients got. 499: the client left first.',
          'reqps',
          [[`sum by (code) (rate(headgate_requests_total{${HERE}}${RATE}))`, '{{code}}']],
          { stacked: true },
        ),
        series('Latency', 'From the first byte of a request to the last byte of its answer; tunnels until they open.', 's', [
          [quantile(0.5), '50 %'],
          [quantile(0.9), '90 %'],
          [quantile(0.99), '99 %'],
        ]),
        series('Routes with the most errors', 'Answers 5xx per second of the ten routes that have most.', 'reqps', [
          [`topk(10, sum by (route) (rate(headgate_requests_total{${HERE},code=~"5.."}${RATE})) > 0)`, '{{route}}'],
        ]),
        series('Slowest routes', '99th percentile of the ten slowest routes.', 's', [
          [
            `topk(10, histogram_quantile(0.99, sum by (route, le) (rate(headgate_request_duration_seconds_bucket{${HERE}}${RATE}))))`,
            '{{route}}',
          ],
        ]),
        series(
          'Refused, and why',
          'What the gateway answered or refused by itself, by reason: docs/tasks/troubleshoot.md has each of them.',
          'reqps',
          [[`sum by (reason) (rate(headgate_rejected_total{${HERE}}${RATE})) > 0`, '{{reason}}']],
          { stacked: true },
        ),
        series(
          'Failed attempts',
          'Tries at endpoints per second that did not end well. Clients see few of them: most are tried again.',
          'ops',
          [
            [
              `sum by (upstream, outcome) (rate(headgate_attempts_total{${HERE},outcome!="ok"}${RATE})) > 0`,
              '{{upstream}} {{outcome}}',
            ],
          ],
        ),
      ],
    },
    {
      title: 'What is wrong',
      panels: [
        table(
          'Alerts',
          'Alerts of config/prometheus/headgate.rules.yml that fire, where this Prometheus evaluates them.',
          'none',
          'sum by (alertname, severity, route, upstream, instance) (ALERTS{alertname=~"Headgate.*",alertstate="firing",job=~"$job|"})',
          {
            alertname: 'alert',
            severity: 'severity',
            route: 'route',
            upstream: 'upstream',
            instance: 'instance',
            Value: 'count',
          },
        ),
        table(
          'Endpoints out',
          'Which endpoints get no requests, and by how many instances. GET /upstreams of the admin API says why, and until when.',
          'none',
          `count by (upstream, endpoint) (headgate_endpoint_up{${HERE}} == 0)`,
          { upstream: 'upstream', endpoint: 'endpoint', Value: 'instances' },
        ),
      ],
    },
    {
      title: 'Connections',
      panels: [
        series(
          'Client connections',
          'Open now, by listener.',
          'short',
          [[`sum by (listener) (headgate_connections{${HERE}})`, '{{listener}}']],
          { width: 8 },
        ),
        series(
          'New client connections',
          'Accepted per second, by listener. Many for few requests: clients do not keep theirs.',
          'cps',
          [[`sum by (listener) (rate(headgate_connections_total{${HERE}}${RATE}))`, '{{listener}}']],
          { width: 8 },
        ),
        series(
          'Traffic',
          'Bytes per second from (in) and to (out) clients.',
          'Bps',
          [[`sum by (direction) (rate(headgate_bytes_total{${HERE}}${RATE}))`, '{{direction}}']],
          { width: 8 },
        ),
      ],
    },
  ],
})
