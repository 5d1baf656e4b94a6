// `tests`: requests and what must become of them. What is written here says nothing about traffic; it guards what does.

import * as z from 'zod'
import type { TestConfig } from './model.ts'
import { integer, isToken, name } from './values.ts'
import { block, expecting, named, refuse, text } from './written.ts'

const LINE_END = /[\r\n]/

const url = () =>
  text(
    'a URL such as http://api.example.com/users',
    (written) => {
      if (LINE_END.test(written)) return refuse('a URL has no line end')
      return /^https?:\/\//i.test(written) ? written : refuse(`"${written}" is not a URL: it begins with http:// or https://`)
    },
    { title: 'URL', examples: ['http://api.example.com/users'] },
  )

const headers = () =>
  named(z.string(), z.string(expecting('text')))
    .prefault({})
    .superRefine((written, context) => {
      for (const [key, value] of Object.entries(written)) {
        const wrong = !isToken(key)
          ? `"${key}" is not the name of a header`
          : LINE_END.test(value)
            ? `the value of ${key} holds a line end`
            : ''
        if (wrong !== '') context.addIssue({ code: 'custom', message: wrong, path: [key], input: written })
      }
    })

const method = () =>
  text('a method such as GET', (written) => (isToken(written) ? written : refuse(`"${written}" is not a method`)), {
    title: 'method',
    examples: ['GET', 'POST'],
  })

const expectation = block({
  route: name().optional().describe('Name of the route that takes the request.'),
  upstream: name().optional().describe('Name of the upstream; of a weighted list, one of them.'),
  status: integer(100, 599).optional().describe('Status of an answer that the gateway makes by itself.'),
  headers: headers().describe('Header fields of such an answer, with their whole values.'),
}).superRefine((written, context) => {
  const { route, upstream, status, headers } = written
  if (route !== undefined || upstream !== undefined || status !== undefined || Object.keys(headers).length > 0) return
  context.addIssue({ code: 'custom', message: 'nothing is expected: route, upstream, status or headers', input: written })
})

export const testSchema = block({
  name: z.string(expecting('text')).min(1).optional().describe('What it is called when it fails.'),
  request: block({
    method: method().prefault('GET').describe('As sent.'),
    url: url().describe('As a client would write it; also says which listener it comes to.'),
    headers: headers().describe('Header fields; Host takes the place of the one in the URL.'),
  }).describe('What is asked.'),
  expect: expectation.describe('What must become of it; what is not written may be anything.'),
}).transform(
  ({ name, request, expect: { route, upstream, status, headers } }): TestConfig => ({
    name: name ?? null,
    request,
    expect: { route: route ?? null, upstream: upstream ?? null, status: status ?? null, headers },
  }),
)
