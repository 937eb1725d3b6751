#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What waits in libvirtd while a hook takes its time, as virt-netboot.conf(5) says under "deadline": calls about
# the same guest or network, and lists. The hook is a script that waits for a file.

. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/hypervisor.sh"
sandbox "$@"

# slow_hook HOOK OBJECT OPERATION: at this one it waits until /run/go-on is there.
slow_hook() {
	rm -f /etc/libvirt/hooks/*
	cat >"/etc/libvirt/hooks/$1" <<-EOT
		#!/bin/sh
		[ "\$1 \$2" != "$2 $3" ] || { : >/run/waiting; until [ -e /run/go-on ]; do sleep 0.1; done; }
	EOT
	chmod 755 "/etc/libvirt/hooks/$1"
	rm -f /run/go-on /run/waiting
}

# waits and goes_on VIRSH-ARGUMENT...: whether the call comes back while the hook runs.
waits() {
	! timeout 2 virsh --quiet --connect qemu:///system "$@" >/dev/null 2>&1 || fail "does not wait: $*"
}
goes_on() {
	timeout 20 virsh --quiet --connect qemu:///system "$@" >/dev/null || fail "waits: $*"
}

# in_hook HOOK OBJECT OPERATION VIRSH-ARGUMENT...: the call has come as far as the slow hook; go_on lets it end.
in_hook() {
	slow_hook "${@:1:3}"
	libvirtd_restart
	virsh "${@:4}" >/run/slow-call 2>&1 &
	slow=$!
	wait_for 20 test -e /run/waiting
}

go_on() {
	: >/run/go-on
	wait "$slow" || fail "the call with the slow hook: $(cat /run/slow-call)"
}

# Another guest goes on; networks do, too.
a_guest_starts() {
	in_hook qemu web start start web
	goes_on dominfo other
	goes_on net-info lan
	goes_on suspend other
	goes_on resume other
	goes_on start third
	waits list
	waits dominfo web
	go_on
	goes_on dominfo web
}

a_port_is_created() {
	virsh destroy web
	virsh destroy third
	in_hook network lan port-created start web
	goes_on dominfo other
	# libvirt looks for a name at one network after the other, in no order, and may wait at this one.
	goes_on net-info "$wan"
	waits net-list
	waits net-info lan
	waits start fourth
	go_on
	goes_on net-info lan
}

# libvirtd tells of the ports of guests that run, and answers nobody meanwhile.
libvirtd_starts() {
	local pid
	pid=$(cat "$LIBVIRTD_PIDFILE")
	slow_hook network lan port-created
	kill "$pid"
	wait_for 20 process_gone "$pid"
	"$LIBVIRTD" --daemon --pid-file "$LIBVIRTD_PIDFILE"
	wait_for 20 test -e /run/waiting
	waits list
	: >/run/go-on
	goes_on list
}

hypervisor_start
network_create lan virbr0 off 0
network_create wan virbr1 off 0
wan=$(virsh net-uuid wan)
for guest in web third fourth; do guest_define "$guest" network=lan; done
guest_start other network=wan

a_guest_starts
a_port_is_created
libvirtd_starts
