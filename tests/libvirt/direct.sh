#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Guests whose rules cannot go with their port: macvtaps ("direct") on a card of the host, which has a
# DHCP and TFTP server on a macvlan of its own there, and taps on a bridge of the host's own. What is done
# for them is there while one of them runs and has gone with the last, whichever way libvirt tells of its
# end: the guest's own, or that of a port of a network. On a kernel with act_csum it is a filter at the
# guest's port, else a rule towards the macvlan or the bridge.
#
# Every call of a hook is noted, with the ports that there are at that moment: what is taken away is decided
# at calls where the guest's own port has gone.

. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/hypervisor.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
sandbox "$@"

# hooks_noted: ours are where they go beside hooks of the administrator's own. One of those notes each call
# before ours hear of it, and one refuses a guest when ours have done their work for it.
hooks_noted() {
	local hook
	hooks_install
	for hook in network qemu; do
		mkdir "/etc/libvirt/hooks/$hook.d"
		mv "/etc/libvirt/hooks/$hook" "/etc/libvirt/hooks/$hook.d/50-virt-netboot"
		cat >"/etc/libvirt/hooks/$hook" <<-'END'
			#!/bin/sh
			cd /sys/class/net
			echo "${0##*/} $1 $2" $(ls -d vnet* macvtap* 2>/dev/null) >>/tmp/calls
		END
		chmod +x "/etc/libvirt/hooks/$hook"
	done
	cat >/etc/libvirt/hooks/qemu.d/90-refuse <<-'END'
		#!/bin/sh
		[ "$1 $2" != 'refused start' ]
	END
	chmod +x /etc/libvirt/hooks/qemu.d/90-refuse
	libvirtd_restart
}

# host_network NAME ELEMENTS: a network that is the host's own card or bridge.
host_network() {
	printf '<network><name>%s</name>%s</network>\n' "$1" "$2" >"/tmp/$1.xml"
	virsh net-create "/tmp/$1.xml"
}

# sender SOURCE: the device on this host that a server reaches such guests through.
sender() { case $1 in direct=* | network=pool) say host8 ;; *) say br0 ;; esac }

# No look at tables that nobody has used, for that would bring them into use.
no_rules() {
	if has_act_csum; then
		is "legacy tables in use" "$(cat /proc/net/ip*_tables_names 2>/dev/null)" ""
	else
		is "checksum rules" "$({ iptables-legacy -t mangle -S && ip6tables-legacy -t mangle -S; } |
			grep CHECKSUM)" ""
	fi
}

# filled GUEST SOURCE: what a server on this host sends to the guest is filled.
filled() {
	if has_act_csum; then
		is "filters for $1" "$(filters_of_ours "$(guest_ports "$1")")" "ip:udp ipv6:udp"
		no_rules
	else
		expect_rules "$(sender "$2")" ip4:udp ip6:udp
		is "filters for $1" "$(filters_of_ours "$(guest_ports "$1")")" ""
	fi
}

# nothing_left: no rule, and on no device anything that is ours or was made for it.
nothing_left() {
	no_rules
	is "qdiscs" "$(tc qdisc show | grep -E 'clsact|ingress')" ""
	! has_act_csum || is "actions" "$(tc actions list action csum)" ""
}

# begin GUEST SOURCE: starts it, and the hooks do their work.
begin() {
	log_forget
	guest_start "$1" "$2"
	filled "$1" "$2"
}

crash() { kill -KILL "$(cat "/run/libvirt/qemu/$1.pid")"; }

# The guest is locked until the last hook has ended.
is_off() { [ "$(virsh domstate "$1")" = "shut off" ]; }

# end GUEST CALL...: it is destroyed (or ended by $by), and libvirt calls hooks for this. When it says that
# the guest or its port has gone, the device has gone as well.
end() {
	local guest=$1 port
	shift
	port=$(guest_ports "$guest")
	[ -e "/sys/class/net/$port" ] || fail "no port '$port' of $guest"
	: >/tmp/calls
	log_forget
	"${by:-guest_stop}" "$guest"
	wait_for 20 is_off "$guest"
	is "calls at the end of $guest" "$(cut -d ' ' -f 1-3 /tmp/calls)" "$(printf '%s\n' "$@")"
	! grep -E '^[^ ]+ [^ ]+ (release|port-deleted) ' /tmp/calls | grep -w "$port" ||
		fail "$port is there when libvirt says that $guest has gone"
}

end_of_domain() { end "$1" "qemu $1 stopped" "qemu $1 release"; }
end_of_port() { end "$1" "qemu $1 stopped" "network $2 port-deleted" "qemu $1 release"; }

# neighbour VERDICT: what a guest on a macvtap of ours beside libvirt's gets to see. It has no filter, so that
# this is for kernels where a rule does it.
neighbour() {
	has_act_csum && return
	add_macvtap eth8 beside
	macvtap=beside linux_guest eth8 "dhcp=$1" "tftp=$1" "dhcp6=$1" "tftp6=$1"
	ip link delete beside
}

