#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Edge ports in trouble: sixty guests start at once, the hook or its watcher is killed in the middle, the
# kernel fails it at any one call, somebody else has the lock or switches STP off, and the bridge is one
# whose hellos keep another network together. Whatever happens, STP is on afterwards, with the same
# delay, no other port has moved, libvirtd gets its answer in time, and hellos go on.
#
# Runs alone: it measures how far apart hellos are, and kills at moments that it has measured.
#
# What is looked at thousands of times is read from /sys, without starting a program.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
sandbox "$@"
need python3 strace tcpdump
hooks_start
no_stp_program

if sanitized; then
	CROWD=20 ROUNDS=2 KILLS=60 WATCHER_KILLS=10 STARTS=10
else
	CROWD=60 ROUNDS=6 KILLS=240 WATCHER_KILLS=40 STARTS=20
fi

# Seconds. That of run_hook is longer; and sixty hooks on a slow machine need more than the usual 2.
DEADLINE=12
config <<<$'[hook]\ndeadline = 8'

LISTENING=1 FORWARDING=3 BLOCKING=4 # as /sys has them

mkfifo /tmp/nothing
exec 8<>/tmp/nothing

# nap MICROSECONDS, without starting a program.
nap() { read -rt "$(printf %d.%06d $(($1 / 1000000)) $(($1 % 1000000)))" -u 8 || true; }

