#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A guest moves to another host while it runs, and back. There is a network of the same name on either; on
# the other host it has STP on and a forward delay of 15 s, so that a guest which arrives before it has its
# address boots only if our hook sees to its port. libvirt asks the hook at the destination first of all
# ("migrate") and takes what it prints for the guest's XML. Ours prints nothing for a guest that has no
# vhost-net, as those here; and that its configuration is garbage is no reason for a guest to stay away.
#
# At the end stands what libvirt makes of other answers.

. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/hypervisor.sh"
. "$SRC/tests/lib/second-hypervisor.sh"
sandbox "$@"

# hook_after_ours NAME: its script is on stdin. libvirt runs those in qemu.d in turn after hooks/qemu, and gives
# each the XML that the one before has printed, or its own if that was nothing.
hook_after_ours() {
	mkdir -p /etc/libvirt/hooks/qemu.d
	cat >"/etc/libvirt/hooks/qemu.d/$1"
	chmod +x "/etc/libvirt/hooks/qemu.d/$1"
}

# recorder: a hook that notes how it is called and with what. It is a hook of this host alone: /run is.
recorder() {
	hook_after_ours 10-record <<-'EOF'
		#!/bin/sh
		echo "$*" >>/run/calls
		cat >"/run/$2.xml"
	EOF
	: >/run/calls
}

# calls GUEST: what the recorder was told of it, without the reason that newer versions of libvirt give.
calls() { sed -n "s/^$1 //p" /run/calls | sed 's/^\(release end\) .*/\1/'; }

arrival='migrate begin -
prepare begin -
start begin -
started begin -'
departure='stopped end -
release end'

# runs GUEST: libvirt says so, and its QEMU too.
runs() {
	is "state of $1 on $(hostname)" "$(virsh domstate "$1")" running
	is "QEMU of $1 on $(hostname)" \
		"$(virsh qemu-monitor-command --hmp "$1" 'info status' | tr -d '\r' | xargs)" "VM status: running"
}

# has_gone GUEST: it is not here any more, and neither is its process.
has_gone() {
	[[ $(virsh list --name) != *"$1"* ]] || fail "$1 is still on $(hostname)"
	[ ! -e "/run/libvirt/qemu/$1.pid" ] || fail "QEMU of $1 is still on $(hostname)"
}

# moves GUEST: to the second host; it is on the wire there as here.
moves() {
	local before after
	before=$(interfaces_xml "$1")
	[[ $before == *"<source network='lan'/>"* ]] || fail "interface of $1: $before"
	migrate "$1"
	at_second runs "$1"
	has_gone "$1"
	after=$(at_second interfaces_xml "$1")
	is "interface of $1 on the second host" "$after" "$before"
}

without_hooks() {
	guest_start without network=lan
	moves without
	is "port without hooks" "$(at_second port_states without)" listening
	at_second guest_stop without
}

with_hook() {
	local sent
	guest_start g1 network=lan
	sent=$(virsh dumpxml --migratable g1)
	moves g1
	is "calls at the arrival" "$(at_second calls g1)" "$arrival"
	is "XML behind our hook" "$(at_second cat /run/migrate.xml)" "$sent"
	wait_for 10 at_second all_forward g1
	is "boot on the second host" "$(at_second guest_boot_result g1)" booted
	is "edge ports of g1" "$(edge_ports g1)" 1
}

back_again() {
	recorder
	hooks_install
	migrate_back g1
	runs g1
	at_second has_gone g1
	is "calls at the return" "$(calls g1)" "$arrival"
	is "calls at the departure" "$(at_second calls g1)" "$arrival"$'\n'"$departure"
	guest_stop g1
}

nothing_wrong() {
	is "the first libvirtd's log about hooks" "$(hook_complaints)" ""
	is "the second libvirtd's log about hooks" "$(at_second hook_complaints)" ""
	is "the hooks' errors" "$(hook_errors)" ""
}

garbage() { head -c 4096 /dev/urandom >/etc/virt-netboot.conf; }

unreadable_configuration() {
	at_second garbage
	guest_start unreadable network=lan
	moves unreadable
	grep -q 'virt-netboot.*/etc/virt-netboot.conf' "$SYSLOG" || fail "the log does not name the broken file"
	wait_for 10 at_second all_forward unreadable
	at_second guest_stop unreadable
	at_second hold edge
}

# A guest that is off: the hook is asked, too, and what it answers is the guest's definition there.
offline() {
	guest_define off network=lan
	at_second recorder
	virsh migrate --offline --persistent off "$SECOND_URI"
	is "calls for a guest that is off" "$(at_second calls off)" "migrate begin -"
	at_second virsh undefine off
}

# answer COMMANDS: what a hook behind ours does with the XML on its stdin.
answer() {
	at_second hook_after_ours 20-answer <<-EOF
		#!/bin/sh
		[ "\$2" = migrate ] || exit 0
		$1
	EOF
}

# added XML: such an answer; XML stands in the interface.
added() { answer "sed \"s|<model type='virtio'/>|&$1|\""; }

# stays GUEST WHY: the second host does not take it.
stays() {
	refused "$2" migrate "$1"
	runs "$1"
	at_second has_gone "$1"
}

# That a hook is asked, and that it is no matter of course that a guest arrives. A <driver> more or less in an
# interface is another device to libvirt. With this <backend> it is the same, and QEMU does without vhost, for
# there can be no such file: what our hook answers for a guest without a <driver>.
other_answers() {
	guest_start asked network=lan
	answer 'echo no room >&2; exit 1'
	stays asked "unexpected exit status 1: no room"
	answer 'echo "<domain/>"'
	stays asked "missing name information"
	added "<driver name='qemu'/>"
	stays asked "Target device virtio options don't match the source"
	added "<backend vhost='/dev/null/virt-netboot'/>"
	migrate asked
	at_second runs asked
	[[ $(at_second interfaces_xml asked) == *"<backend vhost='/dev/null/virt-netboot'/>"* ]] ||
		fail "libvirt does not take the answer"
	at_second guest_stop asked
}

hypervisor_start
second_hypervisor_start
syslog_start
network_create lan virbr0 off 0
at_second network_create lan virbr0 on 15

# Hooks come with the second case.
before_each() {
	[ "$1" = without_hooks ] || at_second test -e /etc/libvirt/hooks/qemu || {
		at_second hold edge
		at_second recorder
		at_second hooks_install
	}
}

there_and_back() {
	with_hook
	back_again
	nothing_wrong
}

cases without_hooks there_and_back unreadable_configuration offline other_answers
