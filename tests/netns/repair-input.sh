#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# virt-netboot repair that is asked for what it does not do, or cannot do: by somebody who is not root, without libvirt, with
# names of any kind, and with output that does not arrive. A dry run of a host on which nothing has run yet leaves it so.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
. "$SRC/tests/lib/check.sh"
. "$SRC/tests/lib/repair.sh"
sandbox "$@"
need setpriv python3 jq iptables-legacy ethtool tc
hooks_start
no_stp_program
stub_start

# a_host: with a guest whose port is delayed.
a_host() {
	add_bridge br0 stp_state 1 forward_delay 1500
	add_guest br0 vnet0 fe:54:00:00:00:99
}

delayed_again() {
	ip link set vnet0 nomaster
	ip link set vnet0 master br0
}

before_each() {
	nothing_runs
	guest_runs web "$(target=vnet0 nic br0)"
}

# refuses STATUS MESSAGE OPTION...: it says so, and nothing is changed.
refuses() {
	local wanted=$1 message=$2 before
	shift 2
	before=$(picture)
	repair "$@"
	is "status of repair $*: $(what_it_said); it" "$repaired" "$wanted"
	grep -aqF -- "virt-netboot: $message" "$REPAIRED.errors" || fail "repair $* says: $(what_it_said)"
	is "what it prints" "$(cat "$REPAIRED")" ''
	is "unprintable characters" "$(LC_ALL=C grep -a '[^ -~]' "$REPAIRED.errors")" ''
	same_picture "repair $*" "$before"
}

options() {
	local hostile=$'a b"c\n\e[31m\xff'
	refuses 64 "--format must be 'text' or 'json'" --format prometheus
	refuses 64 "--format must be 'text'" --format "$hostile"
	refuses 64 '--all cannot be used with' --all --bridge br0
	refuses 64 '--all cannot be used with' --domain web --all
	refuses 64 '--undo removes everything' --undo --bridge br0
	refuses 64 '--undo removes everything' --network net --undo
	refuses 64 '--undo removes everything' --undo --firewall
	refuses 64 '--undo removes everything' --undo --connect qemu:///system
	refuses 64 "--bridge must be a device's name" --bridge ''
	refuses 64 "--bridge must be a device's name" --bridge 'a b'
	refuses 64 "--bridge must be a device's name" --bridge "$hostile"
	refuses 64 "--bridge must be a device's name" --bridge 0123456789abcdef
	refuses 64 '--network must be the name of a network, not empty' --network ''
	refuses 64 '--domain must be the name of a guest, not empty' --domain ''
	refuses 64 "'br0' is not an option" br0
	refuses 64 "--connect 'test:///default' is refused" --connect test:///default
	refuses 64 "--connect 'qemu+ssh://there/system' is refused" --connect qemu+ssh://there/system
	refuses 3 "there is no network 'a b\"c\\x0a\\x1b[31m\\xff'" --network "$hostile" --dry-run
	refuses 3 "there is no guest 'a b\"c\\x0a\\x1b[31m\\xff'" --domain "$hostile" --dry-run
}

# One that is not there keeps the others from nothing.
names() {
	delayed_again
	repair --domain nosuch --domain web
	grep -q '^action=edge-port guest=web .*result=done' "$REPAIRED" || fail "$(what_it_said)"
	is "status" "$repaired" 3
	refuses 3 "there is no bridge 'nosuch' in this network namespace" --bridge nosuch
	refuses 3 "there is no bridge 'nosuch' in this network namespace" --bridge nosuch --firewall --dry-run
	repair --bridge nosuch --bridge br0
	left 'bridge-hold severity=error bridge=br0 .*'
	is "status" "$repaired" 3
	repair --bridge lo
	left 'not-a-bridge severity=warning bridge=lo .*'
	is "status" "$repaired" 1
}

# A guest and a device whose names try to be more than a name.
hostile_names() {
	# shellcheck disable=SC2016 # it is a name
	local bridge='br"$(x);`y`' tap="t'ap\\n"
	add_bridge "$bridge" stp_state 1 forward_delay 1500
	add_guest "$bridge" "$tap"
	nothing_runs
	# shellcheck disable=SC2016
	guest_runs web "$(target="t&apos;ap\\n" nic 'br&quot;$(x);`y`')"
	sed -i 's,<name>web<,<name>web "x\&#10;action=\&#x202e;\&lt;<,' "$STUB/guests/web"
	repair --format json
	is "guest" "$(jq -r '.changes[0].guest' "$REPAIRED")" $'web "x\naction=\xe2\x80\xae<'
	is "the bridge" "$(jq -r '.changes[0].bridge' "$REPAIRED")" "$bridge"
	is "the port" "$(jq -r '.changes[0].port' "$REPAIRED")" "$tap"
	wait_for 1 test "$(cat "/sys/class/net/$tap/brport/state")" = 3
	ip link set "$tap" nomaster
	ip link set "$tap" master "$bridge"
	repair
	is "lines that begin otherwise" "$(grep -avE '^(action|finding)=[a-z-]+ ' "$REPAIRED")" ''
	is "unprintable characters" "$(LC_ALL=C grep -a '[^ -~]' "$REPAIRED" | grep -aP '[\x00-\x1f]|\xe2\x80\xae')" ''
	repair --undo
	is "status" "$repaired" 0
	ip link del "$bridge"
}

