// What `headgate migrate` asks of kubernetes/, which commands do not know.

export { type Manifest, readManifests } from '../kubernetes/manifests/read-manifests.ts'
export { clusterManifests } from '../kubernetes/migration/from-cluster.ts'
export {
  type MigratedObject,
  type MigrationFinding,
  type MigrationReport,
  migrationReport,
} from '../kubernetes/migration/report.ts'
