#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The machine around the hook is in trouble: somebody sits on the xtables lock, sixty hooks run for
# one network at once, the hook is killed in mid-work, it has no rights, no second process, no
# memory, no files to open, or the system log does not answer. libvirtd gets its answer in time,
# the answer is "go on", and the kernel holds no half-made change.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
sandbox "$@"
need iptables-legacy ip6tables-legacy flock setpriv strace
hooks_start

KILLS=200

started() { network_xml net "$1" 150 dhcp6 | network_hook net started begin -; }

held_bridge() { add_bridge "$1" stp_state 1 forward_delay 1500; }

# hold_lock SECONDS: somebody has the xtables lock for so long; returns when they have it.
hold_lock() {
	flock /run/xtables.lock sh -c ": >/tmp/locked; sleep $1; rm /tmp/locked" &
	wait_for 5 test -e /tmp/locked
}

# waiting_guest BRIDGE TAP...: what the qemu hook gets for a guest with these ports, all of which wait.
waiting_guest() {
	local nics=() target
	for target in "${@:2}"; do
		add_guest "$1" "$target"
		nics+=("$(nic "$1")")
	done
	domain_xml web "${nics[*]}" >/tmp/web.xml
}

web_starts() { qemu_hook web start begin - </tmp/web.xml; }

# forward TAP...
forward() {
	local tap
	for tap; do is "state of $tap" "$(link_get "$tap" state)" forwarding; done
}

# What needs no lock is done before, a guest's ports first, and the log says so.
lock_is_held_too_long() {
	local late='deadline of 20.0 s passed while waiting for the xtables lock'
	held_bridge locked
	held_bridge own
	waiting_guest own own-1 own-2
	socket 67
	: >/dev/vhost-net
	config <<<$'[checksum]\nmechanism = iptables'
	hold_lock 30
	log_forget
	DEADLINE=30 start web_starts
	DEADLINE=30 takes 19500 29000 started locked
	join
	forward own-1 own-2
	logged "^error=\"$late; done: edge-port own-1, edge-port own-2; not done: the rest\" guest=web"
	is "forward delay, which needs no lock" "$(link_get locked forward_delay)" 200
	expect_rules locked
	logged "^error=\"$late; done: set-forward-delay locked; not done: the rest\" network=net"
	rm /etc/virt-netboot.conf /dev/vhost-net
	wait_for 20 test ! -e /tmp/locked
	started locked
	expect_rules locked ip4:68 ip6:546
}

lock_is_held_a_while() {
	held_bridge waiting
	hold_lock 3
	takes 2000 9000 started waiting
	expect_rules waiting ip4:68 ip6:546
}

# The tables cannot be read in time: the hook stops when it wants to. The guest's ports do not wait for them.
ports_do_not_wait_for_the_tables() {
	local HOOK_DIR
	local -x ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 # which cannot work under strace
	held_bridge early
	waiting_guest early early-1 early-2
	add_guest_port early early-down
	domain_xml web "$(target=early-1 nic early)$(target=early-2 nic early)$(target=early-down nic early)" >/tmp/web.xml
	config <<<$'[checksum]\nmechanism = iptables\n[hook]\ndeadline = 3'
	socket 67
	: >/dev/vhost-net
	HOOK_DIR=$(hooks_behind strace -f --quiet=all -o /dev/null -P /proc/net/ip_tables_names -e trace=openat -e inject=openat:signal=STOP)
	log_forget
	web_starts
	forward early-1 early-2
	logged '^error="deadline of 3.0 s passed while reading the mangle table; done: edge-port early-1, edge-port early-2, watch-port early-down is left to a process in the background; not done: the rest" guest=web'
	expect_rules early
	rm /etc/virt-netboot.conf /dev/vhost-net
}

# priorities: those of all processes of the qemu hook.
priorities() {
	local pid
	for pid in $(watchers qemu); do cut -d ' ' -f 19 "/proc/$pid/stat"; done | sort -u | xargs
}

priorities_are() { [ "$(priorities)" = "$1" ]; }

# libvirtd waits for a hook, and nobody for the process that a port is left to which is down. What comes of it is
# seen on a busy machine only (crowd.sh).
hook_is_urgent() {
	wait_for 25 no_watchers qemu # of other cases
	held_bridge urgent
	add_guest_port urgent urgent-down
	mkfifo /tmp/xml
	nice -n 5 /usr/sbin/virt-netboot-qemu-hook web start begin - </tmp/xml &
	exec 9>/tmp/xml
	wait_for 5 priorities_are -20
	domain_xml web "$(target=urgent-down nic urgent)" >&9
	exec 9>&-
	wait "$!"
	wait_for 5 priorities_are 5
}

