#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# KVM guests, which vhost-net serves, are saved and restored, and migrate to another host. Where the kernel can
# fill checksums they stay as they are. Where it cannot they come back without vhost-net, so that QEMU fills
# them: with <driver name='qemu'/> in their live XML if they had a <driver>, else with a vhost-net that
# cannot be opened, for libvirt does not let such a guest have a <driver> that it had not. Nothing else of
# their XML changes, and what they are defined with does not change at all.
#
# The guests are started and do not run: KVM in an emulated machine is slow.

. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/hypervisor.sh"
. "$SRC/tests/lib/second-hypervisor.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
sandbox "$@"
need tc
for device in kvm vhost-net; do
	grep -q " $device\$" /proc/misc || skip "this kernel has no $device"
done
has_act_csum || ! legacy_tables_here || skip "this kernel fills checksums by rule"
mknod /dev/kvm c 10 232
mknod /dev/vhost-net c 10 238

export GUEST_TYPE=kvm
MAC=52:54:00:00:00:0
URI=urn:virt-netboot:1

# Three guests, by what they have in their <interface>; the third one's metadata forbids the change.
declare -A elements=(
	[plain]="<mac address='${MAC}1'/>"
	[driver]="<mac address='${MAC}2'/><driver name='vhost' queues='2'/>"
	[forbids]="<mac address='${MAC}3'/><driver queues='2'/>"
)

# start_guest GUEST: paused, served by vhost-net.
declare -A before
start_guest() {
	guest_define "$1" network=lan "${elements[$1]}"
	[ "$1" != forbids ] ||
		virsh metadata forbids "$URI" --key nb --set '<netboot rewrite="no"/>' --config
	start_paused "$1"
}

start_paused() {
	virsh start --paused "$1"
	before[$1]=$(interfaces_xml "$1")
	uses_vhost "$1"
}

has_vhost() { tr '\0' '\n' <"/proc/$(cat "/run/libvirt/qemu/$1.pid")/cmdline" | grep -q '"vhost":true'; }
uses_vhost() { has_vhost "$1" || fail "vhost-net does not serve $1"; }
uses_no_vhost() { ! has_vhost "$1" || fail "vhost-net serves $1"; }

save_and_restore() {
	virsh save "$1" "/tmp/$1.saved"
	virsh restore --paused "/tmp/$1.saved"
}

# is_unchanged GUEST: its live XML, and who serves it.
is_unchanged() {
	is "interface of $1" "$(interfaces_xml "$1")" "${before[$1]}"
	uses_vhost "$1"
}

# has_changed GUEST FROM TO: one element of its interface; without FROM, TO has come.
has_changed() {
	local now
	now=$(interfaces_xml "$1")
	if [ -n "$2" ]; then
		is "interface of $1" "$now" "${before[$1]//"$2"/"$3"}"
	else
		is "interface of $1 but for what is new" "$(grep -vF "$3" <<<"$now")" "${before[$1]}"
		is "what is new in the interface of $1" "$(grep -cF "$3" <<<"$now")" 1
	fi
	uses_no_vhost "$1"
}

# said GUEST MAC: the hook did.
said() {
	wait_for 10 grep -q "finding=vhost-exposed severity=notice guest=$1 .*interface=$2 .*repaired=yes" "$SYSLOG"
	wait_for 10 grep -q "action=rewrite-driver guest=$1 .*interface=$2 result=done" "$SYSLOG"
}

# arrived: what became of two guests that came to a host which cannot fill.
arrived() {
	has_changed plain "" "<backend vhost='/dev/null/virt-netboot'/>"
	has_changed driver "<driver name='vhost' queues='2'/>" "<driver name='qemu' queues='2'/>"
}

said_both() {
	said plain "${MAC}1"
	said driver "${MAC}2"
}

without_hooks() {
	# What a guest that vhost-net serves gets to see here.
	linux_guest virbr0 dhcp=bad
	start_guest plain
	save_and_restore plain
	is_unchanged plain
}

where_none_can_fill() {
	local guest
	without_hooks
	hooks_install
	start_guest driver
	start_guest forbids
	: >"$SYSLOG"
	for guest in plain driver forbids; do save_and_restore "$guest"; done
	arrived
	said_both
	is_unchanged forbids
	migration
}

where_the_kernel_can() {
	local guest
	hooks_install
	for guest in plain driver; do
		start_guest "$guest"
		save_and_restore "$guest"
		is_unchanged "$guest"
	done
	log_settled
	! grep -E 'vhost-exposed|rewrite-driver' "$SYSLOG" || fail "XML was rewritten"
}

# What they are defined with has stayed, so that when they are started anew they are as they were. Then to a
# second host, and to that once more when it has no stylesheets.
migration() {
	local guest
	virsh destroy forbids
	for guest in plain driver; do
		virsh destroy "$guest"
		start_paused "$guest"
	done
	second_hypervisor_start
	at_second network_create lan virbr0 off 0
	at_second hooks_install
	: >"$SYSLOG"
	for guest in plain driver; do migrate "$guest"; done
	at_second arrived_from_first "$(declare -p before)"
	said_both
	at_second virsh destroy plain
	at_second umount /usr/share
	start_paused plain
	migrate plain
	at_second unchanged_from_first "$(declare -p before)" plain
	wait_for 10 grep -q 'action=rewrite-driver guest=plain .*result=failed' "$SYSLOG"
	is "the second libvirtd's log about hooks" "$(at_second hook_complaints)" ""
}

arrived_from_first() {
	local -A before
	eval "${1/declare -A/}"
	arrived
}

unchanged_from_first() {
	local -A before
	eval "${1/declare -A/}"
	is_unchanged "$2"
}

hypervisor_start
syslog_start
network_create lan virbr0 off 0
if has_act_csum; then where_the_kernel_can; else where_none_can_fill; fi
is "libvirtd's log about hooks" "$(hook_complaints)" ""
