#!/bin/sh
# Install the Debian packages that the demo or the tests need: `tools/install_debian.sh demo|test`. Nothing to do: quiet.
set -eu

if [ "$(id -u)" -ne 0 ]; then
    echo "jupyter-containers must be run by root for now: rootless use is not supported yet (this is user $(id -un))" >&2
    exit 1
fi

case "${1:-}" in
    demo) packages="python3-venv busybox-static docker-registry" ;;
    test) packages="python3-venv busybox-static docker-registry docker.io skopeo nftables iproute2 iptables openssl podman docker-compose openssh-client openssh-server git chromium fonts-dejavu-core zsh" ;;
    *) echo "usage: $0 demo|test" >&2; exit 2 ;;
esac

# Brings xterm.js for terminals in cells (tools/xterm.py). Debian's is large: any npm that is there will do.
[ "$1" != test ] || command -v npm >/dev/null || packages="$packages npm"

missing=""
for package in $packages; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q "ok installed" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
# A service that starts by itself would take ports and make bridges: nothing is started here.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    trap 'rm -f "$policy"' EXIT
fi
apt-get update -qq
# shellcheck disable=SC2086 # a list of words on purpose
apt-get install -y -qq --no-install-recommends $missing >/dev/null

# Tests start a server of their own, on loopback; a machine that had none gets none at its next start either.
case "$missing" in
    *openssh-server*) update-rc.d ssh disable ;;
esac
