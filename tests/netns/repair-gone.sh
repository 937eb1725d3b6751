#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# virt-netboot repair while guests and networks end and the hooks are switched off: it waits for the lock of iptables, or
# for a probe, and what was there when it began is not there any more when it gets that. Nothing is left that nobody would
# take away.

. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
. "$SRC/tests/lib/check.sh"
. "$SRC/tests/lib/repair.sh"
sandbox "$@"
need iptables-legacy ip6tables-legacy strace
hooks_start
no_stp_program
stub_start
use_legacy_tables
export boot=network

two_guests() {
	local n
	for n in 1 2; do
		add_bridge "br$n"
		serve "br$n" "5$n"
		add_guest "br$n" "vnet$n" "fe:54:00:00:00:0$n"
		guest_runs "g$n" "$(target=vnet$n nic "br$n")"
	done
}

# has_opened_lock: beside the one that has it. A command tries again and again, so there is no waiting to be seen.
has_opened_lock() { [ "$(find /proc/[0-9]*/fd -lname /run/xtables.lock 2>/dev/null | wc -l)" -gt 1 ]; }

# repair_waits: for the lock, with whichever guest comes first.
repair_waits() {
	hold_xtables_lock
	virt_netboot repair >"$REPAIRED" 2>&1 &
	waiting=$!
	wait_for 10 has_opened_lock
}

# repair_goes_on: and ends with STATUS.
repair_goes_on() {
	local status=0
	kill "$lock"
	wait "$waiting" || status=$?
	say "$(cat "$REPAIRED")"
	cp "$REPAIRED" /tmp/ended
	is "status" "$status" "$1"
}

# guest_ends N: its tap, libvirt's knowledge of it, and its event.
guest_ends() {
	ip link delete "vnet$1"
	rm "$STUB/guests/g$1"
	target=vnet$1 domain_xml "g$1" "$(target=vnet$1 nic "br$1")" | qemu_hook "g$1" release end - &
}

rules_of() { rules "$1" | grep -c . || :; }

# What there would be without what is tried here.
both_stay() {
	repair_waits
	repair_goes_on 0
	[ "$(rules_of br1)" -gt 0 ] && [ "$(rules_of br2)" -gt 0 ] || fail "no rules: $(rules br1; rules br2)"
	repair --undo
}

# First the one that is still to come, then the one for which it waits: that rule is made, and either repair or the hook
# that waits as well takes it away.
guests_end() {
	local n
	for n in 2 1; do
		repair_waits
		guest_ends "$n"
		repair_goes_on 0
		wait
		is "rules for a bridge without guests" "$(rules_of "br$n")" 0
		repair --undo
	done
	grep -q '^action=add-checksum-rule .*bridge=br1 .*result=done' /tmp/ended || fail "it did not wait to make a rule"
}

# disable, as when the package is removed: it waits for a repair, and takes away what that has made.
disabled_meanwhile() {
	local disabling
	repair_waits
	virt_netboot disable >/tmp/disabled 2>&1 &
	disabling=$!
	repair_goes_on 0
	wait "$disabling" || fail "$(cat /tmp/disabled)"
	is "rules" "$(rules_of br1) $(rules_of br2)" "0 0"
	grep -q remove-checksum-rule /tmp/disabled || fail "disable did not wait: $(cat /tmp/disabled)"
}

# has_probe BRIDGE: beside its uplink.
has_probe() { [ "$(find "/sys/class/net/$1/brif" -type l | wc -l)" -gt 1 ]; }

# Of libvirt's networks those whose bridges libvirt made are probed; one is only a name for a bridge of the host's own, and
# one ends while the probe waits for answers.
networks_end() {
	local bridge status=0
	for bridge in virbr7 virbr8 br7; do
		add_bridge "$bridge"
		add_uplink "$bridge" "$bridge-up"
	done
	network_runs first virbr7 57 nodhcp
	network_runs second virbr8 58 nodhcp
	echo "<network><name>host</name><forward mode='bridge'/><bridge name='br7'/></network>" >"$STUB/networks/host"
	virt_netboot repair --firewall >"$REPAIRED" 2>&1 &
	waiting=$!
	wait_for 10 has_probe virbr7
	rm "$STUB/networks/second"
	wait "$waiting" || status=$?
	say "$(cat "$REPAIRED")"
	is "status" "$status" 2
	is "what is left" "$(grep -o '^finding=.* bridge=[^ ]*' "$REPAIRED")" 'finding=dhcp-none severity=error bridge=virbr7'
	repair --undo
}

# A mistake in the configuration is told, and nothing has failed.
configuration() {
	printf '[bridge]\nhold = nonsense\n' >/etc/virt-netboot.conf
	repair
	is "status" "$repaired" 0
	grep -q nonsense "$REPAIRED.errors" || fail "the mistake is not told"
	rm /etc/virt-netboot.conf
	repair --undo
}

# come_and_go: a bridge and a guest's port on it, until the process $passing is ended.
come_and_go() {
	set +e
	while :; do
		ip link add virbr9 type bridge
		ip link set virbr9 up
		ip tuntap add vnet9 mode tap
		ip link set vnet9 up master virbr9
		sleep "0.0$((RANDOM % 10))"
		((RANDOM % 2)) || ip link del vnet9
		ip link del virbr9
		ip link del vnet9
	done &>/dev/null
}

# A device that goes while it is read has taken with it what it had: that is no trouble, and nothing is said of it.
devices_pass() {
	local turn verb passing status seen=0
	local -x ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 # which cannot work under strace
	nothing_runs
	network_runs passing virbr9 59 nodhcp
	guest_runs web "$(target=vnet9 nic virbr9)"
	come_and_go &
	passing=$!
	for turn in {1..30}; do
		for verb in check repair; do
			status=0
			strace -f -qq -o /dev/null -e inject=sendmsg,sendto:delay_exit=2000 -E "LD_PRELOAD=$TOOLS/libvirt-stub.so" \
				"$HOOKS/virt-netboot" "$verb" --all >/tmp/printed 2>/tmp/said || status=$?
			! grep 'cannot be read' /tmp/said || fail "turn $turn of $verb"
			[ "$status" -le 2 ] || fail "status of turn $turn of $verb: $status: $(cat /tmp/said)"
			! grep -q virbr9 /tmp/printed || seen=$((seen + 1))
		done
	done
	kill "$passing"
	say "the bridge was seen in $seen of 60 runs"
	((seen > 0)) || fail "nothing passed by"
}

two_guests
cases both_stay configuration disabled_meanwhile guests_end networks_end devices_pass
