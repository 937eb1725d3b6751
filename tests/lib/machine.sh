# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Tests on an emulated machine with another kernel: see tests/vm/vm.

need_root
need qemu-system-x86_64 busybox

# machine KERNEL [--without MODULE]... -- TEST...: the tests, one after the other, in one boot.
machine() {
	local options=()
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	VM_TIMEOUT=2000 "$SRC/tests/vm/vm" "${options[@]}" -- env TEST_TIMEOUT=1900 "$SRC/tests/run" -j 1 "${@/#/$SRC/tests/}"
}
