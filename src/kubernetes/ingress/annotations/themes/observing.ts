// Logs, traces and what else tells of requests.

import { differs, refused, type Theme, theme } from '../entry.ts'
import { flag, text } from '../values.ts'

const NO_TRACES = 'requests are traced for all routes or for none: `tracing` of the file'
const NO_INFLUX = 'nothing is sent to InfluxDB: metrics are at /metrics of the admin API'

export const observing: Theme = theme(
  'Logs and traces',
  {
    'enable-access-log': refused(flag, 'the access log is one for all routes: `accessLog` of the file', 'false'),
    'enable-rewrite-log': differs(flag, '`headgate explain` tells what is done with a path', 'true'),
    'enable-opentelemetry': refused(flag, NO_TRACES, 'true'),
    'opentelemetry-trust-incoming-span': refused(flag, NO_TRACES, 'true'),
    'opentelemetry-operation-name': refused(text, NO_TRACES, 'shop'),
    'enable-opentracing': refused(flag, NO_TRACES, 'true'),
    'opentracing-trust-incoming-span': refused(flag, NO_TRACES, 'true'),
    'enable-influxdb': refused(flag, NO_INFLUX, 'true'),
    'influxdb-measurement': refused(text, NO_INFLUX, 'requests'),
    'influxdb-port': refused(text, NO_INFLUX, '8089'),
    'influxdb-host': refused(text, NO_INFLUX, '10.0.0.7'),
    'influxdb-server-name': refused(text, NO_INFLUX, 'gateway'),
  },
  (values, draft) => {
    if (values['enable-access-log'] === true) draft.exact('enable-access-log')
    for (const name of ['enable-rewrite-log', 'enable-opentelemetry', 'enable-opentracing', 'enable-influxdb'] as const)
      if (values[name] === false) draft.exact(name)
  },
)
