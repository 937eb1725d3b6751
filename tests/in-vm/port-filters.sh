#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Checksums filled by filters, on kernels with act_csum. A guest whose driver offloads checksums gets DHCP and
# TFTP answers that are wrong, whether the server is this host or a guest beside it, on a tap and on a
# macvtap; after the qemu hook's "start" they are right, and those of firmware, which were right before, still
# are: what a guest sends is filled at its port, what this host sends at the bridge, and with [checksum] at =
# receiver what a guest is sent at its port. Nobody else's filters and qdiscs are touched; with the port all
# is gone.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
. "$SRC/tests/lib/filters.sh"
sandbox "$@"
need dnsmasq tc
has_act_csum || skip "this kernel has no act_csum"
hooks_start

everything=(dhcp tftp dhcp6 tftp6)

# on OPERATION NIC...: as libvirt calls the hook for a guest named web that boots from the network.
on() {
	log_forget
	boot=${boot:-network} domain_xml web "${@:2}" | qemu_hook web "$1" begin -
}

# sees PORT BRIDGE VERDICT: both kinds of guests on a port that exists, one after the other; firmware is
# always answered well.
sees() {
	local tap=$1 macvtap=
	[ ! -e "/sys/class/net/$1/macvtap" ] || macvtap=$1
	linux_guest "$2" "${everything[@]/%/=$3}"
	firmware_guest "$2" "${everything[@]/%/=ok}"
}

# at_receiver: where the server is in a container, or beyond a nested host's uplink.
at_receiver() { config <<<$'[checksum]\nat = receiver'; }

# A host bridge, with the server on this host: by a filter at the bridge, which later guests find there, those
# too that no event tells of. It goes with the last guest.
from_the_host() {
	local target=vnet50
	add_bridge br0
	serve br0 50
	add_guest_port br0 vnet50 vnet_hdr
	sees vnet50 br0 bad
	on prepare "$(target='' nic br0)"
	logged '^finding=(vhost-exposed|checksum-tftp-unfilled) .* bridge=br0 .*repaired=yes'
	logged '^action=add-checksum-filter guest=web bridge=br0 mechanism=tc scope=udp why=.*act_csum.* result=done'
	filters_are br0 egress:ip:udp egress:ipv6:udp
	on start "$(nic br0)"
	filters_are vnet50 ingress:ip:udp ingress:ipv6:udp
	logged '^action=add-checksum-filter guest=web port=vnet50 bridge=br0 mechanism=tc scope=udp why=.*act_csum.* result=done'
	is "rules towards br0" "$(rules br0)" ""
	sees vnet50 br0 ok
	again_changes_nothing start vnet50 "$(nic br0)"
	again_changes_nothing reconnect vnet50 "$(nic br0)"
	add_guest_port br0 vnet49 vnet_hdr
	sees vnet49 br0 ok
	ip link delete vnet49
	on release "$(nic br0)"
	filters_are br0 egress:ip:udp egress:ipv6:udp
	ip link delete vnet50
	on release "$(nic br0)"
	logged '^action=remove-checksum-filter guest=web bridge=br0 mechanism=tc result=done'
	is "qdiscs of br0" "$(qdiscs br0 | grep clsact)" ""
	# What looks at the bridge's guests 2 s after an event finds none.
	sleep 5
	is "qdiscs of br0 later" "$(qdiscs br0 | grep clsact)" ""
}

# Nobody can say whether a server comes later: where this host has an address, one may, and finds its filter.
server_comes_later() {
	local target=vnet48
	add_bridge br48
	add_guest_port br48 vnet48 vnet_hdr
	on start "$(nic br48)"
	filters_are br48
	add_addresses br48 48
	on start "$(nic br48)"
	filters_are br48 egress:ip:udp egress:ipv6:udp
	not_logged '^finding='
	start_servers br48 48
	sees vnet48 br48 ok
}

