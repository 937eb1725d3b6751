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
. "$SRC/tests/lib/check.sh"
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
	find /run /etc /tmp -newer /tmp/began -type f ! -path "$CHECKED*"
}

# look ARGUMENT...: a check that must leave everything as it was, and writes $told as its error.
look() {
	local before changed
	: >/tmp/began
	before=$(state)
	check "$@"
	changed=$(diff <(echo "$before") <(state)) || fail "check $* has changed the host: $changed"
	is "errors of check $*" "$(cat "$CHECKED.errors")" "${told:-}"
}

ACT_CSUM="kernel's filter action"
TARGET="kernel's iptables target CHECKSUM"
CHECKSUMS="checksums of this host's replies"

# says_what_there_is: of the two.
says_what_there_is() {
	local lack=NOTE
	has_file act_csum || has_file xt_CHECKSUM || lack=WARN
	if has_file act_csum; then
		says HOST "$ACT_CSUM" PASS 'available'
	else
		says HOST "$ACT_CSUM" "$lack" 'the kernel has no act_csum'
	fi
	if ! has_file xt_CHECKSUM || ! has_file ip_tables; then
		says HOST "$TARGET" "$lack" 'the kernel has no legacy table mangle, or no target'
	elif [ -e /proc/net/ip_tables_names ]; then
		says HOST "$TARGET" PASS available
	else
		says HOST "$TARGET" NOTE 'not loaded: modprobe iptable_mangle'
	fi
}

# The device that a DHCP server's socket is bound to is known without udp_diag.
cold() {
	wait_for 20 all_unloaded
	look --all
	says_what_there_is
	lines_of "BRIDGE served" "$CHECKSUMS" | grep -q ' : ' || fail "no line about served"
	! lines_of "BRIDGE served" "$CHECKSUMS" | grep 'no DHCP server is seen' || fail "the server is not seen"
	says "BRIDGE other" "$CHECKSUMS" PASS 'no DHCP server is seen'

	# A name that is a module's, of a bridge that is not there; then bridges alone.
	told="virt-netboot: there is no bridge 'sit0' in this network namespace; 'ip link' lists what there is" \
		look --bridge sit0
	look --bridge served --bridge other
}

# Only iptables loads this, or the administrator. The table is not brought into use.
with_ip_tables() {
	has_file ip_tables || return 0
	wait_for 20 all_unloaded
	modprobe -a ip_tables ip6_tables
	look --all
	says_what_there_is
	is "tables in use" "$(tables)" ""
}

# What the hook loads may be asked for. The answers are the same.
warm() {
	local loaded before cold
	wait_for 20 all_unloaded
	look --all
	cold=$(cat "$CHECKED")
	loaded
	before=$loaded
	servers_start
	prepare served
	rm /etc/virt-netboot.conf
	loaded
	[[ $loaded == *" udp_diag "* && $before != *" udp_diag "* ]] || fail "the hook has not loaded udp_diag:$loaded"
	look --all
	is "lines" "$(cat "$CHECKED")" "$cold"
}

add_bridge served
add_bridge other
add_addresses served 70
add_addresses other 71
sockets udp:0.0.0.0:67%served dual::::547%served
cases cold with_ip_tables warm
