#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# [firewall] docker-user = yes: the rules that dockerd makes, in legacy tables and through iptables-nft, drop what a bridge
# forwards to a DHCP server beyond it. A guest that starts there has a rule of ours in DOCKER-USER, and is answered; with
# the last guest it goes, and the rules are as they were. Where there is no reason for it, nothing is done.
#
# Docker's rules for IPv6 have the same chains; here they are those of IPv4's table "filter". With
# FIREWALLS_ROOT=DIRECTORY in the environment iptables is that of another Debian, see tests/packages/root.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
. "$SRC/tests/lib/roots.sh"
. "$SRC/tests/lib/firewalls.sh"
sandbox "$@"
need dnsmasq nft iptables-legacy ip6tables-legacy iptables-nft ip6tables-nft
modprobe -q br_netfilter || :
[ -e /proc/sys/net/bridge ] || skip "needs br_netfilter"
hooks_start
enter_firewalls_root
for program in {iptables,ip6tables}-{nft,legacy}{,-save,-restore}; do
	[ -z "${FIREWALLS_ROOT:-}" ] || eval "$program() { there $program \"\$@\"; }"
done

# nf_call 0|1
nf_call() { tee /proc/sys/net/bridge/bridge-nf-call-{iptables,ip6tables} >/dev/null <<<"$1"; }

# Beyond the bridge: dnsmasq in another namespace, behind the port "server".
add_bridge lan
ip netns add far
ip link add server type veth peer name eth0 netns far
ip link set server master lan up
ip -n far link set eth0 up
# shellcheck disable=SC2016 # for the inner shell
TEST_CASE='' ip netns exec far bash -c '. "$SRC/tests/lib/testlib.sh" && . "$SRC/tests/lib/topology.sh" && serve eth0 92'

before_each() {
	local kind family chain tap
	for tap in "$HELD_TAPS"/*; do [ ! -e "$tap" ] || unplug "${tap##*/}"; done
	nft flush ruleset
	for family in iptables ip6tables; do
		for chain in INPUT FORWARD OUTPUT; do "$family-legacy" -P "$chain" ACCEPT; done
		"$family-legacy" -F
		"$family-legacy" -X
		[ "$family" = ip6tables ] || for kind in F X; do iptables-legacy -t nat "-$kind"; done
	done
	nf_call 1
	config <<<$'[checksum]\nmechanism = none\n[firewall]\ndocker-user = yes'
	log_forget
}

# docker KIND VERSION
docker() {
	docker_rules "$SRC/tests/fixtures/docker/$2.rules" "$1"
	sed -n '/^\*filter/,$p' "$SRC/tests/fixtures/docker/$2.rules" | "ip6tables-$1-restore"
}

# plug TAP, unplug TAP: a guest's port on lan.
plug() { add_guest lan "$1"; }
unplug() {
	kill "$(cat "$HELD_TAPS/$1")"
	wait_for 10 tap_is_gone "$1"
	rm "$HELD_TAPS/$1"
}
tap_is_gone() { [ ! -e "/sys/class/net/$1" ]; }

# event GUEST OPERATION [TAP]: one with an interface on lan.
event() { target=${3:-} domain_xml "$1" "$(target=${3:-} nic lan)" | qemu_hook "$1" "$2" begin -; }

starts() {
	plug "$2"
	event "$1" start "$2"
}
goes() {
	unplug "$2"
	event "$1" release "$2"
}

# ask [SECONDS]: which requests a guest on lan is answered.
ask() { "$TOOLS/guest-nic" -w "${1:-10}" -b lan asks dhcp dhcp6 | sed -n 's/ needs_csum.*//p' | sort | paste -sd ' '; }
is_dropped() { is "answers" "$(ask 1)" ''; }
is_answered() { is "answers" "$(ask)" 'dhcp dhcp6'; }

# rules: all that there are, but for counters.
rules() {
	local family
	for family in iptables ip6tables; do "$family-legacy-save" | without_counters; done
	nft list ruleset 2>/dev/null | sed 's/counter packets [0-9]* bytes [0-9]*/counter/'
}

