#!/usr/bin/env bash
# The official Gateway API conformance suite against this gateway as a plain process: scripts/conformance.sh [TEST]
# Takes a harness that runs the suite with a real control plane and real pods (HARNESS, a directory with build.sh and run.sh; it needs
# root, Go, iproute2) and KUBEBUILDER_ASSETS (etcd, kube-apiserver, kube-controller-manager, kubectl). OUT is where logs and the report go,
# LAB where the harness was or is to be built. With the name of a test that one alone is run. FEATURES and EXEMPT as the suite has them.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
HARNESS=${HARNESS:-$root/../shared/conformance}
[ -x "$HARNESS/run.sh" ] || { echo "no harness: HARNESS names none, and there is none at $HARNESS" >&2; exit 2; }
if [ -z "${KUBEBUILDER_ASSETS:-}" ]; then
  [ -x "$HARNESS/../envtest/unpack" ] || { echo 'KUBEBUILDER_ASSETS is not set' >&2; exit 2; }
  KUBEBUILDER_ASSETS=$("$HARNESS/../envtest/unpack")
fi
export KUBEBUILDER_ASSETS LAB=${LAB:-${TMPDIR:-/tmp}/headgate-conformance-lab} OUT=${OUT:-${TMPDIR:-/tmp}/headgate-conformance}
[ -x "$LAB/bin/conformance.test" ] || "$HARNESS/build.sh"
mkdir -p "$OUT"

# UDPRoutes are not served, so that tests of them are left out.
export CONTROLLER=headgate.dev/gateway FEATURES=${FEATURES-all} EXEMPT=${EXEMPT-UDPRoute}
export PROFILES=${PROFILES-GATEWAY-HTTP,GATEWAY-GRPC,GATEWAY-TLS,GATEWAY-TCP}
if [ $# -gt 0 ]; then export RUN_TEST=$1 PROFILES=; fi
export ORGANIZATION=headgate PROJECT=headgate VERSION=$(sed -n 's/^ *"version": "\(.*\)",$/\1/p' "$root/package.json")

cat >"$OUT/headgate.yaml" <<'END'
admin: { bind: 127.0.0.1:9901 }
kubernetes:
  gatewayApi: { addresses: { pool: [10.96.0.80, 10.96.1.0/24, 10.96.0.90] } }
  leaderElection: { namespace: default, name: headgate }
END
export PATH="$root/node_modules/.bin:$PATH"
(cd "$root" && npm run --silent build)
entry=$root/dist/main.js
exec "$HARNESS/run.sh" "node '$entry' run -c '$OUT/headgate.yaml'"
