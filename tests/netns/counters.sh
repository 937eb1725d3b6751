#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A legacy table is changed in two steps: its rules are replaced, and then their packet counters are set again. When the
# kernel fails the second one, other programs' rules keep what they have counted, or the log says how many do not.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
sandbox "$@"
need iptables-legacy iptables-legacy-restore ip6tables-legacy ip6tables-legacy-restore strace
hooks_start
use_legacy_tables

# One has nothing to lose. The policy's are not looked at: iptables itself sets them to zero whenever it adds a rule.
others() {
	cat <<'END'
*mangle
:POSTROUTING ACCEPT [0:0]
:others - [0:0]
[0:0] -A POSTROUTING -o idle0 -j MARK --set-mark 2
[7:700] -A POSTROUTING -o foreign0 -j MARK --set-mark 1
[9:900] -A POSTROUTING -o foreign1 -j others
[3:300] -A others -j RETURN
COMMIT
END
}

# family 4|6: whose table it is.
family() {
	case $1 in
	4) tool=iptables-legacy prefix=IPT_SO range='' ;;
	6) tool=ip6tables-legacy prefix=IP6T_SO range=dhcp6 ;;
	esac
	"$tool" -t mangle -F
	"$tool" -t mangle -X
	others | "$tool-restore" -c
}

counters() { "$tool-save" -c -t mangle | sed -nE '/^\[.*(foreign|idle|others)/p'; }

# traced STRACE-OPTION...: the network starts; what the hook sets is in /tmp/trace.
traced() {
	local -x ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 # which cannot work under strace
	# shellcheck disable=SC2086 # nothing, or a word
	network_xml one virbr1 51 $range >/tmp/one.xml
	strace -f -qq -o /tmp/trace -e trace=setsockopt "$@" \
		/usr/sbin/virt-netboot-network-hook one started begin - </tmp/one.xml
}

# find_steps: sets $second, which call it is that sets the counters; $first is the one before.
find_steps() {
	local pid
	traced
	pid=$(sed -n "s/ .*${prefix}_SET_ADD_COUNTERS.*//p" /tmp/trace)
	[ "$pid" ] || fail "counters are not set: $(cat /tmp/trace)"
	second=$(sed -n "/^$pid /p" /tmp/trace | grep -n "${prefix}_SET_ADD_COUNTERS" | sed 's/:.*//')
	first=$((second - 1))
	is "counters where nothing fails" "$(counters)" "$before"
	stopped
}

stopped() {
	# shellcheck disable=SC2086 # nothing, or a word
	network_xml one virbr1 51 $range | network_hook one stopped end -
	expect_rules virbr1
	log_forget
}

each_family() {
	local tool prefix range first second before family
	config <<<$'[checksum]\nmechanism = iptables'
	for family in 4 6; do
		family "$family"
		before=$(counters)
		find_steps
		"$1"
		is "counters of IPv$family when the rule goes" "$(stopped && counters)" "$2"
	done
}

has_rules() { expect_rules virbr1 ip4:68 ${range:+ip6:546}; }

# The kernel refuses once: what was counted is set again.
second_step_fails() { each_family try_again "$KEPT"; }
try_again() {
	local error
	for error in ENOMEM EAGAIN; do
		traced -e "inject=setsockopt:error=$error:when=$second"
		grep -q INJECTED /tmp/trace || fail "nothing failed"
		is "counters after $error" "$(counters)" "$before"
		has_rules
		not_logged 'result=failed|counters-lost'
		stopped
	done
}

# It refuses each time: the rules are there, and the log has what is lost.
second_step_fails_again() { each_family give_up "$LOST"; }
give_up() {
	traced -e "inject=setsockopt:error=ENOMEM:when=$second..$((second + 4))+2"
	is "failed calls" "$(grep -c INJECTED /tmp/trace)" 3
	has_rules
	is "counters" "$(counters)" "$LOST"
	logged "^action=add-checksum-rule network=one bridge=virbr1 mechanism=${tool%-legacy} scope=dhcp .*counters-lost=3 result=done$"
	grep -q '^<28>.*counters-lost' "$SYSLOG" || fail "lost counters are no warning"
	is "lines about lost counters" "$(log_lines | grep -c counters-lost)" 1
}

# Nothing has changed, so nothing is lost.
first_step_fails() { each_family refuse "$KEPT"; }
refuse() {
	traced -e "inject=setsockopt:error=ENOMEM:when=$first"
	grep -q INJECTED /tmp/trace || fail "nothing failed"
	is "counters" "$(counters)" "$before"
	logged "^action=add-checksum-rule .*mechanism=${tool%-legacy} .*result=failed"
	not_logged counters-lost
}

# Nor is there anything to lose, and the table is not replaced a second time.
nothing_was_counted() { each_family leave "$LOST"; }
leave() {
	"$tool" -t mangle -Z
	traced -e "inject=setsockopt:error=ENOMEM:when=$second"
	grep -q INJECTED /tmp/trace || fail "nothing failed"
	is "replacements" "$(grep -c "${prefix}_SET_REPLACE" /tmp/trace)" 1
	has_rules
	not_logged 'result=failed|counters-lost'
}

add_bridge virbr1
tool=iptables-legacy
family 4
KEPT=$(counters)
LOST=$(sed -E 's/\[[0-9]+:[0-9]+\]/[0:0]/' <<<"$KEPT")

cases second_step_fails second_step_fails_again first_step_fails nothing_was_counted
