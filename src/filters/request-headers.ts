// Changes the fields that the endpoint gets.

import type { Filter } from '../model/filter.ts'
import { compileHeaderEdit, type HeaderEdit } from './header-edit.ts'

export function requestHeaders(options: HeaderEdit): Filter {
  const edit = compileHeaderEdit(options)
  return {
    name: 'requestHeaders',
    onRequest(x) {
      x.fields = edit(x, x.fields)
      return null
    },
  }
}
