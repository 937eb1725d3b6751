#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tests/fuzz/record.sh: writes those inputs of tests/fuzz/corpus anew that are a kernel's answers, in network
# namespaces of its own. As root, after `make fuzz-recorders`. XML comes from tests/fixtures; configuration, metadata
# and dnsmasq were written by hand; packet is what dnsmasq 2.90 answered, in http-*, tcp-* and
# icmp* what the kernel's TCP and nftables' reject did (tests/lib/http-server.py), but for made-*.
set -euo pipefail
cd "$(dirname "$0")/../.."
corpus=$PWD/tests/fuzz/corpus

if [ "${1:-}" != inside ]; then
	for part in rtnetlink nfnetlink sock_diag legacy; do
		mkdir -p "$corpus/$part"
		unshare --net "$0" inside "$part"
	done
	exit
fi

# ask TARGET QUESTION NAME
ask() { "build/tests/record-$1" "$2" >"$corpus/$1/$3"; }

# As if the question was another, for what is sent without being asked for.
# instead TARGET NAME OCTAL NEW
instead() { { printf '%b' "\\0$3"; tail -c +2 "$corpus/$1/$2"; } >"$corpus/$1/$4"; }

# The numbers of devices that fuzz_rtnetlink.c and fake_kernel.c ask for: br0 10, port 11, eth0 12.
rtnetlink() {
	ip link add br0 index 10 type bridge stp_state 1 forward_delay 1500
	ip link add port index 11 type veth peer name peer index 21
	ip link add eth0 index 12 type veth peer name eth1 index 22
	# Not every kernel has these.
	ip link add vlan5 index 13 link eth0 type vlan id 5 || :
	ip link add bond0 index 16 type bond || :
	ip link set br0 type bridge vlan_filtering 1 || :
	ip link add macvtap0 index 14 link eth0 type macvtap mode bridge
	ip link add macvlan0 index 15 link eth0 type macvlan mode bridge
	ip tuntap add vnet0 mode tap vnet_hdr
	for port in port vnet0 vlan5; do
		[ -e "/proc/sys/net/ipv4/conf/$port" ] || continue
		ip link set "$port" master br0
	done
	ip link set port address 52:54:00:01:02:03
	for device in br0 port peer eth0; do ip link set "$device" up; done
	bridge vlan add dev port vid 5-7 && bridge vlan add dev port vid 9 pvid untagged || :
	local question=0
	for name in bridge bridge-index ports delay stp port port-mac guard vlan way outside; do
		ask rtnetlink "$question" "$name"
		question=$((question + 1))
	done
	ask rtnetlink 11 filters-none
	tc qdisc add dev port clsact || :
	tc filter add dev port ingress pref 10 matchall action gact pipe action drop || :
	tc filter add dev port ingress pref 20 protocol ip flower ip_proto udp dst_port 68 action csum ip udp continue || :
	tc filter add dev port ingress pref 30 protocol all u32 match ip dport 68 0xffff action mirred egress mirror dev eth0 || :
	ask rtnetlink 11 filters-foreign
	ask rtnetlink 13 filters-udp
	ask rtnetlink 12 filters-ours
	ask rtnetlink 14 filters-away
	tc qdisc add dev port root handle 1: htb || :
	tc filter add dev port parent 1: prio 2 protocol ip u32 match ip dport 68 ffff action csum ip and udp || :
	ask rtnetlink 12 filters-libvirt
	ask rtnetlink 15 action
	ask rtnetlink 16 devices
	ask rtnetlink 17 lower
	ask rtnetlink 18 macvtaps
	instead rtnetlink ports 23 changes
	instead rtnetlink filters-ours 24 qdisc-changes
}

