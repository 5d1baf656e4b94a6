// The one thing that is used of the Kubernetes client library. By a module of its own the bundle leaves out all else.

export { KubeConfig } from '@kubernetes/client-node'
