// The processes themselves: configuration, workers, the control process, certificates and the cluster.

import { dashboard, HERE } from './dashboard.ts'
import { series, stat, table, timeline } from './panels.ts'

const RATE = '[$__rate_interval]'

export const process = dashboard({
  title: 'Headgate / Process',
  description: 'What the gateway itself needs and does: workers, memory, configuration, certificates, Kubernetes.',
  rows: [
    {
      title: 'Now',
      panels: [
        stat('Instances', 'Gateways that can be scraped.', 'none', 'sum(up{job=~"$job",instance=~"$instance"})', { width: 4 }),
        stat(
          'Worker restarts',
          'Workers that ended and were replaced, in the last hour.',
          'none',
          `sum(increase(headgate_worker_restarts_total{${HERE}}[1h]))`,
          {
            steps: [
              [0.5, 'orange'],
              [3, 'red'],
            ],
          },
        ),
        stat(
          'Event loop lag',
          'The worst of all workers in the last minute: every request of that worker waited so long.',
          's',
          `max(headgate_worker_event_loop_lag_seconds{${HERE}})`,
          {
            steps: [
              [0.1, 'orange'],
              [0.25, 'red'],
            ],
          },
        ),
        stat(
          'Overload',
          'What the worst worker refuses to protect itself: 0 nothing, 3 everything.',
          'none',
          `max(headgate_overload{${HERE}})`,
          {
            steps: [
              [0.01, 'orange'],
              [1, 'red'],
            ],
          },
        ),
        stat(
          'Next certificate',
          'Until the first of all certificates expires.',
          's',
          `min(headgate_certificate_expiry_timestamp_seconds{${HERE}}) - time()`,
          { words: {} },
        ),
        stat(
          'Lost log lines',
          'Lines of the access log that could not be written in time, in the last hour.',
          'short',
          `sum(increase(headgate_access_log_dropped_total{${HERE}}[1h]))`,
          {
            steps: [
              [1, 'orange'],
              [1000, 'red'],
            ],
          },
        ),
      ],
    },
    {
      title: 'Workers',
      panels: [
        series('CPU', 'Cores that the workers of each instance use together, and the control process.', 'short', [
          [`rate(headgate_worker_cpu_seconds_total{${HERE}}${RATE})`, '{{instance}} workers'],
          [`rate(process_cpu_seconds_total{${HERE}}${RATE})`, '{{instance}} control'],
        ]),
        series('Memory', 'Resident memory of each worker and of the control process.', 'bytes', [
          [`headgate_worker_resident_memory_bytes{${HERE}}`, '{{instance}} worker {{worker}}'],
          [`process_resident_memory_bytes{${HERE}}`, '{{instance}} control'],
        ]),
        series(
          'Event loop lag',
          'How late timers ran at worst, by worker; the line is where the alert begins.',
          's',
          [[`headgate_worker_event_loop_lag_seconds{${HERE}}`, '{{instance}} worker {{worker}}']],
          { steps: [[0.25, 'red']] },
        ),
        series(
          'Overload',
          'What is refused to protect the gateway: from 1 on all of low priority, 2 normal, 3 everything.',
          'none',
          [[`headgate_overload{${HERE}}`, '{{instance}}']],
          { max: 3, steps: [[1, 'red']] },
        ),
      ],
    },
    {
      title: 'Configuration',
      panels: [
        table(
          'Revisions',
          'Which revision is in force where: more than one for long means that an instance did not follow.',
          'none',
          `headgate_config_info{${HERE}}`,
          { instance: 'instance', revision: 'revision', job: 'job' },
          { width: 8 },
        ),
        timeline(
          'Refused',
          'While the configuration that was read last is refused.',
          [`headgate_config_refused{${HERE}}`, '{{instance}}'],
          { '0': ['in force', 'green'], '1': ['refused', 'red'] },
          { width: 8 },
        ),
        series(
          'Reloads',
          'Configurations that were read in a minute, by what became of them.',
          'short',
          [[`sum by (result) (increase(headgate_config_reloads_total{${HERE}}[1m]))`, '{{result}}']],
          { width: 8 },
        ),
        table(
          'Certificates',
          'Seconds until each certificate expires, the first ones first.',
          's',
          `sort(min by (certificate) (headgate_certificate_expiry_timestamp_seconds{${HERE}}) - time())`,
          { certificate: 'certificate', Value: 'expires in' },
          { width: 24 },
        ),
      ],
    },
    {
      title: 'Control process',
      panels: [
        series(
          'Heap',
          'Of the supervisor: used, total, and buffers outside of it.',
          'bytes',
          [
            [`nodejs_heap_size_used_bytes{${HERE}}`, '{{instance}} used'],
            [`nodejs_heap_size_total_bytes{${HERE}}`, '{{instance}} total'],
            [`nodejs_external_memory_bytes{${HERE}}`, '{{instance}} buffers'],
          ],
          { width: 8 },
        ),
        series(
          'File descriptors',
          'Open ones of the control process, and how many it may open.',
          'short',
          [
            [`process_open_fds{${HERE}}`, '{{instance}} open'],
            [`process_max_fds{${HERE}}`, '{{instance}} most'],
          ],
          { width: 8 },
        ),
        series(
          'Access log',
          'Lines per second that were dropped because they could not be written in time.',
          'ops',
          [[`rate(headgate_access_log_dropped_total{${HERE}}${RATE})`, '{{instance}}']],
          { width: 8 },
        ),
      ],
    },
    {
      title: 'Kubernetes',
      panels: [
        timeline(
          'Leader',
          'Which instance writes the statuses of objects.',
          [`headgate_leader{${HERE}}`, '{{instance}}'],
          { '0': ['no', 'text'], '1': ['leads', 'green'] },
          { width: 8 },
        ),
        series(
          'Age of what is known',
          'Since the last sign of life of each watch, at the instance that waits longest; the line is where the alert begins.',
          's',
          [[`max by (kind) (headgate_kubernetes_watch_age_seconds{${HERE}})`, '{{kind}}']],
          { width: 8, steps: [[300, 'red']] },
        ),
        table(
          'Objects refused',
          'Objects of which something cannot be honoured: the log, Events and statuses name them.',
          'none',
          `max by (kind, reason) (headgate_objects_refused{${HERE}}) > 0`,
          { kind: 'kind', reason: 'reason', Value: 'objects' },
          { width: 8 },
        ),
      ],
    },
  ],
})