nfnetlink() {
	ip link add virbr0 type bridge
	ip addr add 192.168.122.1/24 dev virbr0
	ask nfnetlink 0 empty
	iptables-nft -t mangle -A POSTROUTING -o virbr0 -p udp --dport 68 -j CHECKSUM --checksum-fill
	iptables-nft -t mangle -N OWN
	iptables-nft -t mangle -A OWN -s 192.168.122.1 -p udp --dport 67:69 -j MARK --set-mark 1
	iptables-nft -t mangle -A OWN -m limit -g OWN2 2>/dev/null || iptables-nft -t mangle -A OWN -j RETURN
	iptables-nft -t mangle -I POSTROUTING -o vir+ -j OWN
	ask nfnetlink 0 iptables
	ip6tables-nft -t mangle -A POSTROUTING -o virbr0 -p udp --dport 546 -m comment --comment x -j CHECKSUM --checksum-fill
	ask nfnetlink 1 ip6tables
	nft -f - <<-END
		table inet fw {
			chain out {
				type filter hook postrouting priority mangle - 10;
				oifname "virbr0" ip saddr 192.168.122.1 udp dport { 68, 69 } counter jump zero
				oifname != "eth0" udp dport 60-70 log limit rate 5/second accept
				oifname "virbr0" udp dport >= 68 ct state new udp checksum set 0
			}
			chain zero { meta l4proto udp udp checksum set 0; goto end; }
			chain end { return; }
		}
		table ip libvirt {
			chain post { type filter hook output priority 0; meta mark set 5; udp dport vmap { 68 : accept }; }
		}
	END
	ask nfnetlink 2 zeroing
	iptables-nft -P FORWARD DROP
	iptables-nft -N DOCKER-USER
	iptables-nft -A FORWARD -j DOCKER-USER
	iptables-nft -A DOCKER-USER -i vir+ ! -o eth0 -p tcp -m physdev --physdev-is-bridged -j REJECT
	iptables-nft -A DOCKER-USER -i virbr0 -o virbr0 -m comment --comment virt-netboot-guest -j ACCEPT
	iptables-nft -A DOCKER-USER -j RETURN
	ask nfnetlink 3 docker
}

sock_diag() {
	ip link add br0 type bridge
	ip link set lo up
	ip link set br0 up
	ip addr add 192.168.5.1/24 dev br0
	ip -6 addr add fd00::1/64 dev br0 nodad
	ask sock_diag 0 none
	# shellcheck disable=SC2094 # it writes one line
	exec 3< <(exec python3 tests/lib/dhcp-sockets.py udp:0.0.0.0:67%br0 dual::::67 udp:192.168.5.1:67 raw:67%br0 \
		raw:68%br0 udp::::547%br0 udp:fd00::1:547)
	server=$!
	read -r _ <&3
	ask sock_diag 0 ip4
	ask sock_diag 1 ip6
	kill "$server"
}

legacy() {
	for tool in iptables-legacy ip6tables-legacy; do
		port=68
		address=192.168.122.1
		[ "$tool" = iptables-legacy ] || { port=546 address=fe80::1; }
		$tool -t mangle -N OWN
		$tool -t mangle -N DEEP
		$tool -t mangle -A POSTROUTING -o virbr0 -p udp -m udp --dport "$port" -j CHECKSUM --checksum-fill
		$tool -t mangle -A POSTROUTING -o br0 -p udp -m comment --comment virt-netboot-guest -j CHECKSUM --checksum-fill
		python3 tests/fuzz/record-legacy.py "$tool" >"$corpus/legacy/${tool%-legacy}-simple"
		$tool -t mangle -I POSTROUTING -o vir+ -s "$address" -j OWN
		$tool -t mangle -A OWN -p udp --dport 60:70 -m comment --comment 'another one' -g DEEP
		$tool -t mangle -A OWN -p tcp -j RETURN
		$tool -t mangle -A DEEP ! -o eth0 -m limit -j MARK --set-mark 3
		$tool -t mangle -A DEEP -m mark --mark 3 -j ACCEPT
		python3 tests/fuzz/record-legacy.py "$tool" >"$corpus/legacy/${tool%-legacy}-chains"
	done
	# What else can be asked of them: a list, and two changes.
	for name in iptables ip6tables; do
		family=0
		[ "$name" = iptables ] || family=1
		instead legacy "$name-chains" "$((2 + family))" "$name-list"
		instead legacy "$name-chains" "$((4 + family))" "$name-dhcp"
		instead legacy "$name-chains" "$((6 + family))" "$name-none"
	done
}

"$2"
