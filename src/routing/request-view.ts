// What predicates see of a request: the fields as the endpoint will get them, so that routing and endpoint cannot read two requests.

import type { Exchange } from '../model/exchange.ts'
import { fieldValue } from '../model/field-text.ts'
import type { RequestFields } from '../model/route-table.ts'
import { cookieValue, queryValue } from './request-fields.ts'

/** One serves a whole process: look-ups are synchronous. */
export class RequestView implements RequestFields {
  private x: Exchange | null = null

  of(x: Exchange): this {
    this.x = x
    return this
  }

  protected get asked(): Exchange {
    return this.x as Exchange
  }

  header(name: string): string | null {
    const x = this.x as Exchange
    if (name === 'host') return x.authority === '' ? null : x.authority
    return fieldValue(x.fields, name)
  }

  query(name: string): string | null {
    // It begins with its question mark.
    return queryValue((this.x as Exchange).query, name, 1)
  }

  cookie(name: string): string | null {
    const cookies = fieldValue((this.x as Exchange).fields, 'cookie')
    return cookies === null ? null : cookieValue(cookies, name)
  }
}

/** The same of a request whose filters may have run: as it came. */
export class AskedView extends RequestView {
  override header(name: string): string | null {
    return fieldValue(this.asked.head, name)
  }

  override query(name: string): string | null {
    const { asked, query } = this.asked
    const mark = asked.indexOf('?')
    return queryValue(asked === '' ? query : mark < 0 ? '' : asked.slice(mark), name, 1)
  }

  override cookie(name: string): string | null {
    const cookies = fieldValue(this.asked.head, 'cookie')
    return cookies === null ? null : cookieValue(cookies, name)
  }
}
