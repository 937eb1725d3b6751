#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The packages on Debian 13 with libvirt's nftables backend, on a kernel that has what that needs: tests/in-vm/nftables.sh.
#
# Computes: a machine without KVM.

. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/machine.sh"

# The machine has no network to fetch it by.
"$SRC/tests/packages/root" trixie >/dev/null
machine 6.12 -- in-vm/nftables.sh