# ours KIND [COMMENT]: the first rule of DOCKER-USER is ours, and it is the only one.
ours() {
	local family said
	for family in iptables ip6tables; do
		said=$("$family-$1" -S DOCKER-USER 2>/dev/null | tr -d '"')
		is "$family-$1: first" "$(sed -n 2p <<<"$said")" \
			"-A DOCKER-USER -i lan -o lan -m comment --comment ${2:-virt-netboot-guest} -j ACCEPT"
		is "$family-$1: how many" "$(grep -c -- '--comment virt-netboot' <<<"$said")" 1
	done
}
# none_of_ours: in no table.
none_of_ours() { ! rules | grep -i 'virt-netboot\|comment' || fail "there is a rule"; }

nothing_done() {
	none_of_ours
	not_logged 'docker-user|DOCKER-USER|firewall-'
}

# whole_life KIND VERSION
whole_life() {
	local before family
	is_answered
	docker "$@"
	before=$(rules)
	is_dropped
	starts web vnet0
	ours "$1"
	is_answered
	for family in iptables ip6tables; do
		logged "action=add-docker-user-rule guest=web bridge=lan mechanism=$family result=done"
	done
	logged 'finding=firewall-drops-dhcp severity=notice guest=web .*bridge=lan .*DHCP requests.*repaired=yes'
	logged 'finding=firewall-drops-dhcp severity=notice guest=web .*bridge=lan .*DHCPv6 requests.*repaired=yes'

	log_forget
	event web start vnet0
	event web reconnect vnet0
	starts db vnet1
	ours "$1"
	nothing_logged
	goes web vnet0
	ours "$1"
	nothing_logged
	goes db vnet1
	logged 'action=remove-docker-user-rule guest=db bridge=lan mechanism=iptables result=done'
	logged 'action=remove-docker-user-rule guest=db bridge=lan mechanism=ip6tables result=done'
	is "rules" "$(rules)" "$before"
	is_dropped
}
legacy_20() { whole_life legacy 20.10.24; }
legacy_28() { whole_life legacy 28.5.2; }
nft_20() { whole_life nft 20.10.24; }
nft_28() { whole_life nft 28.5.2; }

# A packet goes through both.
both_kinds() {
	local before
	docker legacy 20.10.24
	docker nft 28.5.2
	before=$(rules)
	is_dropped
	starts web vnet0
	ours legacy
	ours nft
	is_answered
	# One of them only, after somebody's flush.
	iptables-nft -F DOCKER-USER
	log_forget
	event web reconnect vnet0
	ours legacy
	ours nft
	logged 'action=add-docker-user-rule guest=web bridge=lan mechanism=iptables result=done'
	not_logged mechanism=ip6tables
	goes web vnet0
	is "rules" "$(rules)" "$before"
}

# iptables takes our rule for one of its own.
iptables_deletes_it() {
	local kind
	for kind in legacy nft; do
		before_each
		docker "$kind" 28.5.2
		starts web vnet0
		ours "$kind"
		"iptables-$kind" -D DOCKER-USER -i lan -o lan -m comment --comment virt-netboot-guest -j ACCEPT
		"ip6tables-$kind" -D DOCKER-USER 1
		none_of_ours
		goes web vnet0
	done
}

# A port of a network that is the host's own bridge comes and goes.
network_port() {
	local before
	docker nft 28.5.2
	before=$(rules)
	plug vnet0
	port_xml office lan 52:54:00:00:00:99 | network_hook office port-created begin -
	ours nft
	logged 'action=add-docker-user-rule guest=web network=office bridge=lan mechanism=iptables result=done'
	unplug vnet0
	port_xml office lan 52:54:00:00:00:99 | network_hook office port-deleted begin -
	is "rules" "$(rules)" "$before"
}

# What a policy of yes has made goes with a policy of no, too.
policy_no() {
	local before
	docker nft 20.10.24
	before=$(rules)
	config <<<$'[checksum]\nmechanism = none'
	starts web vnet0
	is "rules" "$(rules)" "$before"
	nothing_done
	config <<<$'[checksum]\nmechanism = none\n[firewall]\ndocker-user = yes'
	event web reconnect vnet0
	ours nft
	config <<<$'[checksum]\nmechanism = none\n[firewall]\ndocker-user = no'
	goes web vnet0
	is "rules" "$(rules)" "$before"
}

