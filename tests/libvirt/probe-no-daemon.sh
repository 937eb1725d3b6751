#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# virt-netboot probe where libvirt's daemon hangs, or is not there: it says so, and what to do without; Ctrl-C ends it at
# once. One that hangs later, when the probe has found its place, does not matter.

. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/hypervisor.sh"
. "$SRC/tests/lib/topology.sh"
sandbox "$@"
need python3
hypervisor_start
network_create one virbr31 off 0
daemon=$(cat "$LIBVIRTD_PIDFILE")

has_card() { ls /sys/class/net/vnbprobe*; }
no_card() { ! has_card; }

"$HOOKS/virt-netboot" probe --network one >/tmp/said 2>&1 &
probe=$!
wait_for 10 has_card
kill -STOP "$daemon"
wait "$probe" || is "status while the daemon hangs" $? 1
grep -q 'OFFER of 192.168.101' /tmp/said || fail "$(cat /tmp/said)"

begin=$SECONDS status=0
python3 "$SRC/tests/lib/at-terminal.py" '' "$HOOKS/virt-netboot" probe --network one >/tmp/said || status=$?
is "status after Ctrl-C" "$status" 130
((SECONDS - begin < 5)) || fail "Ctrl-C took $((SECONDS - begin)) s"

kill -KILL "$daemon"
wait_for 10 process_gone "$daemon"
refused "libvirt's daemon cannot be reached: " "$HOOKS/virt-netboot" probe --network one
refused "without it, name the bridge: --bridge" "$HOOKS/virt-netboot" probe --domain web
wait_for 5 no_card
