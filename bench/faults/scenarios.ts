// Every row of the fault bench, in the order of the table.

import { endpointFaults } from './endpoint-faults.ts'
import { gatewayFaults } from './gateway-faults.ts'
import type { Scenario } from './row.ts'
import { slowFaults } from './slow-faults.ts'
import { upstreamFaults } from './upstream-faults.ts'

export const SCENARIOS: readonly Scenario[] = [...endpointFaults, ...upstreamFaults, ...gatewayFaults, ...slowFaults]
