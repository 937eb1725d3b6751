# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What every test script in netns/ and libvirt/ starts with:
#
#     . "$(dirname "$0")/../lib/testlib.sh"
#     sandbox "$@"
#
# Theory of operation
#
# sandbox() runs the script again in mount, network, PID, UTS and IPC namespaces
# of its own. There /run, /tmp and /dev are empty file systems of the test's own
# and /etc is a copy, so that neither the machine's network, its libvirt, its xtables lock nor its
# system log can be reached; and when the script ends, however it ends, the
# kernel kills whatever it left behind and forgets every interface, rule and
# mount it made. No test needs a cleanup of its own.
#
# A script ends with 0 (passed), 77 (skipped, see skip) or anything else (failed).
#
# A script that tests more than one thing is functions, and ends with the list of them:
#
#     cases first_thing second_thing --at-once one_that_waits another_that_waits
#
# Variables the runner sets:
#   HOOKS   folder with what was built: the hooks, their workers, the command
#   TEST_CASE  the one function of these that is to run
#   TOOLS   folder with the test programs (guest-nic, syslog-catch, ...)
#   SRC     top of the source tree

set -euo pipefail

: "${SRC:=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}"
: "${HOOKS:=$SRC/build}"
: "${TOOLS:=$SRC/build/tests}"
export SRC HOOKS TOOLS
export LC_ALL=C

# The distribution's programs, and no wrappers that a person has put before them: a python3 of pyenv takes seconds.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# Whoever asks for one case does not get them all.
[ -z "${TEST_CASE:-}" ] || grep -q '^cases ' "$0" || {
	echo "FAIL: ${0##*/} is one case; there is no $TEST_CASE" >&2
	exit 1
}

say() { printf '%s\n' "$*"; }

fail() {
	printf 'FAIL: %s\n' "$*" >&2
	exit 1
}

# skip REASON: this machine cannot show what the test is about. Under MUST_WORK=1
# the runner counts it as a failure.
skip() {
	printf 'SKIP: %s\n' "$*" >&2
	exit 77
}

need_root() { [ "$(id -u)" = 0 ] || skip "needs root (sudo make check)"; }

need() {
	local program
	for program; do
		command -v "$program" >/dev/null || skip "needs $program (scripts/setup installs it)"
	done
}

# sandbox "$@": run the calling script again inside its own namespaces.
sandbox() {
	[ "${IN_SANDBOX:-}" = "$0" ] && {
		# The first process of a PID namespace gets no signal it has no handler for.
		trap 'exit 130' INT TERM HUP
		sandbox_files
		return
	}
	need_root
	need unshare ip mount
	IN_SANDBOX=$0 exec unshare --mount --net --pid --uts --ipc --fork --kill-child --mount-proc \
		bash "$0" "$@"
}

