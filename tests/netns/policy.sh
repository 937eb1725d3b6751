#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Every key of /etc/virt-netboot.conf does what it says; a mistake in it is named with its line
# and what would be right. Refusing a start is possible at "prepare" and "start" only, and
# only if asked for.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
sandbox "$@"
need dnsmasq iptables-legacy ip6tables-legacy
hooks_start

: >/dev/vhost-net

prepare() { domain_xml web "$(nic "$1")" | qemu_hook web prepare begin -; }

started() { network_xml net "$1" 150 "${@:2}" | network_hook net started begin -; }

# hold BRIDGE: its forward delay and STP.
hold() { say "$(link_get "$1" forward_delay) $(link_get "$1" stp_state)"; }

# held_bridge NAME [UPLINKS]: STP on, delay 15 s.
held_bridge() {
	local i
	add_bridge "$1" stp_state 1 forward_delay 1500
	for ((i = 0; i < ${2:-0}; i++)); do add_uplink "$1" "$1-$i"; done
}

hold_report() {
	held_bridge report
	config <<<$'[bridge]\nhold = report'
	log_forget
	started report
	prepare report
	is "hold = report" "$(hold report)" "1500 1"
	logged '^finding=bridge-hold severity=error network=net bridge=report'
	logged '^finding=bridge-hold severity=error guest=web .*bridge=report'
	not_logged '^action=set-forward-delay'
}

hold_stp_off() {
	held_bridge one 1
	held_bridge two 2
	held_bridge vms 1
	add_guest_port vms vnet1
	add_guest_port vms vnet2
	config <<<$'[bridge]\nhold = stp-off'
	log_forget
	prepare one
	is "hold = stp-off, one uplink" "$(hold one)" "1500 0"
	logged '^action=stp-off guest=web bridge=one result=done'
	prepare vms
	is "hold = stp-off, one uplink and two guests" "$(hold vms)" "1500 0"
	prepare two
	is "hold = stp-off, two uplinks" "$(hold two)" "1500 1"
	logged '^finding=bridge-multi-network severity=error guest=web .*bridge=two .*2 of its ports'
}

# Bridges that libvirt made have a shorter delay from the start of their network on, those of the host
# never; that both make edge ports is shown by edge-ports.sh.
hold_auto() {
	held_bridge host
	held_bridge virbr
	config <<<$'[bridge]\nhold = edge'
	prepare host
	started virbr
	is "hold = edge, bridge of the host" "$(hold host)" "1500 1"
	is "hold = edge, bridge of libvirt" "$(hold virbr)" "1500 1"
	config <<<$'[bridge]\nhold = auto'
	prepare host
	started virbr
	is "hold = auto, bridge of the host" "$(hold host)" "1500 1"
	is "hold = auto, bridge of libvirt" "$(hold virbr)" "200 1"
}

hold_min_delay() {
	held_bridge min 2
	config <<<$'[bridge]\nhold = min-delay'
	prepare min
	is "hold = min-delay, two uplinks" "$(hold min)" "200 1"
}

checksum_mechanism() {
	add_bridge fill
	config <<<$'[checksum]\nmechanism = none'
	started fill tftp dhcp6
	expect_rules fill
	config <<<$'[checksum]\nmechanism = iptables'
	started fill tftp dhcp6
	expect_rules fill ip4:udp ip6:udp
}

checksum_scope() {
	add_bridge scope
	config <<<$'[checksum]\nscope = dhcp'
	started scope tftp dhcp6
	expect_rules scope ip4:68 ip6:546
	config <<<$'[checksum]\nscope = udp'
	started scope dhcp6
	expect_rules scope ip4:udp ip6:udp
}

log_level() {
	held_bridge loud
	config <<<$'[hook]\nlog-level = error'
	log_forget
	started loud
	nothing_logged
	ip link set loud type bridge forward_delay 1500
	config </dev/null
	started loud
	logged '^action=set-forward-delay'
}

# late SECONDS COMMAND...: the hook gives that input up after so long, and says so. The log tells which
# deadline it was; the time is only to be at least that, and not for ever on a slow machine.
late() {
	log_forget
	takes $(($1 * 1000 - 100)) $(($1 * 1000 + 4000)) "${@:2}" </tmp/endless
	logged "^error=\"deadline of $1\.0 s passed while reading the XML"
}

# An input that never ends, because somebody holds the other side of the pipe.
deadline() {
	mkfifo /tmp/endless
	exec 9<>/tmp/endless
	config </dev/null
	DEADLINE=20 late 10 network_hook net started begin -
	config <<<$'[hook]\ndeadline = 1'
	late 1 network_hook net started begin -
	config <<<$'[hook]\ndeadline = 4'
	late 4 qemu_hook web prepare begin -
	exec 9>&-
}

