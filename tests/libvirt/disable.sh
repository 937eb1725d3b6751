#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# virt-netboot disable while guests are about to start. libvirt looks for the hook and then runs it: if the link went in
# between, a guest would not start, or would be killed. So it stays as long as guests start, and nothing is left afterwards.
#
# Runs alone: disable waits until no hook has run for two seconds, and guests have to start sooner than that.

. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/hypervisor.sh"
sandbox "$@"
need iptables-legacy
syslog_start
hypervisor_start
names=(a b c d)

# In less than the 20 s for which the link stays at most.
several_starts() {
	local _
	for _ in 1 2; do
		virsh start "$1"
		: >"/tmp/started-$1"
		is "state of $1" "$(virsh domstate "$1")" running
		virsh destroy "$1"
	done
}

links() { (cd /etc/libvirt/hooks && find . -type l -printf '%P\n' | sort | xargs); }

network_create lan virbr7 off 0
for guest in "${names[@]}"; do guest_define "$guest" network=lan; done
rm -f /etc/libvirt/hooks/*
"$HOOKS/virt-netboot" enable
for guest in "${names[@]}"; do start several_starts "$guest"; done
wait_for 20 [ -e /tmp/started-a ]
"$HOOKS/virt-netboot" disable &
disabling=$!
join
is "links while guests started" "$(links)" "network qemu"
wait "$disabling"
is "links afterwards" "$(links)" ""
is "rules afterwards" "$(rules_of_ours virbr7)" ""
is "libvirtd's log about hooks" "$(hook_complaints)" ""