# nothing_for KIND COMMAND...: this makes a rule of ours needless, or impossible.
nothing_for() {
	local before kind=$1
	shift
	before_each
	docker "$kind" 28.5.2
	"$@" "$kind"
	before=$(rules)
	starts web vnet0
	is "rules" "$(rules)" "$before"
	not_logged 'docker-user|firewall-'
	goes web vnet0
	is "rules" "$(rules)" "$before"
}
both() {
	local family
	for family in iptables ip6tables; do "$family-$1" "${@:2}"; done
}
accepted() { both "$1" -I DOCKER-USER -i lan -o lan -j ACCEPT; }
accepted_by_comment() { both "$1" -I DOCKER-USER -i la+ -m comment --comment virt-netboot -j ACCEPT; }
accepted_bridged() { both "$1" -A FORWARD -m physdev --physdev-is-bridged -j ACCEPT; }
dropped_by_hand() { both "$1" -I DOCKER-USER -i lan -j DROP; }
dropped_in_part() { both "$1" -I DOCKER-USER -p tcp --dport 25 -j DROP; }
rejected_in_part() { both "$1" -I DOCKER-USER -i lan -p tcp --dport 25 -j REJECT; }
guarded() {
	both "$1" -N GUARD
	both "$1" -A GUARD -p tcp --dport 25 -j DROP
	both "$1" -I DOCKER-USER "${2:--j}" GUARD
}
guarded_by_goto() { guarded "$1" -g; }
queued() { both "$1" -I DOCKER-USER -p tcp --dport 25 -j NFQUEUE --queue-num 7; }
policy_accept() { both "$1" -P FORWARD ACCEPT; }
not_reached() { both "$1" -D FORWARD -j DOCKER-USER; }
not_handed_over() { nf_call 0; }
no_docker() {
	both "$1" -F
	both "$1" -X
}
needless() {
	local kind reason
	for kind in legacy nft; do
		for reason in accepted accepted_by_comment accepted_bridged dropped_by_hand dropped_in_part rejected_in_part \
			guarded guarded_by_goto queued policy_accept not_reached not_handed_over no_docker; do
			nothing_for "$kind" "$reason"
		done
	done
}

# The bridges of libvirt's networks have libvirt's rules.
libvirts_network() {
	docker nft 28.5.2
	plug vnet0
	domain_xml web "$(target=vnet0 network_nic default lan)" | qemu_hook web start begin -
	nothing_done
}

# Rules that are not ours, though they look like it, stay; ours is added, and taken away alone.
others_stay() {
	local before kind
	for kind in legacy nft; do
		before_each
		docker "$kind" 28.5.2
		both "$kind" -A DOCKER-USER -i lan -o lan -p tcp -m comment --comment virt-netboot-guest -j ACCEPT
		both "$kind" -A DOCKER-USER -i lan -o other -m comment --comment virt-netboot-guest -j ACCEPT
		both "$kind" -A DOCKER-USER -i lan ! -o lan -m comment --comment virt-netboot -j ACCEPT
		before=$(rules)
		is_dropped
		starts web vnet0
		is_answered
		goes web vnet0
		is "rules" "$(rules)" "$before"
	done
}

# An administrator's rules that drop nothing of lan's, or nothing at all, are no hindrance.
harmless() {
	local before kind
	for kind in legacy nft; do
		before_each
		docker "$kind" 28.5.2
		both "$kind" -N GUARD
		both "$kind" -I DOCKER-USER -i other -j DROP
		both "$kind" -I DOCKER-USER -o other -j GUARD
		both "$kind" -I DOCKER-USER -p tcp --dport 25 -j RETURN
		both "$kind" -I DOCKER-USER -p tcp --dport 25
		both "$kind" -I DOCKER-USER -m limit --limit 3/min -j LOG
		before=$(rules)
		is_dropped
		starts web vnet0
		ours "$kind"
		is_answered
		goes web vnet0
		is "rules" "$(rules)" "$before"
	done
}

