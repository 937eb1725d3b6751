#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# virt-netboot probe that is cut short: what it is on goes or changes under it, somebody types Ctrl-C, there is no more of
# something. It says so, blames nobody, and leaves nothing.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
sandbox "$@"
need dnsmasq python3 iptables-nft iptables-legacy setpriv jq
hooks_start
LOGGER=/proc/sys/net/netfilter/nf_log/2

add_bridge lan
add_uplink lan lan-up
add_card card0
add_bridge served
serve served 51 ip4

probe() { "$HOOKS/virt-netboot" probe "$@"; }

card() { find /sys/class/net -name 'vnbprobe*' -printf '%f\n'; }
has_card() { [ "$(card)" ]; }

nothing_left() {
	is "devices left" "$(card)" ''
	is "tables left" "$(nft list tables | grep virt-netboot || :)" ''
	is "entries left" "$(bridge fdb show | grep vnbprobe || :)" ''
}

# meanwhile STATUS TEXT COMMAND -- OPTION...: what a probe says under which that happened. CARD is its network card.
meanwhile() {
	local wanted=$1 text=$2 command=() pid status=0
	shift 2
	until [ "$1" = -- ]; do
		command+=("$1")
		shift
	done
	shift
	probe "$@" --timeout 1 >/tmp/said 2>&1 &
	pid=$!
	wait_for 5 has_card
	sleep 0.2 # it waits for answers
	"${command[@]/CARD/$(card)}"
	wait "$pid" || status=$?
	grep -qF -- "$text" /tmp/said || fail "${command[*]}: $(cat /tmp/said)"
	is "status after ${command[*]}" "$status" "$wanted"
	nothing_left
}

changes() {
	# What is no change for it.
	meanwhile 2 'nobody answered' true -- --bridge lan
	meanwhile 2 'nobody answered' ip link set lan name wan -- --bridge lan
	ip link set wan name lan
	meanwhile 3 'its port was taken out of the bridge' ip link set CARD nomaster -- --bridge lan
	meanwhile 3 'its port does not forward any more' ip link set CARD down -- --bridge lan
	meanwhile 3 'its network card was deleted' ip link del CARD -- --bridge lan
	meanwhile 3 'the bridge was switched off' ip link set lan down -- --bridge lan
	ip link set lan up
	meanwhile 3 'the bridge was deleted' ip link del lan -- --bridge lan
	ip link del lan-up
	meanwhile 2 'nobody answered' true -- --direct card0
	meanwhile 3 'its network card was deleted' ip link del CARD -- --direct card0
	meanwhile 3 'its parent device was switched off' ip link set card0 down -- --direct card0
	ip link set card0 up
	meanwhile 3 'its parent device was deleted' ip link del card0 -- --direct card0
}

# ctrl_c TEXT OPTION...: as soon as TEXT is at the terminal. The line with the progress is wiped.
ctrl_c() {
	local text=$1 status=0
	shift
	python3 "$SRC/tests/lib/at-terminal.py" "$text" "$HOOKS/virt-netboot" probe "$@" >/tmp/said || status=$?
	nothing_left
	# Before there was anything to undo.
	[[ -n $text || $status != 130 ]] || return 0
	is "status of probe $* after Ctrl-C" "$status" 3
	grep -q 'The probe was interrupted: this is what was seen until then' /tmp/said || fail "$(cat -v /tmp/said)"
	! grep -q 'firewall-drop\|dhcp-none\|tftp-failed' /tmp/said || fail "somebody is blamed: $(cat -v /tmp/said)"
	[[ $text != waiting* ]] || grep -qP '\r\x1b\[KAsked' /tmp/said || fail "the progress is still there: $(cat -v /tmp/said)"
}

terminal() {
	local logger other
	add_bridge held stp_state 1 forward_delay 400
	add_bridge silent
	add_card silent-card
	ctrl_c 'waiting for the port' --bridge held
	ctrl_c '' --bridge silent
	ctrl_c 'waiting for answers' --bridge silent
	ctrl_c 'waiting for answers' --direct silent-card
	probe --bridge silent --timeout 4 >/dev/null 2>&1 &
	other=$!
	wait_for 5 has_card
	python3 "$SRC/tests/lib/at-terminal.py" 'waiting for another probe' "$HOOKS/virt-netboot" probe --bridge silent \
		>/tmp/said || is "status" $? 3
	grep -q 'The probe was interrupted' /tmp/said || fail "$(cat -v /tmp/said)"
	grep -q 'the port was plugged in' /tmp/said && fail "$(cat -v /tmp/said)"
	wait "$other" || is "the other's status" $? 2
	nothing_left
	# While legacy tables are followed.
	logger=$(cat "$LOGGER")
	iptables-legacy -A INPUT -i served -p udp --dport 67 -j DROP
	add_uplink served served-up
	ctrl_c 'waiting for answers' --bridge served
	wait_for 5 grep -qx "$logger" "$LOGGER"
	iptables-legacy -F INPUT
	ip link del served-up
}

