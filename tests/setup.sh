#!/bin/sh
# Installs the servers that tests talk to, where that is allowed (root and apt-get); otherwise the
# tests that need them are skipped by name, and with CI=true a skip of that kind is a failure.
set -eu
missing=""
need() { # need COMMAND PACKAGE
    command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || need initdb postgresql
need openssl openssl
need git git
need curl curl
need mount util-linux
if [ "${ANNEXA_TEST_CONTAINER:-${CI:-}}" ]; then
    for tool in buildah podman runc mmdebstrap; do need "$tool" "$tool"; done
    need newuidmap uidmap
    for tool in netavark aardvark-dns; do [ -x "/usr/lib/podman/$tool" ] || need "$tool" "$tool"; done
    command -v catatonit >/dev/null 2>&1 || [ -x /usr/libexec/podman/catatonit ] || missing="$missing catatonit"
fi
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "installing what the tests need:$missing"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing >/dev/null || echo "could not install:$missing" >&2
else
    echo "not installed, tests that need it are skipped:$missing" >&2
fi
