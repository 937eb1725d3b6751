# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Who drops a guest's request, a case each, beside drops.sh: for the kernel that runs (netns/drops.sh), and some of them
# for others (in-vm/drops.sh).
#
# shellcheck disable=SC2154,SC2153 # said, taps_pid and LOGGER are of drops.sh and topology.sh

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

# As libvirt makes them for <filterref>, on the tap: for ours, since the rules are chosen by its name.
host_nwfilter() {
	ebtables-nft -t nat -N libvirt-I-probe0
	ebtables-nft -t nat -A PREROUTING -i probe0 -j libvirt-I-probe0
	ebtables-nft -t nat -N I-probe0-ipv4
	ebtables-nft -t nat -A libvirt-I-probe0 -p IPv4 -j I-probe0-ipv4
	ebtables-nft -t nat -A I-probe0-ipv4 -p IPv4 --ip-source 192.168.91.7 -j ACCEPT
	ebtables-nft -t nat -A I-probe0-ipv4 -j DROP
	dropped br0 'to-host rule bridge nat I-probe0-ipv4 [0-9]+ .*owner=libvirt \(nwfilter\) '
}
host_ufw() {
	iptables-nft -N ufw-before-input
	iptables-nft -N ufw-skip-to-policy-input
	iptables-nft -A INPUT -j ufw-before-input
	iptables-nft -A ufw-before-input -p udp --sport 67 --dport 68 -j ACCEPT
	iptables-nft -A ufw-before-input -p udp --dport 67 -j ufw-skip-to-policy-input
	iptables-nft -A ufw-skip-to-policy-input -j DROP
	dropped br0 'to-host rule ip filter ufw-skip-to-policy-input [0-9]+ .*owner=ufw .*cure=ufw allow in on br0 to any port 67 proto udp$'
}
host_firewalld_chains() {
	nft -f - <<-'END'
		table inet firewalld {
			chain filter_IN_public_deny { }
			chain filter_IN_public { jump filter_IN_public_deny; reject with icmpx admin-prohibited; }
			chain filter_INPUT {
				type filter hook input priority 10; policy accept;
				ct state established,related accept
				goto filter_IN_public
			}
		}
	END
	dropped br0 'to-host rule inet firewalld filter_IN_public [0-9]+ .*owner=firewalld \(zone public\) .*cure=firewall-cmd --zone=libvirt --change-interface=br0$'
}
# tcx DEVICE HOOK: drops all; the process is $tcx. Fails where the kernel has no such programs.
tcx() {
	: >/tmp/tcx
	python3 "$SRC/tests/lib/tcx.py" "$1" "$2" drop >/tmp/tcx 2>&1 &
	tcx=$!
	until grep -q attached /tmp/tcx; do
		[ -e "/proc/$tcx" ] || return
		sleep 0.01
	done
}
host_tcx() {
	tcx br0 ingress || { say "not with this kernel"; return; }
	dropped br0 'to-host kernel - - - 0 .*text=a filter of traffic control'
	kill "$tcx"
}
lan_tcx() {
	tcx server egress || { say "not with this kernel"; return; }
	dropped lan 'through kernel - - - 0 out=server .*text=a filter of traffic control'
	kill "$tcx"
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

# ---- a macvtap, whose way to this host is a macvlan on the same parent device ------------------------------------------

macvtap() {
	base inet in input
	nft add rule inet site in iifname host9 udp dport 67 drop
	patience=1 find_drop '' -m macvtap9
	is "drops" "$(grep -c '^drop to-host rule inet site in ' <<<"$said")" 1
	nft flush ruleset
	find_drop '' -m macvtap9
	is "answer" "$said" answered
}

# ---- the kernel -----------------------------------------------------------------------------------------------------

host_listening() {
	add_bridge slow stp_state 1 forward_delay 1500
	serve slow 93 ip4
	patience=0.3 dropped slow 'to-host kernel - - - 0 .*text=STP: '
	ip link del slow
}

# Ports that are isolated do not reach each other, and all others do.
isolated() {
	bridge link set dev server isolated on
	answered lan
	patience=0.3 find_drop lan -i
	grep -q '^drop through kernel - - - 0 out=server .*text=port isolation: .*cure=bridge -d link show$' <<<"$said" || fail "no isolation"
	bridge link set dev server isolated off
	find_drop lan -i
	is "answer" "$said" answered
}
no_broadcasts() {
	bridge link set dev server bcast_flood off
	patience=0.3 dropped lan 'through kernel - - - 0 out=server .*text=flooding: .*cure=bridge -d link show$'
	bridge link set dev server bcast_flood on
	answered lan
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

# One of nftables and one of a legacy table, on two ways.
both_kinds() {
	nf_call 1
	iptables-legacy -A FORWARD -p udp --dport 67 -j DROP
	base inet in input drop
	ip link add other type veth peer name other-far
	ip link set other-far up
	ip link set other master br0 up
	wait_for 5 port_is other forwarding
	dropped br0 'to-host policy inet site in ' 'through legacy ip filter FORWARD 1 out=other '
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

# As libvirt's networks with NAT have them.
nat_network() {
	local iptables
	for iptables in iptables-legacy iptables-nft; do
		"$iptables" -N LIBVIRT_INP
		"$iptables" -I INPUT -j LIBVIRT_INP
		"$iptables" -A LIBVIRT_INP -i br0 -p udp --dport 67 -j ACCEPT
		"$iptables" -N LIBVIRT_FWI
		"$iptables" -I FORWARD -j LIBVIRT_FWI
		"$iptables" -A LIBVIRT_FWI -o br0 -j REJECT
		"$iptables" -t nat -A POSTROUTING -s 192.168.91.0/24 ! -d 192.168.91.0/24 -j MASQUERADE
		answered br0
	done
	iptables-legacy -t nat -F
}
# What keeps the request, and the answer, from other guests' ports.
other_ports() {
	open_taps guest7
	plug_tap br0 guest7
	base bridge out output
	nft add rule bridge site out oifname guest7 udp sport 67 drop
	nft add chain bridge site forward '{ type filter hook forward priority 0; }'
	nft add rule bridge site forward oifname guest7 drop
	find_drop br0 -a
	grep -q '^answered' <<<"$said" || fail "no answer"
	! grep '^drop' <<<"$said" || fail "somebody is named"
	kill "$taps_pid"
}
# Nobody reads the queue: that is no drop of a rule's.
queue() {
	base inet in input
	nft add rule inet site in udp dport 67 queue num 7 2>/dev/null || { say "not with this kernel"; return; }
	unknown br0 'looked=1 reached=0'
}

# ---- with others ----------------------------------------------------------------------------------------------------

# Another program reads what legacy tables would tell.
group_taken() {
	python3 -c '
import signal, socket, struct
group = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
group.bind((0, 0))
group.send(struct.pack("=LHHLL", 28, 4 << 8 | 1, 5, 0, 0) + struct.pack("=BBH", 0, 0, 0) + struct.pack("=HHBxxx", 5, 1, 1))
assert struct.unpack_from("=i", group.recv(4096), 16)[0] == 0
print("bound", flush=True)
signal.pause()' >/tmp/bound &
	wait_for 60 grep -q bound /tmp/bound
	iptables-legacy -A INPUT -p udp --dport 67 -j DROP
	patience=0.3 unknown br0 'looked=1 .*trouble=Legacy iptables rules could not be followed, because another program \(ulogd\?\) reads'
	kill $!
	wait_for 60 test ! -e "/proc/$!"
	dropped br0 'to-host legacy ip filter INPUT 1 '
}

# The kernel's log would get what legacy tables tell.
loud_logger() {
	local name
	modprobe -q nf_log_syslog || :
	name=$(sed -n 's/^ *2 .*(.*\(nf_log_[a-z0-9_]*\).*/\1/p' /proc/net/netfilter/nf_log)
	[ "$name" ] || { say "not with this kernel"; return; }
	echo "$name" >"$LOGGER"
	iptables-legacy -A INPUT -p udp --dport 67 -j DROP
	dropped br0 'to-host legacy ip filter INPUT 1 '
	echo NONE >"$LOGGER"
	iptables-legacy -F
	answered br0
}

# in_turn N: a probe of its own beside others.
in_turn() {
	"$TOOLS/drop-finder" -b br0 -w 3 "probe$1" >"/tmp/turn$1" || [ $? = 1 ]
	grep -q '^drop to-host legacy ip filter INPUT 1 ' "/tmp/turn$1" || fail "probe$1: $(cat "/tmp/turn$1")"
	[ "$(grep -c '^drop' "/tmp/turn$1")" = 1 ] || fail "more: $(cat "/tmp/turn$1")"
}
two_at_once() {
	local logger
	logger=$(cat "$LOGGER")
	iptables-legacy -A INPUT -p udp --dport 67 -j DROP
	for n in 1 2 3; do start in_turn "$n"; done
	join
	is "logger" "$(cat "$LOGGER")" "$logger"
}

# Counters of rules count what they match, and nothing is reset or added.
others_counters() {
	local before
	base inet in input
	nft add rule inet site in udp dport 5353 counter
	iptables-legacy -A INPUT -p tcp --dport 22 -j ACCEPT
	before=$(rules)
	answered br0
	is "rules" "$(rules)" "$before"
}
rules() {
	nft -a list ruleset
	iptables-legacy-save -c | grep '^\['
}

# leaves_nothing LOGGER
leaves_nothing() {
	! nft list tables | grep -q virt-netboot && [ ! -e /sys/class/net/probe0 ] && [ "$(cat "$LOGGER")" = "$1" ]
}
# At any moment: while it opens, waits, follows legacy tables, or closes.
killed() {
	local logger pid i end=$((SECONDS + 12))
	logger=$(cat "$LOGGER")
	iptables-legacy -A INPUT -p udp --dport 67 -j DROP
	for ((i = 0; i < 60 && SECONDS < end; i++)); do
		"$TOOLS/drop-finder" -b br0 -w 1 >/dev/null 2>&1 &
		pid=$!
		sleep "0.$(printf %03d $((RANDOM % 250)))"
		kill -KILL "$pid" 2>/dev/null || :
		wait "$pid" 2>/dev/null || :
		wait_for 5 leaves_nothing "$logger"
	done
	say "$i killed"
}