# ms: of a clock that nobody sets, in steps of 10; sets $ms.
ms() {
	read -r ms _ </proc/uptime
	ms=$((10#${ms/./} * 10))
}

# in_state PORT STATE
in_state() {
	local state
	read -r state <"/sys/class/net/$1/brport/state" && [ "$state" = "$2" ]
}

# intact BRIDGE DELAY: STP is on, and the delay that was in force still is.
intact() {
	local stp delay
	read -r stp <"/sys/class/net/$1/bridge/stp_state"
	read -r delay <"/sys/class/net/$1/bridge/forward_delay"
	is "STP and delay of $1" "$stp $delay" "1 $2"
}

# hook TAP: start of the guest that has this tap; input TAP BRIDGE made its XML.
hook() { /usr/sbin/virt-netboot-qemu-hook web start begin - <"/tmp/$1.xml"; }
input() { domain_xml web "$(target=$1 nic "$2")" >"/tmp/$1.xml"; }

repairs() {
	hook "$1"
	in_state "$1" $FORWARDING || fail "a run with no trouble does not repair $1"
}

# hold TAP BRIDGE: its port listens, as one that is new.
hold() {
	printf 'link set %s nomaster\nlink set %s master %s up\n' "$1" "$1" "$2" | ip -batch -
	in_state "$1" $LISTENING || fail "$1 does not listen"
}

# leaf BRIDGE [TAP]...: a bridge that is not the root, with a delay of 30 s, and taps that somebody has
# open. There no hello has to be waited for.
leaf() {
	local tap
	add_bridge "$1" stp_state 1
	add_better_root "$1"
	ip link set "$1-root" type bridge forward_delay 3000
	wait_for 5 delay_is "$1" 3000
	open_taps "${@:2}"
	for tap in "${@:2}"; do input "$tap" "$1"; done
}

# ---- Sixty at once --------------------------------------------------------

# A second cable to the root is blocked on this side.
crowd_on_a_leaf() {
	local taps
	mapfile -t taps < <(seq -f leaf%g $CROWD)
	leaf leaf "${taps[@]}"
	ip link add leaf-up2 type veth peer name leaf-down2
	ip link set leaf-down2 master leaf-root up
	ip link set leaf-up2 master leaf up
	wait_for 5 in_state leaf-up2 $BLOCKING
	crowds leaf leaf-up2 0
}

# A root has a blocked port only if it is cabled to itself. There the ports that come after the first
# two seconds wait for the next hello.
crowd_on_a_root() {
	local taps tap
	mapfile -t taps < <(seq -f root%g $CROWD)
	add_bridge root stp_state 1 forward_delay 3000
	add_loop root root-loop
	open_taps "${taps[@]}"
	for tap in "${taps[@]}"; do input "$tap" root; done
	listen_for_hellos root
	crowds root root-loop-far 5000
	hellos_went_on root
}

# crowds BRIDGE BLOCKED-PORT MS: ROUNDS of them, with an uplink that is new each time.
crowds() {
	local tap round worst=0 i
	add_uplink "$1" "$1-eth"
	for i in "${!taps[@]}"; do
		ip link set "${taps[i]}" address "$(printf fe:54:00:00:00:%02x "$i")"
		port_xml net "$1" "$(printf 52:54:00:00:00:%02x "$i")" >"/tmp/${taps[i]}-port.xml"
	done
	for tap in "${taps[@]}" "$1-eth"; do
		printf 'link set %s nomaster\nlink set %s master %s up\n' "$tap" "$tap" "$1"
	done >"/tmp/$1.batch"
	for ((round = 0; round < ROUNDS; round++)); do
		ip -batch "/tmp/$1.batch"
		crowd "$3"
		in_state "$1-eth" $LISTENING || fail "the uplink of $1 does not listen any more"
		in_state "$2" $BLOCKING || fail "the redundant port of $1 is not blocked any more"
		intact "$1" 3000
	done
	say "$1: $ROUNDS times $CROWD starts at once; all forward after at most $worst ms"
}

# crowd MS: the hooks of all $taps at once, by turns of a guest that starts and of one that libvirtd,
# which was started anew, tells of. Their ports forward at the latest so long after the last of them
# has ended. $worst is the longest that it took from the first.
crowd() {
	local pids=() pid ms begin end i
	ms
	begin=$ms
	for i in "${!taps[@]}"; do
		if ((i % 2)); then
			hook "${taps[i]}" &
		else
			/usr/sbin/virt-netboot-network-hook net port-created begin - <"/tmp/${taps[i]}-port.xml" &
		fi
		pids+=($!)
	done
	for pid in "${pids[@]}"; do wait "$pid" || fail "one of many hooks"; done
	ms
	end=$((ms + $1))
	for tap in "${taps[@]}"; do
		until in_state "$tap" $FORWARDING; do
			ms
			((ms < end)) || fail "$tap does not forward"
			nap 10000
		done
	done
	ms
	((ms - begin <= worst)) || worst=$((ms - begin))
}

# ---- Killed ---------------------------------------------------------------

# tell_apart TAP: counts what was found in seen_done and seen_undone.
tell_apart() {
	if in_state "$1" $FORWARDING; then
		seen_done=$((seen_done + 1))
	else
		in_state "$1" $LISTENING || fail "$1 neither forwards nor listens"
		seen_undone=$((seen_undone + 1))
	fi
}

enough() { ((seen_done >= 4 && seen_undone >= 4)) || fail "$1: all of them came too late or too early"; }

# victim TAP: its hook in a process group of its own; sets $victim.
victim() {
	setsid /usr/sbin/virt-netboot-qemu-hook web start begin - <"/tmp/$1.xml" &
	victim=$!
}

victim_gone() { ! kill -0 -- "-$victim" 2>/dev/null; }

# kill_victim HOW: the whole group, or only the process that libvirtd knows, or only the one that works.
# The latter's pid is one of the next.
kill_victim() {
	local pid parent
	case $1 in
	0) kill -KILL -- "-$victim" 2>/dev/null || true ;;
	1) kill -KILL "$victim" 2>/dev/null || true ;;
	2)
		for ((pid = victim + 1; pid < victim + 50; pid++)); do
			{ read -r _ _ _ parent _ <"/proc/$pid/stat"; } 2>/dev/null || continue
			[ "$parent" != "$victim" ] || kill -KILL "$pid" 2>/dev/null || true
		done
		;;
	esac
}

# Sets $victim_us: the shortest of three runs, so that none that was held up counts.
time_victim() {
	local start us
	victim_us=
	for _ in 1 2 3; do
		hold "$1" "$2"
		start=${EPOCHREALTIME/./}
		victim "$1"
		wait "$victim"
		us=$((${EPOCHREALTIME/./} - start))
		((us >= ${victim_us:-us + 1})) || victim_us=$us
		in_state "$1" $FORWARDING || fail "$1 does not forward"
	done
}

