// What `headgate migrate` asks of kubernetes/, which commands do not know.

export { clusterManifests } from '../kubernetes/migration/from-cluster.ts'
export { type Manifest, type ManifestProblem, readManifests } from '../kubernetes/migration/manifests.ts'
export {
  type MigratedObject,
  type MigrationFinding,
  type MigrationReport,
  migrationReport,
} from '../kubernetes/migration/report.ts'
