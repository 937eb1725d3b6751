# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the tests of packages have in common.

: "${PACKAGES:=$SRC/build/packages}"
# shellcheck disable=SC2034 # for the tests
VERSION=$(cat "$SRC/VERSION")

# deb VERSION, rpm_of VERSION: the package that tests/packages/build.sh has made.
deb() { package "virt-netboot_$1-*.deb"; }
rpm_of() { package "virt-netboot-$1-*.rpm"; }
package() {
	local found
	found=$(find "$PACKAGES" -name "$1")
	[ -n "$found" ] || fail "no $1 in $PACKAGES: tests/packages/build.sh makes it"
	printf '%s\n' "$found"
}

# In a fresh root (roots.sh):

# apt ARGUMENT...: prints what it said, without what it says anyway.
apt() {
	local said
	said=$(DEBIAN_FRONTEND=noninteractive apt-get --quiet --quiet --yes -o Dpkg::Use-Pty=0 "$@" 2>&1) || fail "apt-get $*: $said"
	grep -v -e '^(Reading database' -e '^debconf: delaying' <<<"$said" || :
}

# files: all there are, without what dpkg and apt keep about packages.
files() {
	find / -xdev \( -path "$SRC" -o -path /proc -o -path /sys -o -path /run -o -path /tmp \
		-o -path /var/lib/dpkg -o -path /var/cache -o -path /var/log -o -path /var/lib/apt \) -prune -o -print
	find /etc
	find /run -path '*virt-netboot*'
}

links() { find /etc/libvirt/hooks -type l -printf '%P -> %l\n' | sort | xargs; }

