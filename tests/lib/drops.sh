# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The drop finder (tools/drop-finder.c) in the sandbox, beside topology.sh: bridges with servers, and what is to be said
# of them.
#
#     drops_start
#     dropped br0 'to-host rule inet site in '       that, and no other drop
#     answered lan
#     unknown none 'looked=1 reached=1'              no answer, and nobody is named
#
NF_CALL=/proc/sys/net/bridge/bridge-nf-call-iptables
LOGGER=/proc/sys/net/netfilter/nf_log/2
modprobe -q br_netfilter || :

# nf_call 0|1: whether iptables' rules meet what bridges forward.
nf_call() { [ ! -e "$NF_CALL" ] || echo "$1" >"$NF_CALL"; }

# fresh: no rules of nftables are left, and none of the legacy tables that are in use.
fresh() {
	local table chain
	nft flush ruleset
	# shellcheck disable=SC2013 # a word a line
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
	said=$("$TOOLS/drop-finder" ${bridge:+-b "$bridge"} -w "${patience:-10}" "$@" 2>/tmp/took) || [ $? = 1 ] || fail "drop-finder: $(cat /tmp/took)"
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
	patience=30 find_drop "$1"
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

# drops_start: br0 has a server of this host, and so has quiet, which has no address for anybody; lan has one in a guest,
# behind its port "server"; none has none. eth9 has a macvtap, and this host's server on a macvlan.
drops_start() {
	add_card eth9
	add_macvlan eth9 host9
	serve host9 99 ip4
	add_macvtap eth9 macvtap9
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
}
