#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# virt-netboot check on a host where nothing has been loaded yet: it loads no module, brings no table into use and
# leaves no qdisc, file or rule; and says what the kernel would have all the same. Then on the same host as the hook has
# left it.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
. "$SRC/tests/lib/servers.sh"
sandbox "$@"
need python3 tc
hooks_start
no_stp_program
: >/dev/vhost-net

# What requests about facts could load, those that need others first.
modules=(act_csum cls_u32 sch_ingress xt_CHECKSUM iptable_mangle ip6table_mangle ip_tables ip6_tables nft_compat nf_tables
	nfnetlink af_packet_diag udp_diag tcp_diag inet_diag sit)

# has_file MODULE: this kernel could load it.
has_file() { find "/lib/modules/$(uname -r)" -name "${1//_/[-_]}.ko*" | grep -q .; }

# loaded: sets $loaded, the modules.
loaded() {
	local lines
	mapfile -t lines </proc/modules
	loaded=" ${lines[*]%% *} "
}

all_unloaded() {
	local module loaded
	for module in "${modules[@]}"; do rmmod "$module" 2>/dev/null || :; done
	loaded
	for module in "${modules[@]}"; do [[ $loaded != *" $module "* ]] || return; done
}

tables() { cat /proc/net/ip_tables_names /proc/net/ip6_tables_names 2>&1 || :; }

# state: all that a look might change. The order of modules is that in which they were loaded.
state() {
	cut -d ' ' -f 1 /proc/modules
	tables
	tc qdisc
	ip -details -oneline link | sed -E 's/(_timer|gc_timer) +[^ ]+/\1/g'
	find /run /etc /tmp -newer /tmp/began ! -path '/tmp/began' -type f
}

# check ARGUMENT...: sets $said, and fails if anything is not as before. Something is amiss here, if only that
# libvirt does not run the hooks.
check() {
	local before changed
	: >/tmp/began
	before=$(state)
	capture "$HOOKS/virt-netboot" check "$@" || :
	[[ $said == *" check"*": "*" failure"* ]] || fail "check $*: $said"
	changed=$(diff <(echo "$before") <(state)) || fail "check $* has changed the host: $changed"
}

# says TEXT: in a line.
says() { grep -qE -- "$1" <<<"$said" || fail "'$1' is not among:"$'\n'"$said"; }
says_not() { ! grep -E -- "$1" <<<"$said" || fail "'$1' is among:"$'\n'"$said"; }

# what_there_is: which lines there have to be about the two.
what_there_is() {
	if has_file act_csum; then
		says 'action that completes checksums +: PASS \(act_csum is available'
	else
		says 'action that completes checksums +: [NW].* \(the kernel has no act_csum'
	fi
	if ! has_file xt_CHECKSUM || ! has_file ip_tables; then
		says 'iptables target CHECKSUM +: [NW].* \(the kernel has no '
	elif [ -e /proc/net/ip_tables_names ]; then
		says 'iptables target CHECKSUM +: PASS \(available'
	else
		says 'iptables target CHECKSUM +: NOTE \(not loaded.*modprobe'
	fi
}

SERVED="checksums of this host's DHCP replies +: "

# The device that a DHCP server's socket is bound to is known without udp_diag.
cold() {
	wait_for 20 all_unloaded
	check --all
	what_there_is
	says "^BRIDGE served: .*$SERVED"
	says_not "^BRIDGE served: .*$SERVED.*no DHCP server is seen"
	says "^BRIDGE other: .*$SERVED.*no DHCP server is seen"
	says_not 'cannot be read'

	# A name that is a module's.
	check --bridge sit0 || :
	check --bridge served --bridge other
}

# Only what iptables loads, or the administrator: the table is not in use for that.
with_ip_tables() {
	has_file ip_tables || return 0
	wait_for 20 all_unloaded
	modprobe -a ip_tables ip6_tables
	check --all
	what_there_is
	is "tables in use" "$(tables)" ""
}

# What the hook loads; then there is nothing to be careful about, and the answers are the same.
warm() {
	local loaded before
	wait_for 20 all_unloaded
	check --all
	cold=$(grep -E '^(BRIDGE|HOST)' <<<"$said")
	loaded
	before=$loaded
	servers_start
	prepare served
	rm /etc/virt-netboot.conf
	loaded
	[[ $loaded == *" udp_diag "* && $before != *" udp_diag "* ]] || fail "the hook loads no udp_diag:$loaded"
	check --all
	is "lines" "$(grep -E '^(BRIDGE|HOST)' <<<"$said")" "$cold"
}

add_bridge served
add_bridge other
add_addresses served 70
add_addresses other 71
sockets udp:0.0.0.0:67%served dual::::547%served
cases cold with_ip_tables warm
