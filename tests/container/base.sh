#!/bin/sh
# Makes a stand-in for the slim Python base image out of Debian's packages, where no image registry can be asked.
# Usage: base.sh TAG. Needs root, mmdebstrap and buildah.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mmdebstrap --quiet --mode=root --variant=minbase \
    --include=ca-certificates,tzdata,python3,python3-venv,python3-pip-whl bookworm "$work/root.tar"
container=$(buildah from scratch)
buildah add -q "$container" "$work/root.tar" / >/dev/null
# Where a proxy signs TLS anew, the build must trust what this machine trusts.
buildah copy -q "$container" /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt >/dev/null
buildah run --isolation chroot "$container" -- sh -euc '
    ln -s /usr/bin/python3 /usr/local/bin/python
    python -m zipfile -e /usr/share/python-wheels/pip-*.whl /usr/local/lib/python3.11/dist-packages
    printf "[global]\ncert = /etc/ssl/certs/ca-certificates.crt\n" > /etc/pip.conf'
buildah config --env PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin --cmd '["python"]' "$container"
buildah commit -q --rm "$container" "$1"