# The server is on a VLAN of the bridge, and the guest in it.
from_a_vlan() {
	local target=vnet47
	add_bridge br47 vlan_filtering 1
	ip link add link br47 name br47.100 type vlan id 100
	bridge vlan add dev br47 vid 100 self
	ip link set br47.100 up
	serve br47.100 47
	add_guest_port br47 vnet47 vnet_hdr
	bridge vlan del dev vnet47 vid 1
	bridge vlan add dev vnet47 vid 100 pvid untagged
	sees vnet47 br47 bad
	on start "$(nic br47)"
	filters_are br47 egress:ip:udp egress:ipv6:udp
	sees vnet47 br47 ok
}

# Without an event of its own: libvirt tells of an interface that is plugged in by the network's port-created
# only, and of one on a bridge that the guest's XML names by nothing.
plugged_in() {
	local target=vnet46
	add_bridge br46
	serve br46 46
	log_forget
	port_xml net46 br46 52:54:00:00:00:46 | network_hook net46 port-created begin -
	filters_are br46 egress:ip:dhcp egress:ipv6:dhcp
	add_guest_port br46 vnet46 vnet_hdr
	tap=vnet46 linux_guest br46 dhcp=ok dhcp6=ok
}

# libvirts_tap BRIDGE NAME: one with an address as libvirt gives its guests' taps.
libvirts_tap() {
	add_guest_port "$1" "$2" vnet_hdr
	ip link set "$2" address fe:54:00:00:00:40
}

# What libvirt takes away from another guest's port when it sets a limit there, or has made without an event, is
# made good after the next event on that bridge; and a bridge that gets its address late has its filter.
swept() {
	local target=vnet40
	add_bridge br40
	libvirts_tap br40 vnet39
	add_guest_port br40 vnet38 vnet_hdr # somebody else's
	add_guest_port br40 vnet40 vnet_hdr
	on start "$(nic br40)"
	ip address add 192.168.40.1/24 dev br40
	wait_for 60 log_has '^action=add-checksum-filter port=vnet39 bridge=br40 mechanism=tc scope=udp .*result=done'
	filters_are vnet39 ingress:ip:udp ingress:ipv6:udp
	filters_are vnet38
	filters_are br40 egress:ip:udp egress:ipv6:udp
	# As libvirt does it: away, and anew with its police.
	tc qdisc del dev vnet39 ingress
	tc qdisc add dev vnet39 ingress
	tc filter add dev vnet39 ingress protocol all prio 49152 u32 match u32 0 0 police rate 1mbit burst 64k drop
	on start "$(nic br40)"
	wait_for 60 log_has '^action=add-checksum-filter port=vnet39 .*result=done'
	filters_are vnet39 ingress:ip:udp ingress:ipv6:udp
	is "libvirt's police" "$(tc filter show dev vnet39 ingress prio 49152 | grep -c 'police')" 1
}

# A device is left alone as long as somebody changes its qdiscs: libvirt's second program must find the place
# that its first one has made.
libvirt_is_not_disturbed() {
	local target=vnet37 i=0 failed=0 end=$((SECONDS + 12)) before
	add_bridge br37
	libvirts_tap br37 vnet36
	add_guest_port br37 vnet37 vnet_hdr
	on start "$(nic br37)"
	while [ "$SECONDS" -lt "$end" ]; do
		before=${EPOCHREALTIME/./}
		tc qdisc del dev vnet36 ingress 2>/dev/null || :
		# On a machine that stands still for 2 s between the two, ours may come between.
		tc qdisc add dev vnet36 ingress ||
			[ $((${EPOCHREALTIME/./} - before)) -gt 1900000 ] || failed=$((failed + 1))
		i=$((i + 1))
	done
	say "changed $i times"
	is "changes that failed" "$failed" 0
}

# On Open vSwitch, and where the host routes to a tap, nobody knows what leads to the port.
routed() {
	local target=tap45
	ip tuntap add tap45 mode tap vnet_hdr
	ip link set tap45 up
	serve tap45 45
	sees tap45 '' bad
	on start "$(interface ethernet '')"
	filters_are tap45 egress:ip:udp egress:ipv6:udp
	sees tap45 '' ok
}