sixty_at_once() {
	held_bridge crowded
	local i
	for i in {1..60}; do start started crowded; done
	join
	is "forward delay" "$(link_get crowded forward_delay)" 200
	expect_rules crowded ip4:68 ip6:546
}

# nap MICROSECONDS, without starting a program.
nap() { read -rt "$(printf %d.%06d $(($1 / 1000000)) $(($1 % 1000000)))" -u 8 || true; }

# Whoever asked for guests to be refused did not ask for it to happen because of us.
trouble_refuses_nobody() {
	add_bridge troubled
	: >/dev/vhost-net
	printf '[hook]\non-unrepaired = refuse\n' >/etc/virt-netboot.conf
	socket 67
	mkdir /tmp/not-a-file
	domain_xml web "$(nic troubled)" |
		XTABLES_LOCKFILE=/tmp/not-a-file qemu_hook web prepare begin -
	logged '^action=add-checksum-rule .*bridge=troubled .*result=failed'
	expect_rules troubled
	rm /etc/virt-netboot.conf /dev/vhost-net
}

# socket PORT: somebody listens there, on any address.
socket() {
	python3 -c '
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", int(sys.argv[1])))
time.sleep(600)' "$1" &
	wait_for 60 grep -q ":$(printf %04X "$1") " /proc/net/udp
}

# churn NAME: a link of this name comes and goes, with a pause now and then, in which a dump is not disturbed.
churn() {
	local i
	for i in {1..5}; do printf 'link add %s type bridge\nlink del %s\n' "$1" "$1"; done >"/tmp/$1"
	while ip -batch "/tmp/$1"; do sleep 0.05; done
}

# Other links come and go while the ports of a bridge are counted, because STP is to be off where they
# are few. A dump that is disturbed starts again; the bridge is repaired each time.
ports_come_and_go() {
	local i churns=()
	held_bridge busy
	for i in {1..60}; do echo "tuntap add busy$i mode tap vnet_hdr"; done | ip -batch -
	for i in {1..60}; do echo "link set busy$i master busy"; done | ip -batch -
	for i in one two; do
		churn "$i" &
		churns+=($!)
	done
	# How often a dump has to start again is a matter of luck, and of the machine.
	config <<<$'[bridge]\nhold = stp-off\n[hook]\ndeadline = 9'
	log_forget
	for i in {1..10}; do
		ip link set busy type bridge stp_state 1
		domain_xml web "$(nic busy)" | qemu_hook web prepare begin -
		is "STP" "$(link_get busy stp_state)" 0
	done
	rm /etc/virt-netboot.conf
	kill "${churns[@]}"
	wait "${churns[@]}" || true
	not_logged bridge-multi-network
}

# victim: the hook, with the input that is in /tmp/victim.xml, in a process group of its own; sets $victim.
victim() {
	setsid /usr/sbin/virt-netboot-network-hook net started begin - </tmp/victim.xml &
	victim=$!
}

victim_gone() { ! kill -0 -- "-$victim" 2>/dev/null; }

# Sets $victim_us: the shortest of three runs, so that none that was held up counts.
time_victim() {
	local start us seen_done=0 seen_undone=0 # not the ones that count
	victim_us=
	for _ in 1 2 3; do
		start=${EPOCHREALTIME/./}
		victim
		wait "$victim"
		us=$((${EPOCHREALTIME/./} - start))
		((us >= ${victim_us:-us + 1})) || victim_us=$us
		whole_or_nothing
	done
}

# Kills the hook at any moment of the time that it takes, or after; every other time only the process
# that libvirtd knows.
kill_in_mid_work() {
	local i seen_done seen_undone victim victim_us
	held_bridge victim
	mkfifo /tmp/nothing
	exec 8<>/tmp/nothing
	network_xml net victim 150 dhcp6 >/tmp/victim.xml
	time_victim
	seen_done=0 seen_undone=0
	for ((i = 0; i < KILLS; i++)); do
		victim
		nap $((victim_us * 2 * RANDOM / 32768))
		# In its first moments it has no group of its own yet, and there is one process.
		((i % 2)) || kill -KILL -- "-$victim" 2>/dev/null || true
		kill -KILL "$victim" 2>/dev/null || true
		wait "$victim" 2>/dev/null || true
		wait_for 5 victim_gone
		whole_or_nothing
	done
	exec 8>&-
	say "$KILLS kills within twice $victim_us us; found done: $seen_done, undone: $seen_undone"
	# A few, for one may be down to a shell that was held up.
	((seen_done >= 4 && seen_undone >= 4)) || fail "all of them came too late or too early"
	started victim
	expect_rules victim ip4:68 ip6:546
}

