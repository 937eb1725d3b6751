#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Filters of ours, and what libvirt itself does in the same places, on a kernel with act_csum.
#
# libvirt limits a guest's bandwidth (<bandwidth>, domiftune) with a root qdisc at the guest's port and,
# in the other direction, with an "ingress" qdisc, in which our filters are, too. What it does is the same with our
# hooks as without: nothing is refused. Our filters are lost by it, and are back after the next event on that
# bridge; at a macvtap, when libvirtd is started anew.
#
# libvirt fills DHCP replies of its networks by a rule of its own, in whichever kind of tables it uses. Nothing
# is added to that.
#
# The guests are started and do not run: a firmware on an emulated machine in an emulated machine is slow.

. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/hypervisor.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
. "$SRC/tests/lib/limits.sh"
sandbox "$@"

inbound="<inbound average='1000' peak='2000' burst='64'/>"
outbound="<outbound average='500' peak='1000' burst='32'/>"
wide="ip:udp ipv6:udp"

# Kinds of guests, each with its interface.
declare -A interface=(
	[plain]="bridge=br0"
	[inbound]="bridge=br0 <bandwidth>$inbound</bandwidth>"
	[both]="bridge=br0 <bandwidth>$inbound$outbound</bandwidth>"
	[direct]="direct=eth8"
	[direct-both]="direct=eth8 <bandwidth>$inbound$outbound</bandwidth>"
)

# paused NAME KIND: a guest of this kind that boots from the network. Its port is in ${port[NAME]}.
declare -A port
paused() {
	guest_define "$1" "${interface[$2]%% *}" "$(sed -n 's/^[^ ]* //p' <<<"${interface[$2]}")"
	start_paused "$1"
}

start_paused() {
	log_forget
	virsh start --paused "$1"
	port[$1]=$(guest_ports "$1")
}

# libvirts GUEST: all of traffic control at its port that is not ours, without what differs from port to port
# and from one dump to the next. The ingress qdisc may be anybody's: what it is for shows in its filters.
libvirts() {
	{
		tc qdisc show dev "${port[$1]}"
		tc class show dev "${port[$1]}"
		tc filter show dev "${port[$1]}" parent 1: 2>/dev/null
		tc filter show dev "${port[$1]}" parent ffff: 2>/dev/null
	} | awk '
		/^(qdisc|class|filter)/ { ours = /^qdisc ingress / || / pref (2825[89]|28260) / }
		!ours && NF' |
		sed -E -e 's/direct_packets_stat [0-9]+//' -e 's/^(qdisc noqueue) [0-9a-f]+:/\1/' \
			-e 's/police 0x[0-9a-f]+/police/' -e 's/^filter ingress /filter /'
}

# tune GUEST inbound|outbound: another limit, while the guest is there; libvirt says that it is in force.
tune() {
	virsh domiftune "$1" "${port[$1]}" "--$2" 3000,4000,64
	is "$2 limit of $1" "$(virsh domiftune "$1" "${port[$1]}" | sed -n "s/^$2.average *: *//p")" 3000
}

filters_are() { is "filters of $1" "$(filters_of_ours "${port[$1]}")" "${2:-}"; }
libvirts_are() { is "what libvirt made for $1" "$(libvirts "$1")" "$2"; }

# How it is without hooks: at the start, and with each limit changed.
declare -A alone
without_hooks() {
	local kind
	for kind in "${!interface[@]}"; do
		paused "$kind-0" "$kind"
		alone[$kind]=$(libvirts "$kind-0")
		filters_are "$kind-0"
		tune "$kind-0" inbound
		alone[$kind+in]=$(libvirts "$kind-0")
		tune "$kind-0" outbound
		alone[$kind+out]=$(libvirts "$kind-0")
		virsh destroy "$kind-0"
	done
	[[ ${alone[plain]} != *police* && ${alone[plain+out]} == *police* && ${alone[both]} == *police* ]] ||
		fail "libvirt limits bandwidth in another way than it did"
	nothing_left
}

# nothing_left: no qdisc, filter, action or rule.
nothing_left() {
	is "qdiscs" "$(tc qdisc show | grep -E 'clsact|ingress|htb')" ""
	is "actions" "$(tc actions list action csum)" ""
	[ ! -s /proc/net/ip_tables_names ] || {
		expect_rules br0
		expect_rules host8
	}
}

# Taps, with and without a limit for what the guest sends: libvirt's is changed, taken away and made again. The server is
# this host, so what it sends is filled at the bridge.
taps() {
	local kind
	for kind in plain inbound both; do
		paused "$kind" "$kind"
		filters_are "$kind" "$wide"
		logged "^action=add-checksum-filter guest=$kind port=${port[$kind]} .*result=done"
		not_logged 'action=add-checksum-rule'
		libvirts_are "$kind" "${alone[$kind]}"
		is "kind of qdisc" "$(tc qdisc show dev "${port[$kind]}" | grep -c clsact)" 0
		tune "$kind" inbound
		libvirts_are "$kind" "${alone[$kind+in]}"
		filters_are "$kind"
		tune "$kind" outbound
		libvirts_are "$kind" "${alone[$kind+out]}"
		filters_are "$kind"
	done
	is "filters of br0" "$(filters_of_ours br0)" "$wide"
}

# The next guest's start makes them good; libvirt's limits stay.
taps_are_swept() {
	local kind
	paused next plain
	for kind in plain inbound both; do
		wait_for 60 have_filters "$kind"
		libvirts_are "$kind" "${alone[$kind+out]}"
	done
	virsh destroy next
}