logger_is() { grep -qx "$1" "$LOGGER"; }
logger_is_not() { ! logger_is "$1"; }
no_card() { [ -z "$(card)" ]; }

# kill_group COMMAND...: of a probe, with what it has started, at the moment when the command succeeds, as a shell's
# "kill %1" does.
kill_group() {
	setsid "$HOOKS/virt-netboot" probe "${options[@]}" >/dev/null 2>&1 &
	wait_for 5 "$@"
	kill -KILL -- "-$!"
	wait $! 2>/dev/null || :
}

# Who looks after what would stay is not of its group from the first moment on.
groups() {
	local i logger options
	logger=$(cat "$LOGGER")
	iptables-legacy -A INPUT -i served -p udp --dport 67 -j DROP
	options=(--bridge served --timeout 2)
	for ((i = 0; i < 10; i++)); do
		kill_group logger_is_not "$logger"
		wait_for 5 logger_is "$logger"
	done
	iptables-legacy -F INPUT
	add_card group-card
	options=(--direct group-card)
	for ((i = 0; i < 10; i++)); do
		kill_group has_card
		wait_for 5 no_card
	done
	nothing_left
}

refusals() {
	refused 'only root can plug a card in' setpriv --reuid 65534 --clear-groups "$HOOKS/virt-netboot" probe --bridge served
	refused "of bridge 'served' or of one of its ports" probe --bridge served --mac "$(cat /sys/class/net/served/address)"
	add_guest served vnet0
	bridge fdb replace 52:54:00:00:00:01 dev vnet0 master dynamic
	refused "in use: port 'vnet0' has it" probe --bridge served --mac 52:54:00:00:00:01
	kill "$taps_pid"
	wait "$taps_pid" || :
	refused 'Operation not permitted' setpriv --bounding-set -net_admin "$HOOKS/virt-netboot" probe --bridge served
	umount /dev/net/tun
	rm /dev/net/tun
	refused 'there is no device /dev/net/tun' probe --bridge served
	mknod /dev/net/tun c 10 200
	# A container without CAP_SYS_ADMIN has no tracefs, and no perf events.
	iptables-nft -A INPUT -i served -p udp --dport 67 -j DROP
	setpriv --bounding-set -sys_admin,-perfmon "$HOOKS/virt-netboot" probe --bridge served >/tmp/said || is "status" $? 2
	grep -q '^firewall-drop: .*' /tmp/said || fail "$(cat /tmp/said)"
	iptables-nft -F INPUT
	nothing_left
}

# Whatever is missing, it ends by itself, and says why.
limits() {
	local n status ended=''
	# The sanitizer's look for leaks never ends where it can open no file.
	export ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0"
	iptables-nft -A INPUT -i served -p udp --dport 67 -j DROP
	for n in {4..14}; do
		status=0
		: >/tmp/said
		bash -c 'ulimit -n "$1" && exec "$2" probe --bridge served --timeout 1' - "$n" "$HOOKS/virt-netboot" >>/tmp/said 2>&1 ||
			status=$?
		ended+=" $n:$status"
		((status == 2 || status == 3)) || fail "with $n descriptors: $status, $(cat /tmp/said)"
		[ -s /tmp/said ] || fail "with $n descriptors it says nothing"
		nothing_left
	done
	say "descriptors:$ended"
	sanitized || for n in 40 50 60 70 80 100; do
		status=0
		bash -c 'ulimit -v "$1"000 && exec "$2" probe --bridge served --timeout 1' - "$n" "$HOOKS/virt-netboot" >/tmp/said 2>&1 ||
			status=$?
		((status == 2 || status == 3 || status == 127)) || fail "with $n MB: $status, $(cat /tmp/said)"
		[ -s /tmp/said ] || fail "with $n MB it says nothing"
		nothing_left
	done
	iptables-nft -F INPUT
}

# Sixty at once, each with an address of its own: they are answered, and there is an end.
crowd() {
	local i begin=$SECONDS pids=()
	for i in {10..69}; do
		probe --bridge served --timeout 2 --format json --mac "02:00:00:00:00:$i" >"/tmp/crowd$i" 2>&1 &
		pids+=($!)
	done
	for i in "${pids[@]}"; do wait "$i" || is "status" $? 1; done
	is "answered" "$(cat /tmp/crowd* | jq -s 'map(select(.servers | length > 0)) | length')" 60
	nothing_left
	say "60 probes in $((SECONDS - begin)) s"
	((SECONDS - begin < 60)) || fail "it took $((SECONDS - begin)) s"
}

# A bridge lets one port after the other forward at once only when it has sent a hello, every 2 seconds.
edge_ports() {
	local i
	add_bridge edge stp_state 1 forward_delay 1500
	serve edge 61 ip4
	for i in 1 2 3; do
		probe --bridge edge --edge --firmware >/tmp/said 2>&1 || fail "probe $i: $(cat /tmp/said)"
	done
	nothing_left
}

cases crowd changes terminal groups limits refusals edge_ports
