#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# virt-netboot repair on a real libvirtd, whose guests run already when the package is installed.

. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/hypervisor.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/check.sh"
sandbox "$@"

repair() {
	status=0
	"$HOOKS/virt-netboot" repair "$@" >/tmp/repair 2>/tmp/repair.err || status=$?
	cat /tmp/repair /tmp/repair.err
}

first() {
	hypervisor_start
	network_create slow virbr15 on 15
	guest_start g1 network=slow
	guest_start g2 bridge=br0
	"$HOOKS/virt-netboot" check || :
	repair --all --dry-run
	echo "status $status"
	repair --all
	echo "status $status"
	repair --all
	echo "status $status"
	repair --all --format json
	echo "status $status"
	repair --bridge br0
	repair --bridge nosuch
	echo "status $status"
	repair --network nosuch
	echo "status $status"
	repair --undo --dry-run
	echo "status $status"
	repair --undo
	echo "status $status"
	repair --undo
	echo "status $status"
}

ip link add br0 type bridge stp_state 1 forward_delay 1500
ip link set br0 up
cases first