hook_is_killed() {
	local i victim victim_us seen_done=0 seen_undone=0
	leaf victim vnet1
	time_victim vnet1 victim
	for ((i = 0; i < KILLS; i++)); do
		hold vnet1 victim
		victim vnet1
		nap $((victim_us * 3 * RANDOM / 65536))
		kill_victim $((i % 3))
		wait "$victim" 2>/dev/null || true
		wait_for 5 victim_gone
		intact victim 3000
		tell_apart vnet1
	done
	say "$KILLS hooks killed within $((victim_us * 3 / 2)) us; ports that forward: $seen_done, that listen: $seen_undone"
	enough hooks
	hold vnet1 victim
	repairs vnet1
}

# A watcher lets 200 ms pass after the tap has come, and is killed about then.
watcher_is_killed() {
	local i mac seen_done=0 seen_undone=0 pid before=none
	wait_for 12 no_watchers network # of the cases before
	leaf watched vnet2
	for ((i = 0; i < WATCHER_KILLS; i++)); do
		mac=$(printf 54:00:00:00:%02x "$i")
		ip link set vnet2 nomaster address "fe:$mac"
		port_xml net watched "52:$mac" | network_hook net port-created begin -
		pid=$(watchers network)
		[ "$pid" != "" ] || fail "no watcher"
		hold vnet2 watched
		nap $((180000 + 40000 * RANDOM / 32768))
		kill -KILL "$pid" 2>/dev/null || true
		wait_for 5 no_watchers network
		intact watched 3000
		tell_apart vnet2
	done
	say "$WATCHER_KILLS watchers killed; ports that forward: $seen_done, that listen: $seen_undone"
	sanitized || enough watchers
	hold vnet2 watched
	repairs vnet2
}

# ---- Failed by the kernel -------------------------------------------------

# traced STRACE-OPTION...: one run for the guest with the tap $tap under strace; sets $status.
traced() {
	local -x ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 # which cannot work under strace
	local said
	status=0
	capture timeout "$DEADLINE" strace -f -qq -o "/tmp/$tap.trace" "$@" \
		/usr/sbin/virt-netboot-qemu-hook web start begin - <"/tmp/$tap.xml" || status=$?
	is "output under strace $*" "$said" ""
}

# calls CALL: how often the process that works makes it. The other one makes none of those asked for.
calls() { grep -cE "^[0-9]+ +$1\(" "/tmp/$tap.trace"; }

# each_call CALL WHAT [STRACE-OPTION]...: WHAT happens to the first one, in the next run to the second,
# and so on to the last.
each_call() {
	local n count status
	traced -e "trace=$1" "${@:3}"
	count=$(calls "$1")
	((count > 0)) || fail "no $1 under strace"
	for ((n = 1; n <= count; n++)); do
		hold "$tap" "$bridge"
		traced -e "trace=$1" -e "inject=$1:$2:when=$n" "${@:3}"
		is "exit status with $2 at $1 $n" "$status" 0
		intact "$bridge" 3000
		tell_apart "$tap"
		in_state "$tap" $FORWARDING || repairs "$tap"
		hold "$tap" "$bridge"
		cases=$((cases + 1))
	done
}

any_call_fails() {
	local tap=vnet3 bridge=failing lock error cases=0 seen_done=0 seen_undone=0
	leaf "$bridge" "$tap"
	lock=/run/virt-netboot/$(stat -Lc %i /proc/self/ns/net)
	hold "$tap" "$bridge"
	each_call sendmsg error=ENOBUFS
	each_call sendmsg error=EINTR
	for error in EINTR ENOBUFS ENOMEM; do each_call recvmsg "error=$error"; done
	each_call bind error=EADDRINUSE
	each_call openat error=EMFILE -P "$lock"
	each_call fcntl error=EINTR -P "$lock"
	each_call fcntl error=ENOLCK -P "$lock"
	each_call openat error=EMFILE -P "$lock.devices"
	each_call pread64 error=EIO -P "$lock.devices"
	each_call pwrite64 error=ENOSPC -P "$lock.devices"
	each_call openat error=EMFILE -P /proc/sys/kernel/random/boot_id
	say "$cases runs with one call that failed; ports that forward: $seen_done, that listen: $seen_undone"
}

