# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sockets of servers, and what a guest's event says of them: beside topology.sh and hooks.sh.

# servers_start: what has to be there for a server to matter.
servers_start() {
	: >/dev/vhost-net
	config <<-'END'
		[checksum]
		mechanism = iptables
		[hook]
		log-level = debug
	END
}

# sockets SOCKET...: those of a process, $sockets_pid (dhcp-sockets.py).
sockets() {
	local said=/tmp/sockets$BASHPID$RANDOM
	python3 "$SRC/tests/lib/dhcp-sockets.py" "$@" >"$said" 2>&1 &
	sockets_pid=$!
	wait_for 20 grep -q ready "$said"
}

no_sockets() {
	kill "$sockets_pid"
	wait "$sockets_pid" || :
}

prepare() {
	log_forget
	domain_xml web "$(nic "$1")" | qemu_hook web prepare begin -
}

# found BRIDGE [TEXT]: a guest there is told of a server of this host; found6 of one for DHCPv6.
found() {
	prepare "$1"
	logged "^finding=vhost-exposed .*bridge=$1 .*a DHCP server"
}
found6() {
	prepare "$1"
	logged "^finding=vhost-exposed .*bridge=$1 .*a DHCPv6 server"
}
not_found() {
	prepare "$1"
	logged '^finding=checksum-protected .*no DHCP server'
	not_logged vhost-exposed
}

# no_fault BRIDGE: nothing is wrong, whether a server is there or not.
no_fault() {
	prepare "$1"
	logged '^finding=checksum-protected'
	not_logged vhost-exposed
}

# found_with BRIDGE SOCKET..., not_found_with, no_fault_with: as long as there are these.
found_with() {
	sockets "${@:2}"
	found "$1"
	no_sockets
}
found6_with() {
	sockets "${@:2}"
	found6 "$1"
	no_sockets
}
not_found_with() {
	sockets "${@:2}"
	not_found "$1"
	no_sockets
}

no_fault_with() {
	sockets "${@:2}"
	no_fault "$1"
	no_sockets
}

# forget: what was done for the one must not hide the other.
forget() {
	iptables-legacy -t mangle -F
	ip6tables-legacy -t mangle -F
}
