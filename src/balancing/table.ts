// The balancers that there are, by the name that configuration uses. A new one is a file, a line here and a line in the suite.

import type { Balancer } from '../model/balancer.ts'
import { first } from './first.ts'
import { leastRequests } from './least-requests.ts'
import { maglev } from './maglev.ts'
import { peakEwma } from './peak-ewma.ts'
import { powerOfTwo } from './power-of-two.ts'
import { random } from './random.ts'
import { rendezvous } from './rendezvous.ts'
import { ringHash } from './ring-hash.ts'
import { roundRobin } from './round-robin.ts'

const ALL: readonly Balancer[] = [roundRobin, random, leastRequests, powerOfTwo, peakEwma, ringHash, maglev, rendezvous, first]

export const BALANCERS: ReadonlyMap<string, Balancer> = new Map(ALL.map((balancer) => [balancer.name, balancer]))
