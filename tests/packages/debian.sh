#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The package on fresh machines of Debian 12 (libvirt 9.0) and 13 (libvirt 11.3): tests/in-root/debian.sh, with and
# without a hook of somebody else's, and tests/in-root/no-libvirt.sh.
#
# Runs by case: each fetches a root of its own, which takes longest.

. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/packages.sh"
. "$SRC/tests/lib/roots.sh"
need_root
cd "$SRC"

# on SUITE: all of it on a fresh machine.
on() {
	local root foreign
	root=$(tests/packages/root "$1")
	for foreign in "" 1; do
		say "== $1${foreign:+, with a foreign hook}"
		in_root "$root" env OLD="$(deb 0.0)" NEW="$(deb "$VERSION")" FOREIGN="$foreign" tests/in-root/debian.sh
	done
	say "== $1, without libvirt"
	in_root "$root" env NEW="$(deb "$VERSION")" tests/in-root/no-libvirt.sh
}

bookworm() { on bookworm; }
trixie() { on trixie; }

cases trixie bookworm