# Its folder is made by whoever needs it first.
folder_cannot_be_made() {
	local tap=vnet9 status
	leaf folder vnet9
	hold vnet9 folder
	rm -rf /run/virt-netboot
	traced -e trace=mkdir -e inject=mkdir:error=EROFS
	is "exit status without a folder" "$status" 0
	[ ! -e /run/virt-netboot ] || fail "no mkdir under strace"
	intact folder 3000
	in_state vnet9 $LISTENING || fail "vnet9 was repaired without a lock"
	logged '^action=edge-port .*port=vnet9 .*result=failed error="Read-only file system"$'
	repairs vnet9
}

# The process that works is killed as it begins a call, that is, also after the call before it.
killed_at_any_call() {
	local tap=vnet4 bridge=killed lock call cases=0 seen_done=0 seen_undone=0
	leaf "$bridge" "$tap"
	lock=/run/virt-netboot/$(stat -Lc %i /proc/self/ns/net)
	hold "$tap" "$bridge"
	for call in sendmsg recvmsg bind getsockname; do each_call "$call" signal=KILL; done
	for call in openat fcntl; do each_call "$call" signal=KILL -P "$lock"; done
	for call in openat pread64 pwrite64; do each_call "$call" signal=KILL -P "$lock.devices"; done
	say "$cases runs killed at one call; ports that forward: $seen_done, that listen: $seen_undone"
	enough "kills at calls"
}