nobody() {
	local status=0
	setpriv --reuid 65534 --clear-groups "$HOOKS/virt-netboot" repair --undo >/tmp/said 2>&1 || status=$?
	is "status" "$status" 3
	is "what it says" "$(cat /tmp/said)" 'virt-netboot: only root can change bridges and rules: run this as root'
}

# Bridges need no libvirt, and so does what is taken back.
without_libvirt() {
	mv "$STUB" "$STUB.away"
	printf '[bridge]\nhold = min-delay\n' >/etc/virt-netboot.conf
	LIBVIRT_STUB=/nonexistent
	mkdir "$STUB"
	repair --bridge br0
	grep -q '^action=set-forward-delay bridge=br0 .*result=done' "$REPAIRED" || fail "$(what_it_said)"
	grep -q "^virt-netboot: libvirt's daemon cannot be reached" "$REPAIRED.errors" || fail "$(what_it_said)"
	! grep -q 'without it' "$REPAIRED.errors" || fail "$(what_it_said)"
	is "status of a bridge" "$repaired" 0
	repair --all
	grep -q 'a bridge can be repaired without it: --bridge$' "$REPAIRED.errors" || fail "$(what_it_said)"
	is "status of all" "$repaired" 3
	repair --undo
	is "status of undo" "$repaired" 0
	delay_is br0 1500 || fail "the delay is not what it was"
	rm -r /etc/virt-netboot.conf "$STUB"
	mv "$STUB.away" "$STUB"
	LIBVIRT_STUB=$STUB
	# Its networks cannot be listed.
	mv "$STUB/networks" "$STUB/away"
	repair
	grep -q "^virt-netboot: libvirt's networks cannot be read" "$REPAIRED.errors" || fail "$(what_it_said)"
	is "status" "$repaired" 3
	mv "$STUB/away" "$STUB/networks"
}

# XML that is none.
garbage() {
	echo "<domain id='3'>" >"$STUB/guests/broken"
	echo 'x' >"$STUB/networks/broken"
	echo '<domain id="1"/>' >"$STUB/guests/empty"
	delayed_again
	repair
	grep -q '^action=edge-port guest=web .*result=done' "$REPAIRED" || fail "$(what_it_said)"
	is "messages about the network" "$(grep -c "XML of network 'broken' is not understood" "$REPAIRED.errors")" 1
	is "messages about the guest" "$(grep -c "XML of guest 'broken' is not understood" "$REPAIRED.errors")" 1
	is "status" "$repaired" 3
}

# into FILE: of what is printed, as far as it gets.
lost_output() {
	local status way
	for way in '>/dev/full' '>&-' '| true'; do
		delayed_again
		status=0
		bash -c "set -o pipefail; LD_PRELOAD=$TOOLS/libvirt-stub.so $HOOKS/virt-netboot repair --domain web $way" 2>/tmp/stderr || status=$?
		((status >= 1 && status <= 3)) || [ "$way" = '| true' ] || fail "status $status with $way"
		port_is vnet0 forwarding || fail "$way keeps the port from being changed: $(cat /tmp/stderr)"
		status=0
		bash -c "$HOOKS/virt-netboot repair --undo $way" 2>/tmp/stderr || status=$?
		expect_rules br0
	done
}

# The document is as its schema says, with everything in it that there can be.
json() {
	local schema=$SRC/docs/repair.schema.json options
	delayed_again
	for options in --dry-run '' '' '--undo --dry-run' --undo --undo; do
		# shellcheck disable=SC2086 # words
		repair --format json $options
		jq -e '.version == 1 and (.changes | type == "array") and (.left | type == "array")' "$REPAIRED" >/dev/null ||
			fail "repair $options: $(what_it_said)"
		is "messages" "$(cat "$REPAIRED.errors")" ''
		python3 -c '
import json, sys
from jsonschema import Draft202012Validator as V
V(json.load(open(sys.argv[1]))).validate(json.load(open(sys.argv[2])))' "$schema" "$REPAIRED" 2>/tmp/invalid ||
			fail "repair $options: $(tail -n 30 /tmp/invalid; cat "$REPAIRED")"
	done
}

tables() { cat /proc/net/ip_tables_names /proc/net/ip6_tables_names; }
files() { find /run /etc /dev -printf '%y %p %s %m\n' | sort; }

# Nothing has been used here yet: no table is brought into use, and no note is made.
first_dry_run() {
	local tables files links
	network_runs net br0 51 tftp dhcp6
	: >/dev/vhost-net
	tables=$(tables) files=$(files) links=$(ip -d link | sed -E 's/(_timer) +[^ ]+/\1/g')
	repair --dry-run
	is "status" "$repaired" 1
	grep -q '^action=edge-port .*result=planned' "$REPAIRED" || fail "$(what_it_said)"
	grep -q '^action=set-forward-delay .*result=planned' "$REPAIRED" || fail "$(what_it_said)"
	repair --undo --dry-run
	is "what undo says" "$(what_it_said)" 'nothing to take back'
	repair --dry-run --bridge br0 >/dev/null
	is "tables in use" "$(tables)" "$tables"
	is "files" "$(files)" "$files"
	is "devices" "$(ip -d link | sed -E 's/(_timer) +[^ ]+/\1/g')" "$links"
	nothing_logged
}

a_host
cases first_dry_run options names hostile_names nobody without_libvirt garbage lost_output json