# The same at the guest's own port.
from_the_host_at_receiver() {
	local target=vnet44
	at_receiver
	add_bridge br44
	serve br44 44
	add_guest_port br44 vnet44 vnet_hdr
	sees vnet44 br44 bad
	# The port will have its filter: nothing is done to the bridge before.
	untouched on prepare "$(target='' nic br44)"
	nothing_logged
	on start "$(nic br44)"
	filters_are vnet44 egress:ip:udp egress:ipv6:udp
	logged '^finding=(vhost-exposed|checksum-tftp-unfilled) .*port=vnet44 .*repaired=yes'
	is "rules towards br44" "$(rules br44)" ""
	sees vnet44 br44 ok
	again_changes_nothing start vnet44 "$(nic br44)"
	again_changes_nothing reconnect vnet44 "$(nic br44)"
	# When the policy has become another, a daemon that comes back moves the filters.
	config </dev/null
	on reconnect "$(nic br44)"
	logged '^action=remove-checksum-filter guest=web port=vnet44 .*result=done'
	filters_are vnet44 ingress:ip:udp ingress:ipv6:udp
	is "kind of qdisc" "$(qdiscs vnet44 | grep -c clsact)" 0
	filters_are br44 egress:ip:udp egress:ipv6:udp
	sees vnet44 br44 ok
	ip link delete vnet44
	on release "$(nic br44)"
}

again_changes_nothing() {
	local before
	before=$(all_filters "$2")
	on "$1" "${@:3}"
	nothing_logged
	is "filters of $2 after another $1" "$(all_filters "$2")" "$before"
}

# The server is a guest, whose port has its filter when it starts; those it serves need nothing.
from_a_guest() {
	add_bridge br1
	serve_in_guest br1 51 vnet59
	add_guest_port br1 vnet51 vnet_hdr
	sees vnet51 br1 bad
	target=vnet59 on start "$(target=vnet59 nic br1)"
	filters_are vnet59 ingress:ip:udp ingress:ipv6:udp
	filters_are vnet51
	sees vnet51 br1 ok
}

# The same with vhost-net between the guest's driver and its port, and with receivers that are plugged in without an
# event, before and after.
from_behind_vhost_net() {
	local target=vnet35
	grep -q ' vhost-net$' /proc/misc || skip "this kernel has no vhost-net"
	add_bridge br35
	cable=-v serve_in_guest br35 35 vnet35
	linux_guest br35 "${everything[@]/%/=bad}"
	on start "$(nic br35)"
	filters_are vnet35 ingress:ip:udp ingress:ipv6:udp
	linux_guest br35 "${everything[@]/%/=ok}"
	firmware_guest br35 "${everything[@]/%/=ok}"
}

from_a_guest_at_receiver() {
	local target=vnet43
	at_receiver
	add_bridge br43
	serve_in_guest br43 43 vnet42
	add_guest_port br43 vnet43 vnet_hdr
	sees vnet43 br43 bad
	on reconnect "$(nic br43)"
	filters_are vnet43 egress:ip:udp egress:ipv6:udp
	sees vnet43 br43 ok
}

# direct MACVTAP CARD [MODEL]: an <interface> of this kind.
direct() { target=$1 interface direct "<source dev='$2' mode='bridge'/>" "${3:-virtio}"; }

# The hook's place on a macvtap is where packets come in, and its qdisc the one that libvirt takes away and
# makes anew as it pleases.
macvtap() {
	add_card eth1
	add_macvtap eth1 macvtap0
	add_macvlan eth1 host1
	serve host1 52
	sees macvtap0 eth1 bad
	boot=hd on start "$(direct macvtap0 eth1)"
	filters_are macvtap0 ingress:ip:udp ingress:ipv6:udp
	logged '^action=add-checksum-filter guest=web port=macvtap0 mechanism=tc scope=udp why=.*act_csum.* result=done'
	is "rules towards host1" "$(rules host1)" ""
	sees macvtap0 eth1 ok
	again_changes_nothing start macvtap0 "$(direct macvtap0 eth1)"
	tc qdisc del dev macvtap0 ingress
	tc qdisc add dev macvtap0 ingress
	on reconnect "$(direct macvtap0 eth1)"
	filters_are macvtap0 ingress:ip:udp ingress:ipv6:udp
}

