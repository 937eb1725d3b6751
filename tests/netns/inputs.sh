#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What libvirt 9.0.0 really wrote to its hooks, in the order it did, through the right hook, on a
# host with the bridges and the taps that the XML names: exit status 0, nothing on stdout, and nothing
# for valgrind to say about the process libvirtd waits for, the one that does the work or a watcher.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
sandbox "$@"
need iptables-legacy ip6tables-legacy python3
hooks_start
no_stp_program

INPUTS=$SRC/tests/fixtures/hook-input/libvirt-9.0.0
CASES=62

declare -A delays=([virbr0]=1500 [virbr15]=1500 [virbr-rt]=400 [virbr-op]=3000 [virbr-nd]=1500 [br0]=1500)

# The taps of the guests that run, by the case before which libvirt made them: where each was plugged
# in, by libvirt or, ethtap9, by a script, and its address.
declare -A taps_before=([20]="vnet0 vnet1 vnet3 vnet4 mytap7 ethtap9" [62]="vnet11")
declare -A plugs=(
	[vnet0]="virbr15 fe:54:00:00:40:46"
	[vnet1]="virbr-rt fe:54:00:68:0b:05"
	[vnet3]="virbr-op fe:54:00:ab:55:d7"
	[vnet4]="br0 fe:54:00:ba:ad:e0"
	[mytap7]="br0 fe:54:00:4d:5f:ea"
	[ethtap9]="br0 fe:54:00:4b:3c:cc"
	[vnet11]="virbr15 fe:54:00:ed:a0:84"
)

named_bridges() {
	local bridge
	for bridge in "${!delays[@]}"; do
		add_bridge "$bridge" stp_state 1 forward_delay "${delays[$bridge]}"
	done
	add_bridge virbr-iso
	add_uplink br0 p0
	open_taps "${!plugs[@]}"
}

# Everything is to be repaired once more.
undo_repairs() {
	local bridge tap
	for bridge in "${!delays[@]}"; do
		ip link set "$bridge" type bridge forward_delay "${delays[$bridge]}"
	done
	for tap in "${!plugs[@]}"; do ip link set "$tap" nomaster down; done
	iptables-legacy -w -t mangle -F
	ip6tables-legacy -w -t mangle -F
}

all_forward() {
	local tap
	for tap in "${!plugs[@]}"; do port_is "$tap" forwarding || return; done
}

# The process that libvirtd knows ends with 0 whatever becomes of the one that works, so only the log
# tells. What changes things has run, or the pass was about nothing.
work_was_done() {
	wait_for 10 all_forward
	not_logged 'ended by signal|ended with status|deadline of'
	logged '^action=set-forward-delay .*bridge=virbr15 .*result=done'
	logged '^action=add-checksum-rule .*bridge=virbr15 .*result=done'
	logged '^action=edge-port guest="many & odd".* port=vnet4 bridge=br0 result=done'
	logged '^action=edge-port guest="many & odd".* port=mytap7 bridge=br0 result=done'
	logged '^action=edge-port guest="many & odd".* port=ethtap9 bridge=br0 result=done'
	logged '^action=edge-port guest=g1.* port=vnet11 bridge=virbr15 result=done'
	is "forward delay of br0" "$(link_get br0 forward_delay)" 1500
	is "forward delay of virbr15" "$(link_get virbr15 forward_delay)" 200
	is "forward delay of virbr-op" "$(link_get virbr-op forward_delay)" 200
}

# each COMMAND: COMMAND FILE HOOK OBJECT OPERATION SUBOPERATION EXTRA for each case on stdin.
each() {
	local file hook object operation sub extra
	while IFS=$'\t' read -r file hook object operation sub extra; do
		"$1" "$file" "$hook" "$object" "$operation" "$sub" "$extra"
	done
}

plain() {
	local tap
	for tap in ${taps_before[${1%%-*}]:-}; do
		# shellcheck disable=SC2086 # bridge and address
		plug_tap ${plugs[$tap]/ / $tap }
	done
	run_hook "${@:2}" <"$INPUTS/$1"
}

# After the last case that concerns it, what is left of each network? Those that the cases stop
# have no rule; "slow" is started once more at the end, and "default" never was by us.
all_plain() {
	local before
	before=$(kernel_state)
	each plain <"$INPUTS/cases.tsv"
	[ "$(kernel_state)" != "$before" ] || fail "the inputs had no effect at all"
	work_was_done
	expect_rules virbr15 ip4:udp
	for bridge in virbr-rt virbr-iso virbr-op virbr-nd; do expect_rules "$bridge"; done
}

under_valgrind() {
	local log=/tmp/valgrind/${1%.xml}
	DEADLINE=60 HOOK_DIR=/tmp/valgrind-hooks LOG=$log plain "$@"
}

every_second_under_valgrind() { each under_valgrind < <(sed -n "$1" "$INPUTS/cases.tsv"); }

# Has valgrind had its last word about each process?
all_ended() { [ "$(grep -L 'ERROR SUMMARY' /tmp/valgrind/*)" = "" ]; }

# Stands where the hook stands, so that run_hook needs to know nothing about valgrind.
valgrind_hooks() {
	local hook
	mkdir /tmp/valgrind /tmp/valgrind-hooks
	for hook in network qemu; do
		cat >"/tmp/valgrind-hooks/virt-netboot-$hook-hook" <<-EOT
			#!/bin/sh
			exec valgrind --leak-check=full --log-file="\$LOG.%p" \
				"/usr/sbin/virt-netboot-$hook-hook" "\$@"
		EOT
	done
	chmod +x /tmp/valgrind-hooks/*
}

# Under valgrind a run takes seconds, so two run side by side, and may take longer than usual.
all_under_valgrind() {
	config <<<$'[hook]\ndeadline = 50'
	valgrind_hooks
	undo_repairs
	log_forget
	start every_second_under_valgrind 'p;n'
	start every_second_under_valgrind 'n;p'
	join
	work_was_done
	wait_for 12 all_ended # watchers may go on for 10 s
	local log
	for log in /tmp/valgrind/*; do
		grep -q 'ERROR SUMMARY: 0 errors' "$log" || fail "${log##*/}: $(cat "$log")"
	done
	processes=$(find /tmp/valgrind -type f | wc -l)
	say "$processes processes clean under valgrind"
	# The worker of each run that had something to do is a process of its own.
	((processes > CASES + CASES / 2)) || fail "too few of them"
}

is "number of cases" "$(wc -l <"$INPUTS/cases.tsv")" "$CASES"
named_bridges
wanted=(all_plain)
if sanitized; then
	say "built with sanitizers: not run under valgrind as well"
else
	need valgrind
	wanted+=(all_under_valgrind)
fi
cases "${wanted[@]}"