# Where filters are at the receiver libvirt cannot limit. That is why they are not by default.
no_limit_at_receiver() {
	config <<<$'[checksum]\nat = receiver'
	start_paused next
	refused "Exclusivity flag on" virsh domiftune next "${port[next]}" --outbound 3000,4000,64
	virsh destroy next
	config </dev/null
}

# On a macvtap our qdisc is of libvirt's kind, and each limit can be changed. Whichever it is, libvirt then takes
# the ingress qdisc away, or makes its own, without our filters: they are back when libvirtd is started the
# next time.
macvtaps() {
	local kind
	for kind in direct direct-both; do
		paused "$kind" "$kind"
		filters_are "$kind" "$wide"
		is "qdisc of ${port[$kind]}" "$(tc qdisc show dev "${port[$kind]}" ingress | cut -d ' ' -f 2)" ingress
		[ "$kind" = direct ] || libvirts_are "$kind" "${alone[$kind]}"
		tune "$kind" inbound
		libvirts_are "$kind" "${alone[$kind+in]}"
		filters_are "$kind"
	done
	libvirtd_restart
	for kind in direct direct-both; do
		wait_for 60 have_filters "$kind"
		tune "$kind" outbound
		libvirts_are "$kind" "${alone[$kind+out]}"
		filters_are "$kind"
	done
	libvirtd_restart
	for kind in direct direct-both; do
		wait_for 60 have_filters "$kind"
		libvirts_are "$kind" "${alone[$kind+out]}"
	done
}

have_filters() { [ "$(filters_of_ours "${port[$1]}")" = "$wide" ]; }

guests_end() {
	local kind
	for kind in "${!interface[@]}"; do virsh destroy "$kind"; done
	nothing_left
}

# use_iptables nft|legacy: which of the two libvirt finds.
use_iptables() {
	local program
	for program in iptables ip6tables; do
		ln -sf "$(command -v "$program-$1")" "/etc/alternatives/$program"
	done
	[[ $(iptables --version) == *"${1/nft/nf_tables}"* ]] || skip "iptables is not one of Debian's alternatives"
	libvirtd_restart
}

# nat_network NAME BRIDGE N: NAT and DHCP, no TFTP.
nat_network() {
	cat >"/tmp/$1.xml" <<-END
		<network>
		  <name>$1</name>
		  <forward mode='nat'/>
		  <bridge name='$2'/>
		  <ip address='192.168.$3.1' netmask='255.255.255.0'>
		    <dhcp><range start='192.168.$3.10' end='192.168.$3.99'/></dhcp>
		  </ip>
		</network>
	END
	virsh net-create "/tmp/$1.xml"
}

# disk_guest NAME NETWORK: it boots from a disk, so that DHCP replies are all it needs.
disk_guest() {
	guest_define "$1" "network=$2"
	virsh dumpxml "$1" | sed "s/<boot dev='network'/<boot dev='hd'/" >"/tmp/$1.xml"
	virsh define "/tmp/$1.xml"
	start_paused "$1"
}

# bridge_qdiscs BRIDGE: what is for filters there.
bridge_qdiscs() { tc qdisc show dev "$1" | grep clsact || :; }

# covered KIND BRIDGE N: by libvirt's own rule, in this kind of tables.
covered() {
	local kind=$1 bridge=$2
	use_iptables "$kind"
	log_forget
	nat_network "$kind" "$bridge" "$3"
	iptables -t mangle -S LIBVIRT_PRT 2>/dev/null | grep -e "-o $bridge .*--dport 68 -j CHECKSUM" ||
		fail "libvirt has made no rule towards $bridge with iptables-$kind"
	nothing_logged
	disk_guest "$kind-disk" "$kind"
	# What it sends, libvirt's rule does not see.
	filters_are "$kind-disk" "$wide"
	not_logged '^finding=|add-checksum-rule'
	is "qdiscs of $bridge" "$(bridge_qdiscs "$bridge")" ""
	virsh destroy "$kind-disk"
	# That it was libvirt's rule is seen when it has gone.
	iptables -t mangle -F LIBVIRT_PRT
	disk_guest "$kind-alone" "$kind"
	logged "^action=add-checksum-filter guest=$kind-alone network=$kind bridge=$bridge mechanism=tc scope=dhcp .*result=done"
	virsh destroy "$kind-alone"
	# TFTP is not covered.
	guest_define "$kind-net" "network=$kind"
	start_paused "$kind-net"
	is "filters of $bridge" "$(filters_of_ours "$bridge")" "$wide"
	virsh destroy "$kind-net"
	virsh net-destroy "$kind"
	nothing_left
}

need python3 tc iptables-nft ip6tables-nft
has_act_csum || skip "this kernel has no act_csum"
need_tables
hypervisor_start
hooks_start
tap_nodes
add_bridge br0
serve br0 80
add_card eth8
add_macvlan eth8 host8
serve host8 81
without_hooks
hooks_install
covered nft virbr1 82
is "legacy tables in use" "$(cat /proc/net/ip_tables_names)" ""
taps
taps_are_swept
no_limit_at_receiver
macvtaps
guests_end
covered legacy virbr2 83
limits_hold
is "libvirtd's log about hooks" "$(hook_complaints)" ""
is "the hooks' errors" "$(hook_errors)" ""
