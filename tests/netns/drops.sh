#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Who drops a guest's request, or the answer to it: rules of nftables and of iptables in both its forms, and what is no
# rule. Each is there for real, and is named with its table, chain and rule. And traps: rules that drop something else,
# where nobody may be named.

. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
sandbox "$@"
need dnsmasq nft iptables-legacy iptables-nft ebtables-nft tc python3

NF_CALL=/proc/sys/net/bridge/bridge-nf-call-iptables
LOGGER=/proc/sys/net/netfilter/nf_log/2
modprobe -q br_netfilter || :

# nf_call 0|1: whether iptables' rules meet what bridges forward.
nf_call() { [ ! -e "$NF_CALL" ] || echo "$1" >"$NF_CALL"; }

# fresh: no rules of nftables are left, and none of the legacy tables that are in use.
fresh() {
	local table chain
	nft flush ruleset
	for table in $(cat /proc/net/ip_tables_names 2>/dev/null); do
		[ "$table" != filter ] || for chain in INPUT FORWARD OUTPUT; do iptables-legacy -P "$chain" ACCEPT; done
		iptables-legacy -t "$table" -F
		iptables-legacy -t "$table" -X
	done
	nf_call 0
}
before_each() { fresh; }

# find BRIDGE [OPTION]...: what the finder says is in $said; it leaves nothing behind.
find_drop() {
	local bridge=$1 logger
	shift
	logger=$(cat "$LOGGER")
	said=$("$TOOLS/drop-finder" -b "$bridge" -w "${patience:-2}" "$@" 2>/tmp/took) || [ $? = 1 ] || fail "drop-finder: $(cat /tmp/took)"
	say "$said" "$(cat /tmp/took)"
	is "tables left" "$(nft list tables | grep virt-netboot || :)" ''
	is "logger" "$(cat "$LOGGER")" "$logger"
	[ ! -e /sys/class/net/probe0 ] || fail "a tap was left"
}

# dropped BRIDGE PATTERN...: each is a line about a drop, and there is no other.
dropped() {
	local bridge=$1 pattern
	shift
	find_drop "$bridge"
	for pattern; do
		grep -qE "^drop $pattern" <<<"$said" || fail "not found: $pattern"
	done
	is "drops" "$(grep -c ^drop <<<"$said")" "$#"
}

answered() {
	find_drop "$1"
	is "answer on $1" "$said" answered
}

# unknown BRIDGE PATTERN: there is no answer, and nobody is named; the rest is as said.
unknown() {
	patience=0.3 find_drop "$1"
	! grep '^drop' <<<"$said" || fail "somebody is named"
	grep -qE "^rest $2" <<<"$said" || fail "not found: $2"
}

# base FAMILY NAME HOOK [POLICY]: a base chain in a table "site".
base() {
	nft add table "$1" site
	nft add chain "$1" site "$2" "{ type filter hook $3 priority 0; policy ${4:-accept}; }"
}

# ---- this host's own server, on br0 ---------------------------------------------------------------------------------

host_clean() { answered br0; }
host_nft_policy() {
	base inet in input drop
	nft add rule inet site in ct state established accept
	dropped br0 'to-host policy inet site in 0 .*owner=- text=type filter hook input .*policy drop;'
}
host_nft_reject() {
	base inet in input
	nft add rule inet site in iifname br0 udp dport 67 counter reject comment '"no dhcp"'
	dropped br0 'to-host rule inet site in [0-9]+ .*text=iifname "br0" udp dport 67 counter reject comment "no dhcp" cure=nft -a list chain inet site in$'
}
host_nft_jump() {
	base inet in input
	nft add chain inet site guests
	nft add rule inet site in iifname br0 jump guests
	nft add rule inet site guests tcp dport 22 accept
	nft add rule inet site guests drop
	dropped br0 'to-host rule inet site guests [0-9]+ .*text=drop cure'
}
host_nft_prerouting() {
	base ip pre prerouting
	nft add rule ip site pre udp dport 67 drop
	dropped br0 'to-host rule ip site pre '
}
host_iptables_policy() {
	iptables-nft -P INPUT DROP
	iptables-nft -A INPUT -i lo -j ACCEPT
	dropped br0 'to-host policy ip filter INPUT 0 .*cure=iptables -t filter -S INPUT$'
}
host_iptables_rule() {
	iptables-nft -A INPUT -i br+ -p udp -m udp --dport 67 -m comment --comment nodhcp -j DROP
	dropped br0 'to-host rule ip filter INPUT [0-9]+ .*text=iifname "br\*" udp dport 67 .*drop'
}
host_ebtables() {
	ebtables-nft -A INPUT -p IPv4 --ip-protocol udp --ip-destination-port 67 -j DROP
	dropped br0 'to-host rule bridge filter INPUT [0-9]+ '
}
host_legacy_policy() {
	iptables-legacy -P INPUT DROP
	iptables-legacy -A INPUT -i lo -j ACCEPT
	dropped br0 'to-host legacy ip filter INPUT 0 .*cure=iptables-legacy -t filter -S INPUT$'
}
# Without a condition it looks like a policy to the kernel.
host_legacy_last() {
	iptables-legacy -A INPUT -i lo -j ACCEPT
	iptables-legacy -A INPUT -j DROP
	dropped br0 'to-host legacy ip filter INPUT 2 .*cure=iptables-legacy -t filter -S INPUT 2$'
}
host_legacy_rule() {
	iptables-legacy -N GUARD
	iptables-legacy -A INPUT -j GUARD
	iptables-legacy -A GUARD -p tcp -j ACCEPT
	iptables-legacy -A GUARD -p udp --dport 67 -j REJECT
	dropped br0 'to-host legacy ip filter GUARD 2 '
}
host_legacy_return() {
	iptables-legacy -N GUARD
	iptables-legacy -A INPUT -j GUARD
	iptables-legacy -A GUARD -p tcp -j ACCEPT
	iptables-legacy -A GUARD -j DROP
	dropped br0 'to-host legacy ip filter GUARD 2 '
}
host_legacy_raw() {
	iptables-legacy -t raw -A PREROUTING -p udp --dport 67 -j DROP
	dropped br0 'to-host legacy ip raw PREROUTING 1 '
}
host_reply() {
	iptables-nft -A OUTPUT -p udp --sport 67 -j DROP
	dropped br0 'answer rule ip filter OUTPUT '
}
host_reply_legacy() {
	iptables-legacy -A OUTPUT -p udp --sport 67 -j DROP
	dropped br0 'answer legacy ip filter OUTPUT 1 '
}
host_reply_bridge() {
	base bridge out output
	nft add rule bridge site out udp sport 67 drop
	dropped br0 'answer rule bridge site out '
}
host_ingress() {
	nft add table netdev site
	nft add chain netdev site in '{ type filter hook ingress device br0 priority 0; policy drop; }'
	dropped br0 'to-host policy netdev site in '
}

