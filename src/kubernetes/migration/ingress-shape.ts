// What an Ingress must look like to be looked at. The API server knows more; files have not been through it.

import * as z from 'zod'

const backend = z.looseObject({
  service: z
    .looseObject({
      name: z.string(),
      port: z.looseObject({ name: z.string().optional(), number: z.number().optional() }).optional(),
    })
    .nullish(),
  resource: z.looseObject({ kind: z.string(), name: z.string() }).nullish(),
})

const ingress = z.looseObject({
  metadata: z.looseObject({
    name: z.string().min(1, 'it has no name'),
    annotations: z.record(z.string(), z.string('annotations are text: write it in quotes')).nullish(),
    labels: z.record(z.string(), z.string('labels are text: write it in quotes')).nullish(),
  }),
  spec: z
    .looseObject({
      ingressClassName: z.string().nullish(),
      defaultBackend: backend.nullish(),
      tls: z.array(z.looseObject({ hosts: z.array(z.string()).nullish(), secretName: z.string().nullish() })).nullish(),
      rules: z
        .array(
          z.looseObject({
            host: z.string().nullish(),
            http: z
              .looseObject({
                paths: z.array(
                  z.looseObject({
                    path: z.string().nullish(),
                    pathType: z.enum(['Exact', 'Prefix', 'ImplementationSpecific']),
                    backend,
                  }),
                ),
              })
              .nullish(),
          }),
        )
        .nullish(),
    })
    .nullish(),
})

export interface ShapeProblem {
  readonly path: readonly (string | number)[]
  readonly message: string
}

/** What is wrong with an object that says it is an Ingress. */
export function shapeProblems(object: unknown): ShapeProblem[] {
  const { error } = ingress.safeParse(object)
  return (error?.issues ?? []).map(({ path, message }) => ({
    path: path.map((key) => (typeof key === 'number' ? key : String(key))),
    message,
  }))
}
