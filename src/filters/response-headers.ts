// Changes the fields that the client gets.

import type { Filter } from '../model/filter.ts'
import { compileHeaderEdit, type HeaderEdit } from './header-edit.ts'

export function responseHeaders(options: HeaderEdit): Filter {
  const edit = compileHeaderEdit(options)
  return {
    name: 'responseHeaders',
    onResponse(x, head) {
      head.fields = edit(x, head.fields)
      return null
    },
  }
}