# ---- a server beyond the bridge lan ---------------------------------------------------------------------------------

lan_clean() { answered lan; }
lan_handed_over() {
	nf_call 1
	answered lan
}
lan_legacy_policy() {
	nf_call 1
	iptables-legacy -P FORWARD DROP
	dropped lan 'through legacy ip filter FORWARD 0 out=server '
}
lan_docker_legacy() {
	nf_call 1
	docker iptables-legacy
	dropped lan 'through legacy ip filter FORWARD 0 out=server owner=Docker .*cure=iptables-legacy -I DOCKER-USER -i lan -o lan -j ACCEPT$'
	iptables-legacy -I DOCKER-USER -i lan -o lan -j ACCEPT
	answered lan
}
lan_docker() {
	nf_call 1
	docker iptables-nft
	dropped lan 'through policy ip filter FORWARD 0 out=server owner=Docker .*cure=iptables -I DOCKER-USER -i lan -o lan -j ACCEPT$'
	iptables-nft -I DOCKER-USER -i lan -o lan -j ACCEPT
	answered lan
}
# docker IPTABLES: what Docker makes.
docker() {
	"$1" -P FORWARD DROP
	"$1" -N DOCKER-USER
	"$1" -N DOCKER
	"$1" -A FORWARD -j DOCKER-USER
	"$1" -A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
	"$1" -A FORWARD -o docker0 -j DOCKER
	"$1" -A FORWARD -i docker0 ! -o docker0 -j ACCEPT
	"$1" -A FORWARD -i docker0 -o docker0 -j ACCEPT
	"$1" -A DOCKER-USER -j RETURN
}
lan_docker_nftables() {
	nf_call 1
	nft add table ip docker-bridges
	nft add chain ip docker-bridges filter-FORWARD '{ type filter hook forward priority 0; policy drop; }'
	nft add rule ip docker-bridges filter-FORWARD oifname docker0 accept
	dropped lan 'through policy ip docker-bridges filter-FORWARD 0 out=server owner=Docker '
}
lan_bridge_table() {
	base bridge forward forward
	nft add rule bridge site forward udp dport 67 drop
	dropped lan 'through rule bridge site forward [0-9]+ out=server .*text=udp dport 67 drop'
}
lan_reply() {
	nf_call 1
	iptables-nft -A FORWARD -p udp --sport 67 -j DROP
	dropped lan 'answer rule ip filter FORWARD '
}
lan_reply_legacy() {
	nf_call 1
	iptables-legacy -A FORWARD -p udp --sport 67 -j DROP
	dropped lan 'answer legacy ip filter FORWARD 1 '
}
lan_reply_ingress() {
	nft add table netdev site
	nft add chain netdev site in '{ type filter hook ingress device server priority 0; policy accept; }'
	nft add rule netdev site in udp sport 67 drop
	dropped lan 'answer rule netdev site in '
}
lan_egress() {
	nft add table netdev site
	nft add chain netdev site out '{ type filter hook egress device server priority 0; policy drop; }' ||
		skip "this kernel or nft has no egress hook"
	dropped lan 'through policy netdev site out 0 out=server '
}
lan_tc() {
	tc qdisc add dev server clsact
	tc filter add dev server egress matchall action drop
	dropped lan 'through kernel - - - 0 out=server .*text=a filter of traffic control .*cure=tc filter show dev server egress$'
	tc qdisc del dev server clsact
}

