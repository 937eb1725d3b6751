#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# virt-netboot probe on a network where somebody answers as no server should (lib/evil-server.py): it ends in time,
# with little memory, and what it prints is text, JSON and metrics as ever; no byte of the network's controls a terminal.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
sandbox "$@"
need jq python3 promtool iconv
python3 -c 'from jsonschema import Draft202012Validator' 2>/dev/null || skip "needs python3-jsonschema"
hooks_start

: "${MEMORY:=40000}" # kB. Most of it are libraries
sanitized && MEMORY=600000

add_bridge lan
ip netns add evil
ip link add evil type veth peer name eth0 netns evil
ip link set evil master lan up
ip -n evil link set eth0 up
wait_for 10 port_is evil forwarding

# evil MODE: who answers from now on.
evil() {
	[ ! -e /tmp/server ] || kill "$(cat /tmp/server)"
	: >/tmp/evil
	ip netns exec evil python3 "$SRC/tests/lib/evil-server.py" eth0 "$1" >/tmp/evil &
	echo $! >/tmp/server
	wait_for 20 grep -q ready /tmp/evil
}

# probed FORMAT MOST [OPTION]...: a probe that takes MOST seconds at most.
probed() {
	local format=$1 most=$2 status=0 begin=$SECONDS
	shift 2
	python3 -c '
import os, resource, subprocess, sys
status = subprocess.run(sys.argv[1:]).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=open("/tmp/memory", "w"))
sys.exit(status if status >= 0 else 200 - status)' \
		timeout --kill-after=5 "$((most + 5))" "$HOOKS/virt-netboot" probe --bridge lan --format "$format" "$@" \
		>"/tmp/$format" 2>/tmp/said || status=$?
	say "$format: status $status after $((SECONDS - begin)) s, $(cat /tmp/memory) kB"
	((status <= 2)) || fail "status $status: $(cat /tmp/said)"
	((SECONDS - begin <= most)) || fail "it took $((SECONDS - begin)) s"
	(($(cat /tmp/memory) <= MEMORY)) || fail "it took $(cat /tmp/memory) kB"
	is "devices left" "$(find /sys/class/net -name 'vnbprobe*')" ''
	is_clean "/tmp/$format"
	is_clean /tmp/said
}

# is_clean FILE: UTF-8 without a control character but the newline, and no line is the network's. What is for programs
# may have what only a terminal understands.
is_clean() {
	local controls='[\x00-\x08\x0b-\x1f\x7f]|\xe2\x80\xae'
	[ "$1" != /tmp/json ] || controls='[\x00-\x08\x0b-\x1f]'
	iconv -f UTF-8 -t UTF-8 "$1" >/dev/null || fail "$1 is no UTF-8"
	! grep -nP "$controls" "$1" || fail "$1 controls a terminal"
	! grep -nE '^(virt-netboot: ok|# HELP x)' "$1" || fail "a line of $1 is the network's"
}

is_valid() {
	python3 -c '
import json, sys
from jsonschema import Draft202012Validator
Draft202012Validator(json.load(open(sys.argv[1]))).validate(json.load(open("/tmp/json")))' "$SRC/docs/probe.schema.json" ||
		fail "not as the schema says: $(cat /tmp/json)"
}

# document MOST [OPTION]...
document() {
	probed json "$@"
	is_valid
}

# formats MOST [OPTION]...: in each of them.
formats() {
	probed text "$@"
	document "$@"
	probed prometheus "$@"
	promtool check metrics </tmp/prometheus >/tmp/promtool 2>&1 || fail "promtool: $(cat /tmp/promtool)"
}

json_is() { is "$1" "$(jq -r "$1" /tmp/json)" "$2"; }

garbage() {
	evil garbage
	formats 15
}
names() {
	evil names
	formats 30
	json_is '[.servers[] | select(.boot_file | contains("owned"))] | length > 2' true
	grep -q 'owned' /tmp/text || fail "the names are not there, so nothing was shown"
}
# Each from somebody else.
flood() {
	evil flood
	document 30 --timeout 2
	json_is '.servers | length' 16
}
proxies() {
	evil proxies
	document 30 --timeout 2
}
endless() {
	evil endless
	document 20
	json_is '.transfers[0].read_bytes > 8' true
}
silence() {
	evil silence
	document 15
	json_is '.transfers[0].result' failed
}
numbers() {
	evil numbers
	document 15
	json_is '.transfers[0].result' failed
}
options() {
	evil options
	formats 15
}
errors() {
	evil errors
	formats 15
	json_is '.transfers[0].result' failed
	grep -q 'the server says: ' /tmp/text || fail "the server's words are not there"
}
advertise() {
	evil advertise
	document 20 --ipv6
}

cases garbage names flood proxies endless silence numbers options errors advertise
