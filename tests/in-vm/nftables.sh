#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Debian 13 with libvirt's nftables backend, which needs act_csum: tests/in-root/nftables.sh.

. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/packages.sh"
. "$SRC/tests/lib/roots.sh"
root=$("$SRC/tests/packages/root" trixie)
ROOT_IN_MEMORY=1 in_root "$root" env NEW="$(deb "$VERSION")" tests/in-root/nftables.sh