# ---- the kernel -----------------------------------------------------------------------------------------------------

host_tc() {
	tc qdisc add dev br0 clsact
	tc filter add dev br0 ingress matchall action drop
	dropped br0 'to-host kernel - - - 0 .*text=a filter of traffic control .*cure=tc filter show dev br0 ingress$'
	tc qdisc del dev br0 clsact
}
host_listening() {
	add_bridge slow stp_state 1 forward_delay 1500
	serve slow 93 ip4
	patience=0.3 dropped slow 'to-host kernel - - - 0 .*text=STP: '
	ip link del slow
}
no_vlan() {
	ip link set br0 type bridge vlan_filtering 1 vlan_default_pvid 0
	dropped br0 'to-host kernel - - - 0 .*text=VLAN filtering: .*cure=bridge vlan show$'
	ip link set br0 type bridge vlan_filtering 0 vlan_default_pvid 1
}

# ---- two drops ------------------------------------------------------------------------------------------------------

# Two ways, and each is closed.
both_ways() {
	nf_call 1
	iptables-nft -P INPUT DROP
	iptables-nft -P FORWARD DROP
	ip link add other type veth peer name other-far
	ip link set other-far up
	ip link set other master br0 up
	wait_for 5 port_is other forwarding
	dropped br0 'to-host policy ip filter INPUT ' 'through policy ip filter FORWARD 0 out=other '
	ip link del other
}

# ---- traps: nobody is to be blamed ----------------------------------------------------------------------------------

no_server() {
	iptables-nft -P INPUT DROP
	unknown none 'looked=1 reached=0 no_listener=0 left=0'
}
nobody_listens() { unknown none 'looked=1 reached=1 no_listener=1 left=0'; }
forward_without_hand_over() {
	iptables-nft -P FORWARD DROP
	unknown none 'looked=1 reached=1 .*left=0'
	answered lan
}
# It comes back to the host that sent it.
own_broadcast() {
	base inet in input
	nft add rule inet site in udp sport 67 drop
	answered br0
	find_drop br0 -a
	! grep '^drop' <<<"$said" || fail "somebody is named"
}
# A client whom it has nothing for: it got the request, and stays silent.
silent() {
	patience=0.3 find_drop quiet
	! grep '^drop' <<<"$said" || fail "somebody is named"
	grep -q '^rest looked=1 reached=1 no_listener=0 left=0' <<<"$said" || fail "it got the request"
}
other_packets() {
	base inet in input
	nft add rule inet site in ip saddr 192.0.2.0/24 drop
	nft add rule inet site in udp dport 69 drop
	base bridge forward forward
	nft add rule bridge site forward ether saddr 02:00:00:00:00:99 drop
	iptables-legacy -A INPUT -p tcp -j DROP
	answered br0
	unknown quiet 'looked=1 reached=1 no_listener=0 left=0'
}
reverse_path() {
	iptables-legacy -t mangle -A PREROUTING -m rpfilter --invert -j DROP
	echo 1 >/proc/sys/net/ipv4/conf/br0/rp_filter
	answered br0
}
flowtable() {
	nft add table inet site
	nft add flowtable inet site fast '{ hook ingress priority 0; devices = { br0 }; }'
	nft add chain inet site forward '{ type filter hook forward priority 0; policy accept; }'
	nft add rule inet site forward meta l4proto udp flow add @fast
	answered br0
}
isolated() {
	bridge link set dev server isolated on
	answered lan
	bridge link set dev server isolated off
}

# ---- -----------------------------------------------------------------------------------------------------------------

add_bridge br0
serve br0 91 ip4
add_bridge lan
serve_in_guest lan 92 server
add_bridge none
ip address add 192.168.94.1/24 dev none
add_bridge quiet
ip address add 192.168.95.1/24 dev quiet
dnsmasq --keep-in-foreground --conf-file=/dev/null --pid-file --user=root --log-facility=- --port=0 --leasefile-ro \
	--interface=quiet --bind-dynamic --dhcp-range=192.168.95.0,static >/tmp/dnsmasq-quiet.log 2>&1 &
wait_for 5 grep -q 'DHCP' /tmp/dnsmasq-quiet.log

cases host_clean host_nft_policy host_nft_reject host_nft_jump host_nft_prerouting host_iptables_policy \
	host_iptables_rule host_ebtables host_legacy_policy host_legacy_last host_legacy_rule host_legacy_return \
	host_legacy_raw host_reply host_reply_legacy host_reply_bridge host_ingress \
	lan_clean lan_handed_over lan_legacy_policy lan_docker_legacy lan_docker lan_docker_nftables lan_bridge_table \
	lan_reply lan_reply_legacy lan_reply_ingress lan_egress lan_tc host_tc host_listening no_vlan both_ways \
	no_server nobody_listens forward_without_hand_over own_broadcast silent other_packets reverse_path flowtable \
	isolated