# refused OPERATION NIC: the guest's start is refused, with one sentence for the person at virsh.
refused() {
	local said status=0
	said=$(domain_xml "web &amp; co" "$2" |
		/usr/sbin/virt-netboot-qemu-hook "web & co" "$1" begin - 2>&1 >/tmp/stdout) || status=$?
	is "exit status of $1" "$status" 1
	[ ! -s /tmp/stdout ] || fail "stdout of $1: $(od -c /tmp/stdout)"
	is "number of lines of '$said'" "$(wc -l <<<"$said")" 1
	[[ $said == *"'web & co'"*52:54:00:00:00:99*leaf*"STP is on"*"advice: "* ]] ||
		fail "no guest, interface, cause and advice in: $said"
}

# A hook that ignores the operation may end before it was sent the XML: that must not be a broken
# pipe of ours.
never_refused() {
	local operation
	for operation in reconnect started attach stopped release migrate restore; do
		qemu_hook web "$operation" begin - < <(boot=network domain_xml web "$(nic "$1")")
	done
	for operation in start started updated port-created port-deleted stopped; do
		network_hook net "$operation" begin - < <(network_xml net "$1" 150)
	done
}

on_unrepaired() {
	held_bridge cured
	held_bridge leaf
	add_better_root leaf
	config <<<$'[bridge]\nhold = min-delay\n[hook]\non-unrepaired = start'
	prepare leaf
	config <<<$'[bridge]\nhold = min-delay\n[hook]\non-unrepaired = refuse'
	refused prepare "$(nic leaf)"
	refused start "$(network_nic net leaf)"
	never_refused leaf
	prepare cured # repaired, so there is nothing to refuse
	is "a repaired bridge" "$(hold cured)" "200 1"
	config <<<$'[hook]\non-unrepaired = refuse'
	prepare leaf # a bridge's delay is no reason where its ports are seen to
}

mistakes() {
	config <<-'EOT'
		[bridge]
		hold = sometimes
		height = 3
		[checksum]
		[hook]
		deadline = -1
		on-unrepaired = refuse
		[garden]
		gnome = 1
		[bridge]
		bpdu-guard = perhaps
	EOT
	log_forget
	held_bridge typo
	started typo
	is "a value that is not known: the default holds" "$(hold typo)" "200 1"
	logged "virt-netboot.conf:2: .*hold.*'sometimes'.*accepted: auto, edge, min-delay, stp-off, report"
	logged 'virt-netboot.conf:3: .*height.*accepted: \[bridge\] hold, '
	logged 'virt-netboot.conf:6: .*deadline.*-1.*accepted: .*seconds'
	logged 'virt-netboot.conf:9: .*gnome.*accepted: '
	logged "virt-netboot.conf:11: .*bpdu-guard.*'perhaps'.*accepted: no, yes"
	is "lines about virt-netboot.conf" "$(log_lines | grep -c virt-netboot.conf:)" 5

	# A comment may be longer than any buffer; what is in it stays a comment.
	printf '[bridge]\n#%0198d%s\n' 0 'hold = stp-off' | config
	log_forget
	held_bridge wordy
	started wordy
	is "with a long comment" "$(hold wordy)" "200 1"
	not_logged virt-netboot.conf
}

# defaults_hold WHAT: with whatever is in the place of the configuration file now.
defaults_hold() {
	odd=$((${odd:-0} + 1))
	held_bridge "odd$odd"
	started "odd$odd"
	is "with $1 as configuration" "$(hold "odd$odd")" "200 1"
}

no_configuration() {
	head -c 100000 /dev/urandom | config
	defaults_hold "100 kB at random"
	printf '[bridge\n%.0s' {1..10000} | config
	defaults_hold "sections that do not end"
	printf '[bridge]\nhold = %050000d' 0 | config
	defaults_hold "a line without an end"
	printf 'hold = report' | config
	defaults_hold "a key outside of any section"
	printf '\0[bridge]\nhold = report\n' | config
	defaults_hold "a zero byte"
	rm /etc/virt-netboot.conf
	defaults_hold "nothing"
	mkdir /etc/virt-netboot.conf
	defaults_hold "a folder"
}

use_legacy_tables

before_each() {
	rm -rf /etc/virt-netboot.conf
	config </dev/null
}

cases hold_report hold_stp_off hold_auto hold_min_delay checksum_mechanism checksum_scope log_level deadline \
	on_unrepaired mistakes no_configuration
