# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What `virt-netboot check` says; beside testlib.sh:
#
#     check --bridge br0                     runs it; its output and exit status are kept
#     says "BRIDGE br0" "uplinks" PASS       a line of it: object, question, result
#     says "BRIDGE br0" "uplinks" WARN "uplink-down"        and what stands in the parentheses, a pattern of grep -E
#     says_not "BRIDGE br0" "VLAN"           no such line
#     ends_with 2                            its exit status

CHECKED=/tmp/checked

# check [OPTION]...
check() {
	checked=0
	"$HOOKS/virt-netboot" check "$@" >"$CHECKED" 2>"$CHECKED.errors" || checked=$?
	[ "$checked" -lt 128 ] || fail "check $* was ended by a signal ($checked): $(cat "$CHECKED.errors")"
}

lines_of() { grep -F -- "$1: Checking $2" "$CHECKED" || :; }

says() {
	local line
	line=$(lines_of "$1" "$2")
	[ -n "$line" ] || fail "no line '$1: Checking $2' in: $(cat "$CHECKED" "$CHECKED.errors")"
	grep -qE -- " : $3( \\(.*${4:-}.*\\))?\$" <<<"$line" || fail "wanted $3 ${4:-}: $line"
	[ -z "${4:-}" ] || grep -qE -- "$4" <<<"$line" || fail "wanted '$4': $line"
}

says_not() { is "lines of '$1: Checking $2'" "$(lines_of "$1" "$2")" ""; }

ends_with() { is "exit status of check" "$checked" "$1"; }
