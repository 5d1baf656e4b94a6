// What is worth knowing about a request because of its protocol: upgrades, gRPC, and what its endpoints speak.

import type { Exchange } from '../model/exchange.ts'
import { fieldValue } from '../model/field-text.ts'
import { GRPC_STATUSES, grpcAnswer, grpcTimeout } from '../model/grpc.ts'
import type { LocalAnswer } from '../model/message.ts'
import type { Upstream } from '../model/upstream.ts'

/** `asked` is the protocol that the request wants to change to, '' = none; `upstream` is null where there is none. */
export function noteProtocol(x: Exchange, asked: string, upstream: Upstream | null, answer: LocalAnswer | null): string[] {
  const multiplexed = upstream?.settings.multiplexed === true
  return [
    ...(asked === '' || answer !== null ? [] : [noteUpgrade(x, asked, multiplexed)]),
    ...(isGrpc(x) ? noteGrpc(x, multiplexed, upstream, answer) : []),
    ...(multiplexed && answer === null ? [`endpoints of ${upstream?.name} are spoken to in HTTP/2`] : []),
  ]
}

function noteUpgrade({ upgrade }: Exchange, asked: string, multiplexed: boolean): string {
  if (upgrade !== '') return `it becomes a tunnel if the endpoint agrees to ${upgrade}`
  const why = multiplexed ? 'endpoints that are spoken to in HTTP/2 get no upgrades' : `the route does not allow ${asked}`
  return `it is passed on as a plain request: ${why}`
}

const isGrpc = ({ head }: Exchange): boolean => /^application\/grpc(?:[+;]|$)/.test(fieldValue(head, 'content-type') ?? '')

function noteGrpc(x: Exchange, multiplexed: boolean, upstream: Upstream | null, answer: LocalAnswer | null): string[] {
  if (answer !== null) {
    const { status } = grpcAnswer(x, answer)
    return status === answer.status
      ? []
      : [`in a gRPC call the answer is status ${x.grpcStatus} (${GRPC_STATUSES[x.grpcStatus]})`]
  }
  const deadline = grpcTimeout(x.head)
  return [
    ...(deadline === 0 ? [] : [`the deadline of the client is ${deadline} ms (grpc-timeout)`]),
    ...(multiplexed
      ? []
      : [`gRPC needs endpoints that speak HTTP/2: protocol h2, or auto where they agree to it, in upstream ${upstream?.name}`]),
  ]
}
