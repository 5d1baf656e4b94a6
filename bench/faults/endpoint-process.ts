// Endpoints in a process of their own, told as COUNT: what thousands of connections cost them does not slow down those whose answers
// are timed. Says their ports.

import { Endpoint } from './endpoint.ts'

const endpoints = await Promise.all(Array.from({ length: Number(process.argv[2]) }, (_, i) => new Endpoint(`e${i}`).open()))
console.log(JSON.stringify(endpoints.map(({ port }) => port)))
