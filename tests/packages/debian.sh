#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The package on fresh machines of Debian 12 (libvirt 9.0) and 13 (libvirt 11.3): tests/in-root/debian.sh, with and
# without a hook of somebody else's, and tests/in-root/no-libvirt.sh.

. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/packages.sh"
. "$SRC/tests/lib/roots.sh"
need_root
cd "$SRC"

# What takes longest is to fetch them.
for suite in bookworm trixie; do start tests/packages/root "$suite"; done
join
for suite in bookworm trixie; do
	root=$(tests/packages/root "$suite")
	for foreign in "" 1; do
		say "== $suite${foreign:+, with a foreign hook}"
		in_root "$root" env OLD="$(deb 0.0)" NEW="$(deb "$VERSION")" FOREIGN="$foreign" tests/in-root/debian.sh
	done
	say "== $suite, without libvirt"
	in_root "$root" env NEW="$(deb "$VERSION")" tests/in-root/no-libvirt.sh
done