# find_sequence: sets $sent, which sendmsg it is that has the three messages, and $received, how many
# recvmsg come before.
find_sequence() {
	traced -e trace=sendmsg,recvmsg
	read -r sent received < <(awk '
		/ sendmsg\(/ { sent++; if (/RTM_NEWLINK/) { print sent, received + 0; exit } }
		/ recvmsg\(/ { received++ }' "/tmp/$tap.trace")
}

# What comes of it is seen on a crowded machine only (crowd.sh): nobody else's program runs between the messages,
# or keeps a hook whose turn has come from using it.
sent_undisturbed() {
	local tap=vnet8 status
	leaf urgent vnet8
	hold vnet8 urgent
	traced -e trace=sendmsg,sched_setscheduler,fcntl
	is "priority around the sequence" \
		"$(grep -oE 'SCHED_[A-Z]+|SETLKW|RTM_SETLINK' "/tmp/$tap.trace" | xargs)" \
		"SCHED_FIFO SETLKW RTM_SETLINK SCHED_OTHER"
}

# From some moment on no answer of the kernel arrives any more: the hook gives up, in time.
no_answer_any_more() {
	local tap=vnet5 sent received when status
	leaf deaf vnet5
	hold vnet5 deaf
	find_sequence
	for when in 1 $((received + 1)) $((received + 4)); do
		hold vnet5 deaf
		traced -e trace=recvmsg -e "inject=recvmsg:error=ENOBUFS:when=$when+"
		is "exit status with no answer from $when on" "$status" 0
		intact deaf 3000
	done
	hold vnet5 deaf
	repairs vnet5
}

# ---- Others ---------------------------------------------------------------

# Somebody switches STP off just after it was switched on: the hook, which cannot know that it was not
# its own doing, switches it on. And then somebody does so all the time: whose will is done in the end
# does not matter; that the hook ends does.
stp_is_switched_off() {
	local tap=vnet6 sent received status switcher
	leaf admin vnet6
	hold vnet6 admin
	find_sequence
	hold vnet6 admin
	traced -e trace=sendmsg -e "inject=sendmsg:delay_exit=1000000:when=$sent" &
	wait_for 5 in_state vnet6 $FORWARDING
	ip link set admin type bridge stp_state 0
	wait "$!"
	intact admin 3000
	hold vnet6 admin
	(until [ -e /tmp/answered ]; do ip link set admin type bridge stp_state 0; done) &
	switcher=$!
	hook vnet6
	: >/tmp/answered
	wait "$switcher"
	ip link set admin type bridge stp_state 1
	hold vnet6 admin
	repairs vnet6
}

# Somebody has the lock of every bridge for longer than a hook may take; so this is not for beside
# the others.
lock_is_held() {
	local holder ms begin
	leaf locked vnet7
	hold vnet7 locked
	repairs vnet7 # now there is a file
	hold vnet7 locked
	config <<<$'[hook]\ndeadline = 2'
	python3 -c '
import fcntl, signal, sys
lock = open(sys.argv[1], "r+b")
fcntl.lockf(lock, fcntl.LOCK_EX)
open("/tmp/locked", "w")
signal.pause()' "/run/virt-netboot/$(stat -Lc %i /proc/self/ns/net)" &
	holder=$!
	wait_for 5 test -e /tmp/locked
	ms
	begin=$ms
	qemu_hook web start begin - </tmp/vnet7.xml
	ms
	((ms - begin >= 1900 && ms - begin < 5000)) || fail "a hook without the lock took $((ms - begin)) ms"
	intact locked 3000
	in_state vnet7 $LISTENING || fail "vnet7 was repaired without the lock"
	logged '^error="deadline of 2\.0 s passed while '
	kill "$holder"
	wait "$holder" || true
	repairs vnet7
}

# ---- Hellos ---------------------------------------------------------------

# listen_for_hellos BRIDGE: what comes out at the far end of an uplink.
listen_for_hellos() {
	add_uplink "$1" "$1-hub"
	tcpdump --immediate-mode -l -n -tt -i "$1-hub-far" stp >"/tmp/bpdus-$1" 2>"/tmp/bpdus-$1.err" &
	wait_for 10 grep -q 'listening on' "/tmp/bpdus-$1.err"
	wait_for 5 grep -q Config "/tmp/bpdus-$1"
}

# longest_gap BRIDGE: between two hellos, or since the last, in ms.
longest_gap() {
	awk -v now="$EPOCHREALTIME" 'function gap(time) {
			if (last && time - last > longest) longest = time - last
			last = time
		}
		/Config/ { gap($1) }
		END { gap(now); print int(longest * 1000) }' "/tmp/bpdus-$1"
}

# Bridges that speak RSTP give up a root that is silent for three hello times. With sanitizers the
# machine is so busy that time passes between what a hook reads of a timer and what it does.
hellos_went_on() {
	local gap
	gap=$(longest_gap "$1")
	say "hellos of $1: at most $gap ms apart"
	sanitized || ((gap <= 6000)) || fail "hellos of $1: $gap ms apart"
}

# The fault: whoever switches STP off and on every half second is the last to be heard of.
no_hellos() {
	local i
	add_bridge mute stp_state 1 forward_delay 3000
	listen_for_hellos mute
	for ((i = 0; i < 15; i++)); do
		printf 'link set mute type bridge stp_state %d\n' 0 1 | ip -batch -
		sleep 0.5
	done
	i=$(longest_gap mute)
	say "hellos of mute: $i ms apart while STP goes off and on"
	((i > 6000)) || fail "hellos although STP goes off and on"
}

# The same with guests that start every half second.
hellos_go_on() {
	local taps tap tick=0 running=0 ms worst=0
	local -A since=()
	mapfile -t taps < <(seq -f hello%g $STARTS)
	add_bridge hello stp_state 1 forward_delay 3000
	listen_for_hellos hello
	open_taps "${taps[@]}"
	for tap in "${taps[@]}"; do
		input "$tap" hello
		hold "$tap" hello
	done
	until ((running == STARTS && ${#since[@]} == 0)); do
		((tick++ % 5 || running == STARTS)) || start_next
		nap 100000
		look
	done
	say "$STARTS starts, one every half second: each forwards after at most $worst ms"
	intact hello 3000
	hellos_went_on hello
	logged '^action=edge-port guest=web port=hello[0-9]+ bridge=hello result=later'
	is "ports of hello repaired" "$(log_lines | grep -c '^action=edge-port .* bridge=hello result=done')" "$STARTS"
}

start_next() {
	hook "${taps[running]}" &
	ms
	since[${taps[running]}]=$ms
	running=$((running + 1))
}

# Which of those that were started forward by now?
look() {
	ms
	for tap in "${!since[@]}"; do
		((ms - since[$tap] <= worst)) || worst=$((ms - since[$tap]))
		((worst <= 5000)) || fail "$tap does not forward after $worst ms"
		! in_state "$tap" $FORWARDING || unset "since[$tap]"
	done
}

no_worker_crashed() { not_logged 'ended by signal (11|6|7|4)|ended with status'; }

cases --at-once crowd_on_a_leaf crowd_on_a_root hook_is_killed any_call_fails \
	killed_at_any_call sent_undisturbed no_answer_any_more stp_is_switched_off no_hellos hellos_go_on \
	--in-turn watcher_is_killed lock_is_held folder_cannot_be_made no_worker_crashed
