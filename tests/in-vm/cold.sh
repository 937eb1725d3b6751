#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The first guest after a boot, again and again: nothing that the hook needs of the kernel is loaded when it starts.
# Modules that it asks for are loaded from disk meanwhile; the port forwards and the checksums are filled all
# the same, and the deadline, the default one, does not pass.
#
# STARTS=60 tries it more often. An emulated machine takes ten times as long for each as a real one.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
. "$SRC/tests/lib/filters.sh"
sandbox "$@"
need python3 dnsmasq tc
has_act_csum || skip "this kernel has no act_csum"
# What that has loaded, and other tests in this machine.
for module in act_csum cls_u32 sch_ingress xt_CHECKSUM xt_comment iptable_mangle ip6table_mangle nft_compat nf_tables \
	af_packet_diag udp_diag; do
	modprobe -r "$module" 2>/dev/null || :
done
hooks_start
no_stp_program
: >/dev/vhost-net

: "${STARTS:=5}"

LISTENING=1 FORWARDING=3 # as /sys has them

# loaded: sets $loaded, the modules, the last that came first. Without starting a program, which takes long here.
loaded() {
	local lines
	mapfile -t lines </proc/modules
	loaded=" ${lines[*]%% *}"
}

# more_than COLD: sets $more to those that are loaded beside these.
more_than() {
	local loaded name
	loaded
	more=
	for name in $loaded; do [[ "$1 " == *" $name "* ]] || more+=" $name"; done
}

# unload COLD: all but these.
unload() {
	local more
	more_than "$1"
	xargs rmmod <<<"$more"
	more_than "$1"
	is "modules that do not go" "$more" ""
}

# in_state PORT STATE
in_state() {
	local state
	read -r state <"/sys/class/net/$1/brport/state" && [ "$state" = "$2" ]
}

# make_host N: bridge, server and open taps are there. What the first guest needs beside, once it has gone, is what goes before each.
make_host() {
	mapfile -t taps < <(seq -f "$bridge-%g" "$STARTS")
	add_bridge "$bridge" stp_state 1 forward_delay 1500
	serve "$bridge" "$1"
	open_taps "${taps[@]}"
}

# start_cold TAP: a guest; sets $ms.
start_cold() {
	local begin
	plug_tap "$bridge" "$1"
	in_state "$1" $LISTENING || fail "the bridge does not delay $1"
	boot=network domain_xml "$1" "$(target=$1 nic "$bridge")" >/tmp/xml
	begin=${EPOCHREALTIME/./}
	qemu_hook "$1" start begin - </tmp/xml
	ms=$(((${EPOCHREALTIME/./} - begin) / 1000))
	wait_for 6 in_state "$1" $FORWARDING
}

# end_background: what looks at other guests' ports seconds later, and would load modules then.
end_background() {
	local pids
	pids=$(watchers qemu)
	xargs -r kill <<<"$pids" 2>/dev/null || : # it may end just now
	wait_for 5 no_watchers qemu
}

# each_start CHECK TAKE-AWAY: starts the guests, one after the other, and calls these with the tap.
each_start() {
	local tap ms slowest=0 loaded more
	loaded
	for tap in "${taps[@]}"; do
		start_cold "$tap"
		((ms <= slowest)) || slowest=$ms
		more_than "$loaded"
		"$1" "$tap"
		end_background
		"$2" "$tap"
		unload "$loaded"
	done
	not_logged 'deadline|error=|result=failed'
	say "$STARTS cold starts; the slowest hook took $slowest ms; loaded at the last:$more"
}

# were_loaded MODULE...: for this start.
were_loaded() {
	local module
	for module; do [[ "$more " == *" $module "* ]] || fail "$module was not loaded, but:$more"; done
}

filled() {
	were_loaded act_csum cls_u32 sch_ingress udp_diag
	filters_are "$1" ingress:ip:udp ingress:ipv6:udp
	filters_are "$bridge" egress:ip:udp egress:ipv6:udp
}

take_filters() {
	ip link delete "$1"
	tc qdisc delete dev "$bridge" clsact
}

cold_filters() {
	local bridge=br1 taps
	make_host 46
	each_start filled take_filters
}

# As iptables -w does it, from userspace: the kernel does not ask for ip_tables itself.
ruled() {
	were_loaded xt_CHECKSUM iptable_mangle ip6table_mangle
	expect_rules "$bridge" ip4:udp ip6:udp
}

take_rules() {
	local iptables
	ip link delete "$1"
	for iptables in iptables-legacy ip6tables-legacy; do $iptables -t mangle -F; done
}

cold_rules() {
	local bridge=br2 taps
	modprobe -a ip_tables ip6_tables
	config <<<$'[checksum]\nmechanism = iptables'
	make_host 47
	each_start ruled take_rules
}

cases cold_filters cold_rules
