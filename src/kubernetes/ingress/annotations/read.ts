// The way in: what the annotations of an Ingress come to.

import type { KeptMetadata } from '../../object-reference.ts'
import type { AnnotationEffects, AnnotationLook } from './effects.ts'

/** Never throws; equal annotations and equal answers of `look` give equal effects. */
export function readAnnotations(meta: KeptMetadata, look: AnnotationLook): AnnotationEffects {
  void meta
  void look
  return {
    route: {},
    filters: [],
    answers: false,
    upstream: {},
    upstreams: new Map(),
    paths: { regex: false, caseInsensitive: false, rewrite: null },
    https: { redirectWhereTls: true, redirectAlways: false, code: 308 },
    aliases: [],
    wwwRedirect: false,
    appRoot: null,
    canary: null,
    clientAuth: null,
    problems: [],
    refuseAll: null,
    verdicts: [],
  }
}