# made GUEST SOURCE: what fills was made when this guest started.
made() {
	local mechanism
	if has_act_csum; then
		logged "^action=add-checksum-filter guest=$1 .*port=[^ ]+ .*mechanism=tc scope=udp .*result=done"
		return
	fi
	for mechanism in iptables ip6tables; do
		logged "^action=add-checksum-rule guest=$1 .*(bridge|macvlan)=$(sender "$2") mechanism=$mechanism scope=udp \
why=\"the kernel has no act_csum\" result=done"
	done
}

# taken_away GUEST SOURCE: it went with this guest.
taken_away() {
	local mechanism
	if has_act_csum; then
		nothing_logged
	else
		for mechanism in iptables ip6tables; do
			logged "^action=remove-checksum-rule guest=$1 .*(bridge|macvlan)=$(sender "$2") mechanism=$mechanism result=done"
		done
	fi
	nothing_left
}

without_hooks() {
	local source
	for source in direct=eth8 network=pool bridge=br0 network=hostbr; do
		guest_start "without-${source#*=}" "$source"
	done
	nothing_left
	neighbour bad
	for source in direct=eth8 network=pool bridge=br0 network=hostbr; do
		guest_stop "without-${source#*=}"
	done
}

macvtaps() {
	begin d1 direct=eth8
	made d1 direct=eth8
	not_logged macvtap-peer-offload
	neighbour ok
	begin p1 network=pool
	has_act_csum || not_logged '^action'
	is "boot of d1" "$(guest_boot_result d1)" booted
	is "boot of p1" "$(guest_boot_result p1)" booted
	end_of_domain d1
	nothing_logged
	filled p1 network=pool
	end_of_port p1 pool
	taken_away p1 network=pool
	neighbour bad

	begin p2 network=pool
	made p2 network=pool
	begin d2 direct=eth8
	end_of_port p2 pool
	nothing_logged
	filled d2 direct=eth8
	by=crash end_of_domain d2
	taken_away d2 direct=eth8
}

bridge() {
	begin b1 bridge=br0
	made b1 bridge=br0
	begin n1 network=hostbr
	end_of_domain b1
	nothing_logged
	filled n1 network=hostbr
	end_of_port n1 hostbr
	taken_away n1 network=hostbr

	begin n2 network=hostbr
	begin b2 bridge=br0
	end_of_port n2 hostbr
	nothing_logged
	filled b2 bridge=br0
	by=crash end_of_domain b2
	taken_away b2 bridge=br0
}

# A network that is started with hooks has its rule for DHCP before there are guests, and nothing when the
# kernel has filters; what is left with the last guest goes with the network.
network_starts() {
	virsh net-destroy hostbr
	nothing_left
	virsh net-create /tmp/hostbr.xml
	if has_act_csum; then
		no_rules
	else
		expect_rules br0 ip4:68 ip6:546
	fi
	begin n3 network=hostbr
	end_of_port n3 hostbr
	nothing_left
	virsh net-destroy hostbr
	nothing_left
}

# What was done goes, too, if the guest does not start.
refused_guest() {
	local source
	for source in bridge=br0 direct=eth8; do
		log_forget
		: >/tmp/calls
		! guest_start refused "$source" 2>/dev/null || fail "started in spite of a hook"
		made refused "$source"
		is "calls for a refused guest" "$(cut -d ' ' -f 3 /tmp/calls | xargs)" "prepare start stopped release"
		nothing_left
		virsh undefine refused
	done
}

# Nobody on this host serves the card.
no_server() {
	log_forget
	guest_start u1 direct=eth9
	if has_act_csum; then
		is "filters for u1" "$(filters_of_ours "$(guest_ports u1)")" "ip:udp ipv6:udp"
		not_logged macvtap-peer-offload
	else
		logged '^finding=macvtap-peer-offload severity=notice guest=u1 .*is on eth9, '
		not_logged '^action'
	fi
	end_of_domain u1
	nothing_left
}

need python3
has_act_csum || need_tables
hypervisor_start
hooks_start
tap_nodes
add_card eth8
add_macvlan eth8 host8
serve host8 80
add_card eth9
add_bridge br0
serve br0 81
printf '#!ipxe\necho BOOTED-OK\n' >/tmp/tftp/boot.ipxe
host_network pool "<forward mode='bridge'><interface dev='eth8'/></forward>"
host_network hostbr "<forward mode='bridge'/><bridge name='br0'/>"

# Hooks come with the second case.
before_each() { [ "$1" = without_hooks ] || [ -e /etc/libvirt/hooks/qemu.d/90-refuse ] || hooks_noted; }

no_complaints() {
	is "libvirtd's log about hooks" "$(hook_complaints | grep -v 'refused start')" ""
	is "the hooks' errors" "$(hook_errors)" ""
}

cases without_hooks macvtaps bridge network_starts refused_guest no_server no_complaints
