// The fields of a message head as a test reads them.

import { SeenMessage } from './message-reader.ts'

export const fields = (head: string): Readonly<Record<string, string>> => new SeenMessage(head.replace(/\r\n\r\n$/, '')).fields