# Ours stays where it is when an administrator adds his rules, and goes with the last guest.
used_later() {
	local before kind
	for kind in legacy nft; do
		before_each
		docker "$kind" 28.5.2
		starts web vnet0
		dropped_in_part "$kind"
		before=$(rules)
		event web reconnect vnet0
		starts db vnet1
		is "rules" "$(rules)" "$before"
		goes web vnet0
		is "rules" "$(rules)" "$before"
		goes db vnet1
		none_of_ours
		starts web vnet0
		none_of_ours
	done
}

# One that somebody asked for by hand stays when guests go.
stays() {
	local kind
	for kind in legacy nft; do
		before_each
		docker "$kind" 28.5.2
		"$TOOLS/docker-user" 4 lan stays
		"$TOOLS/docker-user" 6 lan stays
		starts web vnet0
		ours "$kind" virt-netboot
		goes web vnet0
		ours "$kind" virt-netboot
		is "list" "$("$TOOLS/docker-user" 4) $("$TOOLS/docker-user" 6)" "lan lan"
		"$TOOLS/docker-user" 4 lan none
		"$TOOLS/docker-user" 6 lan none
		none_of_ours
	done
}

# The bridge's own settings count where the host's are off.
bridges_own() {
	docker nft 28.5.2
	nf_call 0
	ip link set lan type bridge nf_call_iptables 1
	starts web vnet0
	is "IPv4" "$(iptables-nft -S DOCKER-USER | grep -c virt-netboot)" 1
	is "IPv6" "$(ip6tables-nft -S DOCKER-USER | grep -c virt-netboot)" 0
	goes web vnet0
	ip link set lan type bridge nf_call_iptables 0
	none_of_ours
}

# The counters of others' rules go on.
counters() {
	local kind
	for kind in legacy nft; do
		before_each
		docker "$kind" 28.5.2
		is_dropped
		start_counting "$kind"
		starts web vnet0
		is_counted "$kind"
		goes web vnet0
		is_counted "$kind"
	done
}
start_counting() { iptables-"$1"-save -c | grep -- '-A FORWARD -j DOCKER-USER' >/tmp/counters && ! grep '^\[0:0\]' /tmp/counters; }
is_counted() { [[ $(iptables-"$1"-save -c | grep -- '-A FORWARD -j DOCKER-USER') == "$(cat /tmp/counters)" ]] || fail "counters"; }

# traced STRACE-OPTION...: a guest starts; which socket options the hook sets is in /tmp/trace.
traced() {
	local -x ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 # which cannot work under strace
	target=vnet0 domain_xml web "$(target=vnet0 nic lan)" |
		strace -f -qq -o /tmp/trace -e trace=setsockopt "$@" /usr/sbin/virt-netboot-qemu-hook web start begin -
}

# The kernel does not set the counters again after the table was replaced: the log says how many are lost.
counters_lost() {
	local pid second
	need strace
	docker legacy 28.5.2
	is_dropped
	start_counting legacy
	plug vnet0
	traced
	not_logged counters-lost
	pid=$(sed -n '/ IPT_SO_SET_ADD_COUNTERS/{s/ .*//p;q}' /tmp/trace)
	second=$(sed -n "/^$pid /p" /tmp/trace | grep -n -m1 ' IPT_SO_SET_ADD_COUNTERS' | sed 's/:.*//')
	goes web vnet0
	is_dropped
	plug vnet0
	log_forget
	traced -e "inject=setsockopt:error=ENOMEM:when=$second..$((second + 4))+2"
	is "failed calls" "$(grep -c INJECTED /tmp/trace)" 3
	ours legacy
	logged 'action=add-docker-user-rule guest=web bridge=lan mechanism=iptables .*counters-lost=[1-9][0-9]* result=done'
	is "lines about lost counters" "$(log_lines | grep -c counters-lost)" 1
}

