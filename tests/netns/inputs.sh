#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What libvirt 9.0.0 really wrote to its hooks, in the order it did, through the right hook, on a
# host with the bridges that the XML names: exit status 0, nothing on stdout, and nothing for
# valgrind to say about the process libvirtd waits for or the one that does the work.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
sandbox "$@"
need iptables-legacy ip6tables-legacy
hooks_start

INPUTS=$SRC/tests/fixtures/hook-input/libvirt-9.0.0
CASES=62

declare -A delays=([virbr0]=1500 [virbr15]=1500 [virbr-rt]=400 [virbr-op]=3000 [virbr-nd]=1500 [br0]=1500)

named_bridges() {
	local bridge
	for bridge in "${!delays[@]}"; do
		add_bridge "$bridge" stp_state 1 forward_delay "${delays[$bridge]}"
	done
	add_bridge virbr-iso
	add_uplink br0 p0
}

# Everything is to be repaired once more.
undo_repairs() {
	local bridge
	for bridge in "${!delays[@]}"; do
		ip link set "$bridge" type bridge forward_delay "${delays[$bridge]}"
	done
	iptables-legacy -w -t mangle -F
	ip6tables-legacy -w -t mangle -F
}

# The process that libvirtd knows ends with 0 whatever becomes of the one that works, so only the log
# tells. What changes things has run, or the pass was about nothing.
work_was_done() {
	not_logged 'ended by signal|ended with status|deadline of'
	logged '^action=set-forward-delay .*bridge=virbr15 .*result=done'
	logged '^action=add-checksum-rule .*bridge=virbr15 .*result=done'
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

plain() { run_hook "${@:2}" <"$INPUTS/$1"; }

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
	DEADLINE=60 HOOKS=/tmp/valgrind-hooks LOG=$log plain "$@"
}

every_second_under_valgrind() { each under_valgrind < <(sed -n "$1" "$INPUTS/cases.tsv"); }

# Stands where the hook stands, so that run_hook needs to know nothing about valgrind.
valgrind_hooks() {
	local hook
	mkdir /tmp/valgrind /tmp/valgrind-hooks
	for hook in network qemu; do
		cat >"/tmp/valgrind-hooks/virt-netboot-$hook-hook" <<-EOT
			#!/bin/sh
			exec valgrind --leak-check=full --log-file="\$LOG.%p" \
				"$HOOKS/virt-netboot-$hook-hook" "\$@"
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
all_plain
if sanitized; then
	say "built with sanitizers: not run under valgrind as well"
else
	need valgrind
	all_under_valgrind
fi
