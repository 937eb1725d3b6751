# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# virt-netboot repair, and what it did; beside testlib.sh, topology.sh, hooks.sh and check.sh:
#
#     stub_start                          no libvirtd: networks and guests are files, see tests/tools/libvirt-stub.c
#     network_runs net br1 51 dhcp6       a network that is active
#     guest_runs web "$(nic br0)"         a guest that runs
#     repair --all                        its output, messages and exit status are kept
#     mended 0 'action=edge-port .* port=vnet1' ...       exactly these changes were made, with that status
#     left 'finding=bridge-hold .*'       exactly this was left
#     plans --all; repair --all; as_planned       a dry run before: it changes nothing, and says what was done then
#     answered vnet1 dhcp=ok              what a guest that runs gets, by its tap that open_taps holds

REPAIRED=/tmp/repaired
STUB=/tmp/hypervisor

# stub_start: whatever program is run from now on finds these guests. A sanitizer wants to be loaded first, and is not.
stub_start() {
	mkdir -p "$STUB/networks" "$STUB/guests"
	export LIBVIRT_STUB=$STUB
	export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0"
}

# virt_netboot VERB...: with that libvirt, if there is one.
virt_netboot() {
	if [ -d "$STUB" ]; then
		LD_PRELOAD=$TOOLS/libvirt-stub.so "$HOOKS/virt-netboot" "$@"
	else
		"$HOOKS/virt-netboot" "$@"
	fi
}

# check OPTION...: as in check.sh, with that libvirt.
check() {
	checked=0
	# shellcheck disable=SC2153 # check.sh has it
	virt_netboot check "$@" >"$CHECKED" 2>"$CHECKED.errors" || checked=$?
	[ "$checked" -lt 128 ] || fail "check $* was ended by a signal ($checked): $(cat "$CHECKED.errors")"
}

# hooks_on, hooks_off: libvirt runs ours.
hooks_on() {
	mkdir -p /etc/libvirt/hooks
	for hook in network qemu; do ln -sf "/usr/sbin/virt-netboot-$hook-hook" "/etc/libvirt/hooks/$hook"; done
}
hooks_off() { rm /etc/libvirt/hooks/*; }

# network_runs NAME BRIDGE N [FEATURE]...: as network_xml (hooks.sh).
network_runs() { network_xml "$@" | sed -n '/<network>/,/<\/network>/p' >"$STUB/networks/$1"; }

# guest_runs NAME NIC...: as domain_xml (hooks.sh).
guest_runs() { domain_xml "$@" | sed "1s/<domain /&id='7' /" >"$STUB/guests/$1"; }

nothing_runs() { rm -f "$STUB"/{networks,guests}/*; }

# repair [OPTION]...
repair() {
	repaired=0
	virt_netboot repair "$@" >"$REPAIRED" 2>"$REPAIRED.errors" || repaired=$?
	[ "$repaired" -lt 128 ] || fail "repair $* was ended by a signal ($repaired): $(cat "$REPAIRED.errors")"
	options=$*
}

what_it_said() { cat "$REPAIRED" "$REPAIRED.errors"; }

# lines_are KIND PATTERN...: each line of that kind matches one of the patterns, and each pattern one line.
lines_are() {
	local kind=$1 lines pattern n
	shift
	lines=$(grep "^$kind=" "$REPAIRED") || :
	for pattern; do
		n=$(grep -cE -- "^$kind=$pattern" <<<"$lines") || :
		is "lines '$kind=$pattern' of repair $options, which said: $(what_it_said); their number" "$n" 1
	done
	[ "$#" = "$(grep -c . <<<"$lines")" ] || fail "not only that was said by repair $options: $lines"
}

# mended STATUS [PATTERN]...: of actions, without "action=".
mended() {
	is "status of repair $options, which said: $(what_it_said); it" "$repaired" "$1"
	lines_are action "${@:2}"
	is "messages of repair $options" "$(cat "$REPAIRED.errors")" ''
}

# left [PATTERN]...: of findings, without "finding=".
left() { lines_are finding "$@"; }

nothing_to_repair() {
	is "what repair $options says" "$(what_it_said)" 'nothing to repair'
	is "its status" "$repaired" 0
}

# answered TAP KIND=CHECKSUM...: the guest at a tap that open_taps holds.
answered() {
	local tap=$1 answers
	shift
	answers=$("$TOOLS/guest-nic" -c -w "${patience:-6}" -p "$(cat "$HELD_TAPS/$tap")" "$tap" "${@%=*}") || [ $? = 1 ] ||
		fail "guest-nic on $tap"
	is "what the guest at $tap gets" "$(verdicts <<<"$answers")" "$(printf '%s\n' "$@" | sort)"
}

# picture: all that a repair may change, and files that it may write. The states of ports are not in it.
picture() {
	kernel_state
	tc qdisc show
	tc -batch - < <(sed -nE 's/^ *([^ :]+):.*/\1/p' /proc/net/dev | while read -r dev; do
		printf 'filter show dev %s ingress\nfilter show dev %s egress\n' "$dev" "$dev"
	done) 2>&1 || :
	ip -j -d link show type bridge | grep -oE '"(stp_state|forward_delay)":[0-9]+'
	local dev
	for dev in /sys/class/net/*/bridge; do
		dev=${dev%/bridge}
		echo "${dev##*/} $(ethtool -k "${dev##*/}" | grep -E '^(tx-checksumming|generic-segmentation)')"
	done
	find /run /etc -type f -printf '%p %s %C@\n' | grep -v xtables.lock | sort
}

# same_picture WHAT BEFORE
same_picture() {
	local differences
	differences=$(diff <(cat <<<"$2") <(picture)) || fail "$1 changed the host: $differences"
}

# put_back WHAT BEFORE: the same, but for what is known of devices, when something was done to
# them, and the file of locks.
put_back() {
	local differences
	differences=$(diff <(without_notes <<<"$2") <(picture | without_notes)) || fail "after $1 the host is not as it was: $differences"
}

without_notes() { grep -vE "^/run/virt-netboot/[0-9]+(\.(devices|docker-user))? "; }

# plans OPTION...: a dry run, which changes nothing; what it says is kept in $REPAIRED.plan.
plans() {
	local before
	before=$(picture)
	repair "$@" --dry-run
	same_picture "repair $* --dry-run" "$before"
	sed -n 's/ result=planned$//p' "$REPAIRED" | sort >"$REPAIRED.plan"
	is "lines of actions that are not only planned" "$(grep '^action=' "$REPAIRED" | grep -v ' result=planned$')" ''
}

# as_planned: that was done, and no more.
as_planned() {
	is "what was done, beside the plan" "$(sed -n 's/ result=done$//p' "$REPAIRED" | sort | diff "$REPAIRED.plan" -)" ''
}
