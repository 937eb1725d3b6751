#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The tests whose outcome depends on the kernel, under Debian's kernels 6.1 and 6.12, as they are and without
# some of their modules: without act_csum, without legacy iptables, and without both. Those that look at
# times below a second are left out, for without KVM everything takes ten times as long.
#
# Two machines run at a time; each has one processor. Those that take longest come first.

. "$(dirname "$0")/../lib/testlib.sh"
need_root
need qemu-system-x86_64 busybox

complete=(netns/kernel-assumptions.sh netns/checksum-assumptions.sh in-vm/port-filters.sh)
no_legacy=(--without xt_CHECKSUM --without ip_tables --without ip6_tables
	--without iptable_mangle --without ip6table_mangle)
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT

# Each kernel is fetched once, before machines that need it start.
for version in 6.1 6.12; do
	"$SRC/tests/vm/kernel" "$version" >/dev/null
done

# machine NAME KERNEL [--without MODULE]... -- TEST...: the tests, one after the other, in one boot.
machine() {
	local name=$1 options=() status=0
	shift
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	VM_TIMEOUT=900 "$SRC/tests/vm/vm" "${options[@]}" -- env TEST_TIMEOUT=800 "$SRC/tests/run" \
		"${@/#/$SRC/tests/}" >"$results/$name" 2>&1 </dev/null || status=$?
	sed "s|^|$name: |" "$results/$name"
	[ "$status" = 0 ] || : >"$results/failed"
}

# with_another NAME ...: the same, beside one other at the most.
with_another() {
	while [ "$(jobs -rp | wc -l)" -ge 2 ]; do wait -n || :; done
	machine "$@" &
}

with_another 6.12-libvirt 6.12 -- in-vm/libvirt.sh
with_another 6.12 6.12 -- "${complete[@]}" netns/mechanisms.sh
with_another 6.12-neither 6.12 "${no_legacy[@]}" --without act_csum -- in-vm/unsupported.sh in-vm/restore.sh
with_another 6.1 6.1 -- "${complete[@]}"
with_another 6.12-guests 6.12 -- in-vm/restore.sh in-vm/apparmor.sh
with_another 6.12-nftables 6.12 -- in-vm/nftables.sh
with_another 6.12-no-act_csum 6.12 --without act_csum -- netns/mechanisms.sh
with_another 6.12-no-legacy 6.12 "${no_legacy[@]}" -- in-vm/bridge-filters.sh
wait
[ ! -e "$results/failed" ] || fail "see above"