# The sandbox's own /run, /tmp, /dev and /sys. The results of a build in /tmp
# or /run stay visible, so that a tree checked out there can be tested.
sandbox_files() {
	local node keep=/mnt
	mount --make-rprivate /
	mount -t tmpfs keep "$keep"
	mkdir "$keep/src" "$keep/dev" "$keep/etc"
	mount --bind "$SRC" "$keep/src"
	# With what is mounted there: in some containers each device is.
	mount --rbind /dev "$keep/dev"
	mount -t tmpfs -o mode=755 etc "$keep/etc"
	cp -a /etc/. "$keep/etc"
	mount --move "$keep/etc" /etc
	mount -t tmpfs -o mode=755 run /run
	mount -t tmpfs -o mode=1777 tmp /tmp
	mount -t tmpfs -o mode=755 dev /dev
	case $SRC in
	/tmp/* | /run/*)
		mkdir -p "$SRC"
		mount --bind "$keep/src" "$SRC"
		;;
	esac
	mkdir /dev/net /dev/pts /dev/shm
	for node in null zero full random urandom net/tun; do
		: >"/dev/$node"
		mount --bind "$keep/dev/$node" "/dev/$node"
	done
	mount -t devpts -o newinstance,ptmxmode=0666 devpts /dev/pts
	ln -s pts/ptmx /dev/ptmx
	ln -s /proc/self/fd /dev/fd
	ln -s fd/0 /dev/stdin
	ln -s fd/1 /dev/stdout
	ln -s fd/2 /dev/stderr
	umount --recursive "$keep/dev"
	umount "$keep/src"
	umount "$keep"
	install_programs
	mount -t sysfs sysfs /sys
	mkdir /run/netns /run/lock
	ip link set lo up
	cd "$SRC"
}

# install_programs: the hooks, their spare copies, workers and stylesheets, where `make install` puts them, in layers
# over the machine's own: what a test runs is what libvirtd runs.
install_programs() {
	local layer=/run/layer folder hook
	[ -e "$HOOKS/qemu-worker.so" ] || fail "$HOOKS: not built (make)"
	mkdir "$layer"
	mount -t tmpfs layer "$layer"
	mkdir -p "$layer"/{sbin,libexec/virt-netboot,share/virt-netboot} "$layer"/work/{sbin,libexec,share}
	cp "$HOOKS"/virt-netboot-{network,qemu}-hook "$layer/sbin"
	for hook in network qemu; do
		cp "$HOOKS/virt-netboot-$hook-hook" "$layer/libexec/virt-netboot/$hook-hook"
		cp "$HOOKS/$hook-worker.so" "$layer/libexec/virt-netboot"
	done
	cp "$HOOKS/look.so" "$layer/libexec/virt-netboot"
	cp -r "$SRC/xslt" "$layer/share/virt-netboot"
	for folder in sbin libexec share; do
		[ -d "/usr/$folder" ] || continue
		mount -t overlay -o "lowerdir=/usr/$folder,upperdir=$layer/$folder,workdir=$layer/work/$folder" \
			layer "/usr/$folder"
	done
	umount "$layer"
	rmdir "$layer"
}

# cover FOLDER: an empty file system of the sandbox's own over it; a source tree inside
# stays visible.
cover() {
	mount --bind "$SRC" /mnt
	mount -t tmpfs -o mode=755 cover "$1"
	case $SRC in
	"$1"/*)
		mkdir -p "$SRC"
		mount --bind /mnt "$SRC"
		;;
	esac
	umount /mnt
}

# wait_for SECONDS COMMAND...: until COMMAND succeeds; fails the test after SECONDS.
wait_for() {
	local seconds=$1 end pauses=(0.005 0.01 0.02) # most of what is waited for comes at once
	shift
	end=$((SECONDS + seconds + 1))
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || fail "waited $seconds s in vain for: $*"
		sleep "${pauses[0]:-0.05}"
		pauses=("${pauses[@]:1}")
	done
}

# start COMMAND...: beside the test; join waits for all of them and fails if one did.
started=()
start() {
	"$@" &
	started+=($!)
}

join() {
	local pid
	for pid in "${started[@]}"; do
		wait "$pid" || fail "one of the commands that ran side by side"
	done
	started=()
}

# cases NAME... [--at-once NAME... [--in-turn NAME...]]: runs these functions, in this order, and from --at-once to
# --in-turn beside each other, and says how each of them went. One that fails does not keep the others from running; in the end the script fails.
# TEST_CASE=NAME runs that one only, TEST_CASE=? lists them.
#
# Each runs in a shell of its own: what it sets is gone afterwards, what it does to the sandbox is not. If there
# is a function before_each, that runs first there, with the name. This must not be called in a condition, where "set -e" is off.
cases() {
	local name at_once='' on_exit results
	on_exit=$(trap -p EXIT)
	choose_case "$@"
	results=$(mktemp -d)
	for name; do
		case $name in
		--at-once) at_once=1 ;;
		--in-turn)
			end_of_those_at_once
			at_once=''
			;;
		"${TEST_CASE:-$name}")
			if [ "$at_once" ]; then start run_case "$name" >"$results/$name.out" 2>&1; else run_case "$name"; fi
			;;
		esac
	done
	end_of_those_at_once
	end_of_cases
}

# end_of_those_at_once: shows what they have said.
end_of_those_at_once() {
	local said
	join
	for said in "$results"/*.out; do
		[ ! -e "$said" ] || cat "$said"
	done
	rm -f "$results"/*.out
}

# choose_case NAME...: TEST_CASE is one of these, or there is nothing to run.
choose_case() {
	local names=()
	for name; do [[ $name == --* ]] || names+=("$name"); done
	case ${TEST_CASE:-} in
	'') return ;;
	'?')
		printf '%s\n' "${names[@]}"
		exit 0
		;;
	esac
	[[ " ${names[*]} " == *" $TEST_CASE "* ]] || fail "no case $TEST_CASE; there are: ${names[*]}"
}

# run_case NAME: leaves its exit status in $results/NAME, and succeeds.
run_case() {
	local status=0 start=${EPOCHREALTIME/./} ms word
	set +e
	(
		set -e
		started=()
		# The log and the sanitizers' reports are shown (hooks.sh) for the case that they belong to.
		[[ $on_exit != *hooks_clean* ]] || eval "$on_exit"
		[ "$(type -t before_each)" != function ] || before_each "$1"
		"$1"
	)
	status=$?
	set -e
	ms=$(((${EPOCHREALTIME/./} - start) / 1000))
	# A report that was shown is not the next case's.
	[ "$status" = 0 ] || [ -z "${REPORTS:-}" ] || rm -f "$REPORTS"/*
	case $status in
	0) word=PASS ;;
	77) word=SKIP ;;
	*) word=FAIL ;;
	esac
	printf '%s %s (%d.%01d s)\n' "$word" "$1" $((ms / 1000)) $((ms % 1000 / 100))
	echo "$word" >"$results/$1"
}

# end_of_cases: fails if one of $results is a failure, skips if one was skipped.
end_of_cases() {
	local failed skipped
	failed=$(cd "$results" && grep -lx FAIL -- * | xargs) || :
	skipped=$(cd "$results" && grep -lx SKIP -- * | xargs) || :
	rm -r "$results"
	[ -z "$failed" ] || fail "cases: $failed"
	[ -z "$skipped" ] || skip "cases: $skipped"
}

# is WHAT GOT WANTED
is() { [ "$2" = "$3" ] || fail "$1: got '$2', wanted '$3'"; }

# refused WANTED COMMAND...: fails with a message that contains WANTED.
refused() {
	local wanted=$1 said
	shift
	! said=$("$@" 2>&1) || fail "should have been refused: $*"
	[[ $said == *"$wanted"* ]] || fail "$*: '$said' instead of '$wanted'"
}

# syslog_start: /dev/log of the sandbox; what arrives there is in $SYSLOG, a line each.
syslog_start() {
	SYSLOG=/tmp/syslog
	: >"$SYSLOG"
	"$TOOLS/syslog-catch" /dev/log "$SYSLOG" &
	# shellcheck disable=SC2034 # for a test that stops it
	SYSLOG_PID=$!
	wait_for 5 test -S /dev/log
}

# link_get DEVICE JQ-LIKE-KEY: one value of `ip -d -j link`, e.g. link_get br0 forward_delay
link_get() {
	ip -d -j link show dev "$1" |
		sed -n 's/.*"'"$2"'":"\{0,1\}\([^",}]*\).*/\1/p'
}