macvtap_to_macvtap() {
	add_card eth2
	add_macvtap eth2 macvtap1
	add_macvtap eth2 macvtap2
	serve_in_guest eth2 53 macvtap1
	sees macvtap2 eth2 bad
	on start "$(direct macvtap2 eth2)"
	sees macvtap2 eth2 ok
}

# Which cards take partial checksums, and how much of what comes is filled.
cards() {
	local target=vnet60 boot=hd model
	at_receiver
	add_bridge br2
	for model in virtio virtio-non-transitional e1000e igb vmxnet3; do
		add_guest_port br2 vnet60 vnet_hdr
		on start "$(nic br2 "$model")"
		filters_are vnet60 egress:ip:dhcp egress:ipv6:dhcp
		ip link delete vnet60
	done
	add_guest_port br2 vnet60 vnet_hdr
	for model in e1000 rtl8139; do
		on start "$(nic br2 "$model")"
		filters_are vnet60
	done
	on start "$(interface bridge "<source bridge='br2'/><driver><guest csum='off'/></driver>")"
	filters_are vnet60
	# Those of a wider scope are put beside that of a narrower one.
	on start "$(nic br2)"
	boot=network on start "$(nic br2)"
	filters_are vnet60 egress:ip:udp egress:ipv6:udp
	boot=hd again_changes_nothing start vnet60 "$(nic br2)"
}

# The narrow filter repairs what it is for.
dhcp_only() {
	local target=vnet61 boot=hd
	at_receiver
	add_bridge br3
	serve br3 54
	add_guest_port br3 vnet61 vnet_hdr
	on start "$(nic br3)"
	tap=vnet61 linux_guest br3 dhcp=ok tftp=bad dhcp6=ok tftp6=bad
	tap=vnet61 firmware_guest br3 dhcp=ok tftp=ok dhcp6=ok tftp6=ok
}

# his DEVICE PRIORITY PROTOCOL: one filter of somebody else's.
his() { tc filter show dev "$1" egress prio "$2" protocol "$3"; }

# Somebody's clsact is used, and his filters go on; somebody's ingress, which leaves no room for ours, is
# left alone, and what this host sends is filled towards the bridge instead.
others() {
	local target=vnet62 before boot=network
	at_receiver
	add_bridge br4
	serve br4 55
	add_guest_port br4 vnet62 vnet_hdr
	tc qdisc add dev vnet62 clsact
	tc filter add dev vnet62 egress prio 7 protocol ip u32 match ip dport 69 0xffff action pass
	tc filter add dev vnet62 egress prio 40000 protocol all matchall action continue
	before=$(his vnet62 7 ip)$(his vnet62 40000 all)
	on start "$(nic br4)"
	filters_are vnet62 egress:ip:udp egress:ipv6:udp
	is "somebody's filters" "$(his vnet62 7 ip)$(his vnet62 40000 all)" "$before"
	tap=vnet62 linux_guest br4 "${everything[@]/%/=ok}"
	tc -s filter show dev vnet62 egress prio 40000 protocol all | grep -q 'Sent [1-9]' ||
		fail "somebody's filter after ours sees nothing any more"

	target=vnet63
	add_guest_port br4 vnet63 vnet_hdr
	tc qdisc add dev vnet63 ingress
	before=$(all_filters vnet63)
	on start "$(nic br4)"
	is "somebody's ingress" "$(all_filters vnet63)" "$before"
	filters_are br4 egress:ip:udp egress:ipv6:udp
	logged '^action=add-checksum-filter guest=web bridge=br4 mechanism=tc .*why='
	tap=vnet63 linux_guest br4 "${everything[@]/%/=ok}"
	ip link delete vnet62
	ip link delete vnet63
	log_forget
	domain_xml web "$(target='' nic br4)" | qemu_hook web release end -
	filters_are br4
	logged '^action=remove-checksum-filter guest=web bridge=br4 .*result=done'
}