# Only the process that libvirtd knows is killed, while the one that works waits for its turn at the
# tables. When that comes, nobody may be there any more to take it.
work_does_not_outlive_the_hook() {
	local victim lock
	held_bridge orphan
	network_xml net orphan 150 dhcp6 >/tmp/victim.xml
	hold_xtables_lock
	victim
	wait_for 5 somebody_waits
	kill -KILL "$victim"
	wait "$victim" 2>/dev/null || true
	kill "$lock" # the turn comes
	wait "$lock" 2>/dev/null || true
	wait_for 5 victim_gone
	expect_rules orphan
}

# Each change is either made or not, and then taken back for the next round.
whole_or_nothing() {
	local rules stp delay
	# Without starting a program, for this is looked at hundreds of times.
	read -r stp </sys/class/net/victim/bridge/stp_state
	read -r delay </sys/class/net/victim/bridge/forward_delay
	is "STP" "$stp" 1
	case $delay in
	200) seen_done=$((seen_done + 1)) ;;
	1500) seen_undone=$((seen_undone + 1)) ;;
	*) fail "a forward delay that nobody set" ;;
	esac
	rules=$(rules victim | summary | sort)
	[ "$(uniq -d <<<"$rules")" = "" ] || fail "a rule twice: $rules"
	! grep -vE '^(ip4:68|ip6:546)?$' <<<"$rules" || fail "a rule that is not ours: $rules"
	ip link set victim type bridge forward_delay 1500
	iptables-legacy -w -t mangle -F
	ip6tables-legacy -w -t mangle -F
}

# Without CAP_NET_ADMIN netlink reads and does not write; without any capability nor does libiptc.
no_rights() {
	local drop
	held_bridge noright
	for drop in -net_admin -net_raw,-net_admin -all; do
		log_forget
		network_xml net noright 150 dhcp6 |
			HOOK_DIR=$(hooks_behind setpriv "--bounding-set=$drop" --inh-caps=-all) \
				network_hook net started begin -
		is "forward delay without rights" "$(link_get noright forward_delay)" 1500
		expect_rules noright
		logged '^action=set-forward-delay .*bridge=noright .*result=failed error='
	done
}

