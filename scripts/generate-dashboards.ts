// Writes config/grafana/*.json from scripts/dashboards/. Run: node scripts/generate-dashboards.ts

import { writeFileSync } from 'node:fs'
import type { Dashboard } from '@grafana/schema'
import { overview } from './dashboards/overview.ts'
import { process } from './dashboards/process.ts'
import { route } from './dashboards/route.ts'
import { upstream } from './dashboards/upstream.ts'

export const DASHBOARDS: Readonly<Record<string, Dashboard>> = { overview, route, upstream, process }

export const dashboardFile = (name: string): URL => new URL(`../config/grafana/headgate-${name}.json`, import.meta.url)

export const dashboardText = (dashboard: Dashboard): string => `${JSON.stringify(dashboard, null, 2)}\n`

if (import.meta.main)
  for (const [name, dashboard] of Object.entries(DASHBOARDS)) writeFileSync(dashboardFile(name), dashboardText(dashboard))