# The bridge's place is taken as well.
rules_instead() {
	local target=vnet41
	add_bridge br41
	serve br41 41
	tc qdisc add dev br41 ingress
	add_guest_port br41 vnet41 vnet_hdr
	on start "$(nic br41)"
	expect_rules br41 ip4:udp ip6:udp
	logged '^action=add-checksum-rule guest=web bridge=br41 mechanism=iptables .*why="another program.s qdisc or filter'
	filters_are vnet41 ingress:ip:udp ingress:ipv6:udp
	sees vnet41 br41 ok
}

# What libvirt does for a guest with <bandwidth>, with the commands it gives; after that of the guest's own
# port, and then, for a filter that is there, anew.
bandwidth() {
	tc qdisc add dev "$1" root handle 1: htb default 1
	tc class add dev "$1" parent 1: classid 1:1 htb rate 8000kbps quantum 1000
	tc qdisc add dev "$1" parent 1:1 handle 2: sfq perturb 10
	tc filter add dev "$1" parent 1:0 protocol all prio 1 handle 1 fw flowid 1
}

inbound_bandwidth() {
	local target=vnet64 boot=network before
	at_receiver
	add_bridge br5
	serve br5 56
	add_guest_port br5 vnet64 vnet_hdr
	bandwidth vnet64
	before=$(qdiscs vnet64 root)
	on start "$(nic br5)"
	filters_are vnet64 egress:ip:udp egress:ipv6:udp
	is "root qdisc of vnet64" "$(qdiscs vnet64 root)" "$before"
	sees vnet64 br5 ok
	tc qdisc del dev vnet64 root
	bandwidth vnet64
	sees vnet64 br5 ok
}

# Datagrams that the sender left to be cut, through the wide filter.
segments() {
	local target=vnet65 boot=network offload
	add_bridge br6
	add_addresses br6 58
	add_guest_port br6 vnet65 vnet_hdr
	on start "$(nic br6)"
	filters_are br6 egress:ip:udp egress:ipv6:udp
	for offload in '' -c -u; do tap=vnet65 segments_arrive br6 58 $offload; done
	at_receiver
	on reconnect "$(nic br6)"
	filters_are vnet65 egress:ip:udp egress:ipv6:udp
	for offload in '' -c -u; do tap=vnet65 segments_arrive br6 58 $offload; done
	add_card eth3
	add_macvtap eth3 macvtap3
	add_macvlan eth3 host3
	add_addresses host3 59
	on start "$(direct macvtap3 eth3)"
	filters_are macvtap3 ingress:ip:udp ingress:ipv6:udp
	for offload in '' -c -u; do macvtap=macvtap3 segments_arrive host3 59 $offload; done
}

# tunnel NETNS PEER N KIND: one end of a tunnel through UDP.
tunnel() {
	ip -n "$1" link add tunnel type "$4" id 7 remote "$2" dstport 9999
	ip -n "$1" address add "10.77.0.$3/24" dev tunnel
	ip -n "$1" link set tunnel up
}

# through_tunnel WHAT: fails unless the container's TCP reaches the guest by way of the tunnel.
through_tunnel() {
	ip netns exec vnet66 python3 -c '
import socket
server = socket.create_server(("10.77.0.2", 5000))
open("/tmp/listening", "w")
peer = server.accept()[0]
while peer.recv(65536): pass
peer.sendall(b"all")' &
	wait_for 60 test -e /tmp/listening
	rm /tmp/listening
	ip netns exec container python3 -c '
import socket
peer = socket.create_connection(("10.77.0.2", 5000), 60)
peer.settimeout(60)
peer.sendall(b"x" * 100000)
peer.shutdown(socket.SHUT_WR)
assert peer.recv(3) == b"all"' || fail "TCP in a tunnel to the guest, $1"
}