# hooks_behind PROGRAM...: a folder whose hooks are run by the program.
hooks_behind() {
	local folder hook
	folder=$(mktemp -d)
	for hook in network qemu; do
		printf '#!/bin/bash\nexec %s %q "$@"\n' "$*" "/usr/sbin/virt-netboot-$hook-hook" \
			>"$folder/virt-netboot-$hook-hook"
	done
	chmod +x "$folder"/*
	say "$folder"
}

# with_limit OPTION VALUE: one run under ulimit. What the program loader cannot do with so little is
# not the hook's doing: it has not begun yet.
with_limit() {
	local said status=0
	local -x ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 # which takes files and processes itself
	capture limited "$@" </tmp/poor.xml || status=$?
	[[ $said != *"error while loading shared libraries"* ]] || return 0
	is "exit status under ulimit $1 $2 ($said)" "$status" 0
	is "output under ulimit $1 $2" "$said" ""
	runs_under_limit=$((${runs_under_limit:-0} + 1))
}

limited() (
	ulimit "$1" "$2" || exit
	exec /usr/sbin/virt-netboot-network-hook net started begin -
)

# loader_memory: how much, in KiB, it takes to begin at all.
loader_memory() {
	local kb=2000
	until (ulimit -v "$kb" && exec /usr/sbin/virt-netboot-network-hook --version) >/dev/null 2>&1; do
		kb=$((kb + 400))
	done
	say "$kb"
}

# Root may have any number of processes; whom the limit concerns has no rights either, and so nothing to do. Nor is
# there a process that could say so.
no_second_process() {
	local hook HOOK_DIR=$HOOK_DIR
	local -x ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 # which takes a process itself
	held_bridge alone
	hook=$(mktemp /tmp/hook.XXXXXX) # where others than root can reach it
	cp /usr/sbin/virt-netboot-network-hook "$hook"
	chmod 755 "$hook"
	chmod 666 /dev/log
	mkdir /tmp/alone
	cat >/tmp/alone/virt-netboot-network-hook <<-EOT
		#!/bin/sh
		exec setpriv --reuid=65534 --regid=65534 --clear-groups \
			bash -c 'ulimit -u 1 && exec "\$0" "\$@"' $hook "\$@"
	EOT
	chmod +x /tmp/alone/virt-netboot-network-hook
	log_forget
	HOOK_DIR=/tmp/alone
	started alone
	nothing_logged
	is "forward delay" "$(link_get alone forward_delay)" 1500
}

little_of_everything() {
	local value least
	held_bridge poor
	network_xml net poor 150 dhcp6 >/tmp/poor.xml
	for value in 3 4 5 6 7 8 9 10 12; do with_limit -n "$value"; done
	with_limit -f 0
	if ! sanitized; then # a sanitizer reserves terabytes
		least=$(loader_memory)
		# Enough for the program, then for some of the libraries, for all, and for the work.
		for ((value = least; value < least + 110000; value += 1500)); do with_limit -v "$value"; done
		((runs_under_limit > 70)) || fail "only $runs_under_limit runs got past the loader"
	fi
	((runs_under_limit > 5)) || fail "only $runs_under_limit runs got past the loader"
	started poor
	is "STP" "$(link_get poor stp_state)" 1
	expect_rules poor ip4:68 ip6:546
}

# mute_log: its reader hangs. Its queue takes some messages, and then blocks whoever sends one.
mute_log() {
	kill -STOP "$SYSLOG_PID"
	while timeout 0.2 logger --socket /dev/log full; do :; done
}

# The hook does not wait for it, and when the reader goes on soon, nothing is lost.
log_does_not_answer() {
	held_bridge mute
	log_forget
	mute_log
	config <<<$'mistake\n[garden]\nhose = 1'
	takes 0 9000 started mute
	rm /etc/virt-netboot.conf
	is "forward delay" "$(link_get mute forward_delay)" 200
	kill -CONT "$SYSLOG_PID"
	logged 'virt-netboot.conf:1: '
	logged 'virt-netboot.conf:3: .*hose'
	logged '^action=set-forward-delay .*bridge=mute'
}

# refused_on BRIDGE: the hook refuses the guest, and takes no longer than for a log that answers.
refused_on() {
	local said
	config <<<$'[bridge]\nhold = report\n[hook]\non-unrepaired = refuse\ndeadline = 4'
	domain_xml web "$(nic "$1")" >/tmp/refused.xml
	! said=$(timeout 3 /usr/sbin/virt-netboot-qemu-hook web prepare begin - 2>&1 </tmp/refused.xml) ||
		fail "not refused"
	rm /etc/virt-netboot.conf
	[[ $said == *"'web' is not started"* ]] || fail "refused with: $said"
}

# Neither a log nor a time zone that does not answer has a guest started that should be refused.
log_keeps_nothing_up() {
	held_bridge late
	mute_log
	refused_on late
	kill -CONT "$SYSLOG_PID"
	rm -f /etc/localtime
	mkfifo /etc/localtime
	refused_on late
	rm /etc/localtime
}

# A name longer than a log takes is cut, between two characters, and nothing else is lost, not of its line either.
message_is_too_long() {
	local name lines
	held_bridge long
	name=$(printf 'ü%.0s' {1..120000})
	config <<<$'[bridge]\nhold = report'
	log_forget
	network_xml "$name" long 150 dhcp6 | network_hook net started begin -
	rm /etc/virt-netboot.conf
	logged '^finding=bridge-hold .*üü\.\.\.\[cut\]" bridge=long .* advice='
	logged '^action=add-checksum-rule .*üü\.\.\.\[cut\]" bridge=long .* result=done$'
	lines=$(log_lines)
	is "lines that are no UTF-8" "$(iconv -f UTF-8 -t UTF-8 <<<"$lines" | cmp - <(cat <<<"$lines"))" ""
}

use_legacy_tables

cases lock_is_held_too_long ports_do_not_wait_for_the_tables lock_is_held_a_while sixty_at_once kill_in_mid_work work_does_not_outlive_the_hook \
	hook_is_urgent no_rights no_second_process little_of_everything trouble_refuses_nobody ports_come_and_go \
	log_does_not_answer log_keeps_nothing_up message_is_too_long
