// Which test runs the blocks of which page, where it is not one of those beside this file that run what they find.

/** Page → language of the block → test. */
export const RUN_BY: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'docs/gateway-api.md': { yaml: 'test/kubernetes/gateway-api/docs.test.ts' },
  'docs/getting-started.md': { yaml: 'test/repository/commands.test.ts' },
  'docs/kubernetes.md': { sh: 'test/install/docs.test.ts', yaml: 'test/install/docs.test.ts' },
  'docs/reference/filters.md': { yaml: 'test/e2e/filters-examples.test.ts' },
  'docs/reference/plugin-api.md': { ts: 'test/plugins/documents.test.ts' },
  'docs/tasks/dashboard.md': { sh: 'test/admin/dashboard-docs.test.ts' },
  'docs/tasks/grpc.md': { js: 'test/repository/demo.test.ts' },
  'docs/tasks/first-gateway.md': {
    console: 'test/kubernetes/gateway-api/first-gateway.test.ts',
    yaml: 'test/kubernetes/gateway-api/first-gateway.test.ts',
  },
  'docs/tasks/ingress.md': { yaml: 'test/kubernetes/ingress/docs.test.ts' },
  'docs/tasks/inspect-kubernetes.md': { yaml: 'test/cli/kubernetes-page.test.ts' },
  'docs/tasks/kubernetes-discovery.md': { sh: 'test/install/docs.test.ts' },
  'docs/tasks/kubernetes-policies.md': { sh: 'test/install/docs.test.ts', yaml: 'test/kubernetes/policies/docs.test.ts' },
  'docs/tasks/metrics.md': { sh: 'test/observe/docs.test.ts', yaml: 'test/observe/docs.test.ts' },
  'docs/tasks/migrate-from-ingress-nginx.md': {
    sh: 'test/kubernetes/migration/pages.test.ts',
    yaml: 'test/kubernetes/migration/pages.test.ts',
  },
  'docs/tasks/observe.md': { json: 'test/repository/admin-page.test.ts', sh: 'test/repository/admin-page.test.ts' },
  'docs/tasks/plugin.md': {
    console: 'test/plugins/documents.test.ts',
    ts: 'test/plugins/documents.test.ts',
    yaml: 'test/plugins/documents.test.ts',
  },
  'docs/tasks/websocket.md': { js: 'test/repository/demo.test.ts' },
  'plugins/feature-canary/README.md': { yaml: 'test/plugins/documents.test.ts' },
  'plugins/tenant-routing/README.md': { yaml: 'test/plugins/documents.test.ts' },
}

/** Configurations that need the plugins of their pages. */
export const PLUGIN_PAGES: readonly string[] = Object.keys(RUN_BY).filter((page) =>
  Object.values(RUN_BY[page] ?? {}).includes('test/plugins/documents.test.ts'),
)

/** Pages whose commands are asked of the demo, in this order. */
export const DEMO_PAGES: readonly string[] = [
  'docs/getting-started.md',
  'README.md',
  'docs/tasks/tls.md',
  'docs/tasks/http2.md',
]

/** Pages whose commands are asked of a gateway that runs the first configuration on them. */
export const CONFIG_PAGES: readonly string[] = [
  'docs/tasks/explain.md',
  'docs/tasks/headers.md',
  'docs/tasks/inspect-kubernetes.md',
  'docs/tasks/operate.md',
  'docs/tasks/redirects.md',
  'docs/tasks/tcp-and-passthrough.md',
  'docs/tasks/troubleshoot.md',
]

/** Pages with programs that use the library. */
export const PROGRAM_PAGES: readonly string[] = ['README.md', 'docs/tasks/embed.md', 'docs/tasks/plugin.md']