# A checksum that is to be filled may be that of TCP inside a tunnel through UDP, which a filter for all
# UDP would take for filled: the guest of an overlay network would be cut off.
tunnels() {
	local target=vnet66 boot=network
	at_receiver
	add_bridge br8
	ip netns add container
	ip link add br8-c type veth peer name eth0 netns container
	ip link set br8-c master br8 up
	ip -n container address add 10.9.0.1/24 dev eth0
	ip -n container link set eth0 up
	ip netns add vnet66
	"$TOOLS/guest-cable" vnet66 vnet66 &
	wait_for 10 ip -n vnet66 link show vnet66
	plug_tap br8 vnet66
	ip -n vnet66 address add 10.9.0.2/24 dev vnet66
	ip -n vnet66 link set vnet66 up
	tunnel container 10.9.0.2 1 geneve
	tunnel vnet66 10.9.0.1 2 geneve
	through_tunnel "before start"
	on start "$(nic br8)"
	filters_are vnet66 egress:ip:udp egress:ipv6:udp
	through_tunnel "after start"
}

# actions: how many of the actions there are that fill checksums.
actions() { tc actions list action csum | grep -c 'index' || true; }

# Twenty guests start at once, and each is told of twice, as by a libvirtd that was started anew meanwhile:
# each port has one filter for each family. With the ports all is gone.
many() {
	local i before pids=() boot=hd
	config <<<$'[hook]\ndeadline = 60' # forty processes on an emulated machine
	add_bridge br7
	before=$(actions)
	for i in {1..20}; do
		add_guest_port br7 "many$i" vnet_hdr
		domain_xml web "$(target=many$i nic br7)" >"/tmp/many$i.xml"
	done
	for i in {1..20} {1..20}; do
		/usr/sbin/virt-netboot-qemu-hook web reconnect begin - <"/tmp/many$i.xml" &
		pids+=($!)
	done
	for i in "${pids[@]}"; do wait "$i" || fail "one of many hooks"; done
	for i in {1..20}; do filters_are "many$i" ingress:ip:udp ingress:ipv6:udp; done
	is "actions for twenty guests" "$(actions)" $((before + 20 * 20))
	for i in {1..20}; do ip link delete "many$i"; done
	is "actions when they have gone" "$(actions)" "$before"
}

# switch_off: what the command says of vnet67 is in $said; ports of other cases may be there, too.
switch_off() {
	local all
	all=$("$HOOKS/virt-netboot" disable)
	said=$(grep ' port=vnet67 ' <<<"$all" || :)
}

# The qdisc that we made goes with our filters: libvirt wants its own there (virsh domiftune --outbound). One
# that somebody else made, or uses, stays.
switched_off() {
	local target=vnet67 boot=network before said
	at_receiver
	add_bridge br9
	serve br9 57
	add_guest_port br9 vnet67 vnet_hdr
	before=$(all_filters vnet67)
	on start "$(nic br9)"
	filters_are vnet67 egress:ip:udp egress:ipv6:udp
	refused "Exclusivity flag on" tc qdisc add dev vnet67 ingress
	switch_off
	is "what is said" "$said" "action=remove-checksum-filter port=vnet67 mechanism=tc result=done"
	is "vnet67 afterwards" "$(all_filters vnet67)" "$before"
	tc qdisc add dev vnet67 ingress
	tc qdisc del dev vnet67 ingress
	switch_off
	is "what is said of nothing" "$said" ""

	tc qdisc add dev vnet67 clsact
	before=$(all_filters vnet67)
	on reconnect "$(nic br9)"
	filters_are vnet67 egress:ip:udp egress:ipv6:udp
	switch_off
	is "somebody's empty clsact" "$(all_filters vnet67)" "$before"
	tc qdisc del dev vnet67 clsact

	for way in ingress egress; do
		on reconnect "$(nic br9)"
		tc filter add dev vnet67 "$way" prio 7 protocol ip u32 match ip dport 69 0xffff action pass
		before=$(tc filter show dev vnet67 "$way" prio 7)
		switch_off
		filters_are vnet67
		is "somebody's filter" "$(tc filter show dev vnet67 "$way" prio 7)" "$before"
		tc qdisc del dev vnet67 clsact
	done
}

before_each() { config </dev/null; }

cases from_the_host server_comes_later from_a_vlan plugged_in swept libvirt_is_not_disturbed routed from_the_host_at_receiver from_a_guest \
	from_behind_vhost_net from_a_guest_at_receiver macvtap macvtap_to_macvtap cards dhcp_only others rules_instead inbound_bandwidth \
	segments tunnels many switched_off