# requests: how many there are to the packet filters while a guest that has gone is released; two are about the checksums.
requests() {
	target=vnet0 domain_xml web "$(target=vnet0 nic lan)" |
		strace -f -o /tmp/trace -e trace=network,openat /usr/sbin/virt-netboot-qemu-hook web release begin -
	grep -q docker-user /tmp/trace || fail "the file was not looked for"
	grep -c 'NETLINK_NETFILTER\|_SO_GET_INFO\|_SO_GET_ENTRIES' /tmp/trace || :
}
has_file() { compgen -G '/run/virt-netboot/*.docker-user' >/dev/null; }

# A guest that goes where no rule of ours was ever made: the packet filters are not asked for more. Where one was, they are.
no_requests() {
	local kind before
	local -x ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 # which cannot work under strace
	need strace
	for kind in legacy nft; do
		before_each
		docker "$kind" 28.5.2
		rm -f /run/virt-netboot/*.docker-user
		config <<<$'[checksum]\nmechanism = none'
		starts web vnet0
		unplug vnet0
		is "requests" "$(requests)" 2
		! has_file || fail "there is a file"

		before=$(rules)
		config <<<$'[checksum]\nmechanism = none\n[firewall]\ndocker-user = yes'
		starts web vnet0
		ours "$kind"
		has_file || fail "there is no file"
		unplug vnet0
		(("$(requests)" > 2)) || fail "no request"
		is "rules" "$(rules)" "$before"
	done
}

# Without the file no rule is made: nobody would remove it.
no_file() {
	local file
	file=/run/virt-netboot/$(stat -L -c %i /proc/self/ns/net).docker-user
	docker nft 28.5.2
	rm -f "$file"
	mkdir -p "$file"
	starts web vnet0
	none_of_ours
	logged 'action=add-docker-user-rule guest=web bridge=lan mechanism=iptables result=failed'
	rmdir "$file"
}

# Many guests at once, and somebody who changes rules meanwhile.
at_once() {
	local kind i
	for kind in legacy nft; do
		before_each
		docker "$kind" 20.10.24
		plug vnet0
		start others_change "$kind"
		for i in {1..50}; do start event "web$i" start vnet0; done
		join
		ours "$kind"
		is "others'" "$("iptables-$kind" -S DOCKER | grep -c 'dport 1000 ')" 0
		is "others'" "$("iptables-$kind" -S DOCKER | grep -c dport)" 20
		not_logged 'result=failed|cannot be'
		unplug vnet0
		for i in {1..20}; do start event "web$i" release; done
		join
		none_of_ours
		is "others'" "$("iptables-$kind" -S DOCKER | grep -c dport)" 20
	done
}
others_change() {
	local i
	for i in {1..20}; do "iptables-$1" -w -A DOCKER -p tcp --dport "$i" -j ACCEPT; done
}

# Whole or not at all, at whatever moment it ends.
killed() {
	local kind family before i pid
	domain_xml web "$(target=vnet0 nic lan)" >/tmp/web.xml
	for kind in legacy nft; do
		before_each
		docker "$kind" 20.10.24
		plug vnet0
		before=$(rules)
		for ((i = 0; i < 60; i++)); do
			/usr/sbin/virt-netboot-qemu-hook web start begin - </tmp/web.xml &
			pid=$!
			sleep "0.0$(printf %02d $((RANDOM % 70)))"
			kill -KILL "$pid" 2>/dev/null || :
			wait "$pid" 2>/dev/null || :
			wait_for 20 nobody_works
			is "others' rules" "$(rules | without_ours)" "$(without_ours <<<"$before")"
			for family in iptables ip6tables; do
				(("$("$family-$kind" -S DOCKER-USER 2>/dev/null | grep -c virt-netboot)" < 2)) || fail "twice"
			done
			"$TOOLS/docker-user" 4 lan none
			"$TOOLS/docker-user" 6 lan none
		done
		is "rules" "$(rules)" "$before"
	done
}
nobody_works() { ! pgrep -f virt-netboot-qemu-hook >/dev/null; }
without_ours() { grep -v 'virt-netboot\|iifname "lan" oifname "lan"'; }

cases legacy_20 legacy_28 nft_20 nft_28 both_kinds iptables_deletes_it network_port policy_no needless libvirts_network \
	others_stay harmless used_later stays bridges_own counters counters_lost no_requests no_file at_once killed
