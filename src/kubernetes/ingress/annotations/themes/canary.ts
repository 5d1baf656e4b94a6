// An Ingress whose Services get a part of what another one with the same host and path gets.

import { RE2JS } from 're2js'
import { regexSize } from '../../../../config/regex-size.ts'
import { exact, grave, type Theme, theme } from '../entry.ts'
import { flag, integer, type Reader, text, token, wrong } from '../values.ts'

/** Characters of a pattern, also with its repetitions written out. */
const LONGEST = 1024

const pattern: Reader<string> = (written) => {
  if (written.length > LONGEST || regexSize(written) > LONGEST) return wrong('a smaller regular expression')
  try {
    RE2JS.compile(written)
    return written
  } catch {
    return wrong('a regular expression of RE2')
  }
}

const MOST = 1_000_000

export const canary: Theme = theme(
  'Canaries',
  {
    canary: grave(exact(flag, 'its Services are further upstreams of the routes with the same host and path', 'true')),
    'canary-by-header': grave(exact(token, 'the header says `always` or `never`', 'x-canary')),
    'canary-by-header-value': grave(exact(text, 'this value instead of `always`', 'v2')),
    'canary-by-header-pattern': grave(exact(pattern, 'values of the header, as RE2', '^v2')),
    'canary-by-cookie': grave(exact(token, 'the cookie says `always` or `never`', 'canary')),
    'canary-weight': grave(exact(integer(0, MOST), 'the share of the rest', '10')),
    'canary-weight-total': grave(exact(integer(1, MOST), 'of which the weight is a part; 100', '1000')),
  },
  (values, draft) => {
    if (values.canary !== true) {
      for (const name of Object.keys(values))
        if (name !== 'canary') draft.settle(name, 'exact', 'nothing without `canary: "true"`')
      return
    }
    const weightTotal = values['canary-weight-total'] ?? 100
    const weight = values['canary-weight'] ?? 0
    if (weight > weightTotal)
      draft.refuseAll('canary-weight', `more than canary-weight-total, which is ${weightTotal}`, 'InvalidAnnotation')
    const header = values['canary-by-header']?.toLowerCase() ?? null
    for (const name of ['canary-by-header-value', 'canary-by-header-pattern'] as const)
      if (header === null && values[name] !== undefined) draft.settle(name, 'exact', 'nothing without canary-by-header')
    draft.canary = {
      weight: Math.min(weight, weightTotal),
      weightTotal,
      header,
      headerValue: header === null ? null : (values['canary-by-header-value'] ?? null),
      headerPattern: header === null ? null : (values['canary-by-header-pattern'] ?? null),
      cookie: values['canary-by-cookie'] ?? null,
    }
  },
  { ofCanary: true },
)
