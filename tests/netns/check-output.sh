#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# virt-netboot check --output: the file is whole at each moment, the old one or the new one, and nothing is left beside
# it, whatever fails, and whoever else writes or ends the command.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
sandbox "$@"
need setpriv strace setfattr getfattr jq python3
hooks_start

PATH=$HOOKS:$PATH
add_bridge slow0 stp_state 1

DIRECTORY=/tmp/metrics
FILE=$DIRECTORY/virt-netboot.prom

before_each() {
	rm -rf "$DIRECTORY"
	mkdir "$DIRECTORY"
}

# output [COMMAND...] FILE: the check, with that in front of it.
output() {
	local file=${*: -1}
	"${@:1:$#-1}" virt-netboot check --format prometheus --output "$file" >/tmp/stdout 2>/tmp/stderr
}

# writes [COMMAND...] FILE: with the status of the faults here, and says nothing.
writes() {
	local status=0
	output "$@" || status=$?
	is "status of $* ($(cat /tmp/stderr))" "$status" 2
	is "standard output" "$(cat /tmp/stdout)" ""
	is_whole "${*: -1}" || fail "$(cat "${*: -1}")"
}

# Its first and its last line.
is_whole() {
	[[ $(head -n 1 "$1") == '# HELP virt_netboot_build_info '* && $(tail -n 1 "$1") == 'virt_netboot_check_completed_timestamp_seconds '* ]]
}

# refuses WANTED [COMMAND...] FILE: with that message, and the directory stays as it is.
refuses() {
	local wanted=$1 status=0 before file=${*: -1}
	shift
	before=$(ls -lA --time-style=full-iso "${file%/*}" 2>&1) || :
	output timeout 20 "$@" || status=$?
	is "status of $*" "$status" 3
	is "standard output" "$(cat /tmp/stdout)" ""
	grep -qF -- "virt-netboot: $wanted" /tmp/stderr || fail "$*: said '$(cat /tmp/stderr)' instead of '$wanted'"
	is "the directory" "$(ls -lA --time-style=full-iso "${file%/*}" 2>&1 || :)" "$before"
}

# only NAME...: what is in the directory.
only() { is "files" "$(cd "$DIRECTORY" && find . -mindepth 1 -printf '%P\n' | sort | xargs)" "$*"; }

as_nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }

new_and_old() {
	writes "$FILE"
	is "mode of a new file" "$(stat -c '%a %u:%g' "$FILE")" "644 0:0"
	rm "$FILE"
	(umask 077 && writes "$FILE")
	is "mode of a new file, with another umask" "$(stat -c %a "$FILE")" 644
	chmod 640 "$FILE"
	chown 1000:1001 "$FILE"
	setfattr -n security.selinux -v system_u:object_r:prometheus_var_lib_t:s0 "$FILE"
	writes "$FILE"
	is "mode of an old file" "$(stat -c '%a %u:%g' "$FILE")" "640 1000:1001"
	getfattr -n security.selinux "$FILE" 2>/dev/null | grep -q prometheus_var_lib_t || fail "the label has gone"
	only virt-netboot.prom
	# without a directory
	(cd "$DIRECTORY" && writes other.prom)
	only other.prom virt-netboot.prom
	# a name of 255 bytes
	writes "$DIRECTORY/$(printf 'x%.0s' {1..255})"
	# what is no file of ours is replaced all the same, as > does
	echo other >"$FILE"
	writes "$FILE"
}

json() {
	local status=0
	virt-netboot check --format json --output "$FILE" >/tmp/stdout || status=$?
	is "status" "$status" 2
	jq -e '.bridges[0].hold_seconds == 30' "$FILE" >/dev/null || fail "$(cat "$FILE")"
}

kinds() {
	cd "$DIRECTORY"
	echo mine >file
	ln -s file link
	ln -s /nowhere dangling
	mkfifo fifo
	mkdir directory
	python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket")'
	refuses "$DIRECTORY/link is a symbolic link" "$DIRECTORY/link"
	refuses "$DIRECTORY/dangling is a symbolic link" "$DIRECTORY/dangling"
	refuses "/dev/stdout is a symbolic link" /dev/stdout
	refuses "$DIRECTORY/fifo is a FIFO" "$DIRECTORY/fifo"
	refuses "$DIRECTORY/socket is a socket" "$DIRECTORY/socket"
	refuses "/dev/null is a device" /dev/null
	refuses "$DIRECTORY/directory is a directory" "$DIRECTORY/directory"
	refuses "$DIRECTORY/directory/ is a directory" "$DIRECTORY/directory/"
	refuses "$DIRECTORY/absent/file was not written: No such file or directory" "$DIRECTORY/absent/file"
	refuses "'' was not written: No such file or directory" ""
	refuses "$DIRECTORY/file/file was not written: Not a directory" "$DIRECTORY/file/file"
	is "content" "$(cat file)" mine
	# one of two names: the other keeps the old content
	ln file other
	writes "$DIRECTORY/file"
	is "content of the other name" "$(cat other)" mine
}

# Another user's link on the way leads nowhere.
links_on_the_way() {
	mkdir -p /run/disk
	ln -s /run/disk /etc/ours
	writes /etc/ours/virt-netboot.prom
	rm /run/disk/virt-netboot.prom
	ln -s /run/disk "$DIRECTORY/theirs"
	chmod 777 "$DIRECTORY"
	refuses "$DIRECTORY/theirs/virt-netboot.prom was not changed: 'theirs' in it is a symbolic link" "$DIRECTORY/theirs/virt-netboot.prom"
	is "where it leads" "$(ls /run/disk)" ""
}

# A directory that somebody may not write to.
unwritable() {
	local status=0
	writes "$FILE"
	# what a user may not see is said, too
	output as_nobody "$FILE" || status=$?
	is "status" "$status" 3
	grep -qx "virt-netboot: $FILE was not written: Permission denied" /tmp/stderr || fail "$(cat /tmp/stderr)"
	is_whole "$FILE"
	only virt-netboot.prom
	mount -t tmpfs -o ro readonly "$DIRECTORY"
	refuses "$FILE was not written: Read-only file system" "$FILE"
	umount "$DIRECTORY"
}

# The old file stays when there is no room for the new one.
full_disk() {
	mount -t tmpfs -o size=16k small "$DIRECTORY"
	writes "$FILE"
	cp "$FILE" /tmp/old
	dd if=/dev/zero of="$DIRECTORY/filler" bs=4k 2>/dev/null || :
	refuses "$FILE was not written: No space left on device" "$FILE"
	cmp "$FILE" /tmp/old
	rm "$DIRECTORY/filler"
	writes "$FILE"
	umount "$DIRECTORY"
	# no name more
	mount -t tmpfs -o nr_inodes=2 small "$DIRECTORY"
	writes "$FILE"
	refuses "$FILE was not written: No space left on device" "$FILE"
	umount "$DIRECTORY"
	# the limit of a process, for which the kernel sends a signal
	writes "$FILE"
	refuses "$FILE was not written: File too large" prlimit --fsize=1000 "$FILE"
	is_whole "$FILE"
	only virt-netboot.prom
}

# traced EXPRESSION FILE: the trace is in /tmp/trace.
traced() { ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 output strace -qq -o /tmp/trace -e "$1" "$2"; }

# Each call that the file needs fails once.
calls_that_fail() {
	local call status
	writes "$FILE"
	chmod 640 "$FILE" # not that of a file that was just made
	cp "$FILE" /tmp/old
	for call in write fsync renameat fchmod getrandom; do
		[ "$call" != getrandom ] || ! sanitized || continue
		status=0
		traced "inject=$call:error=EIO" "$FILE" || status=$?
		grep -q INJECTED /tmp/trace || fail "$call was not called"
		is "status without $call" "$status" 3
		cmp "$FILE" /tmp/old
		only virt-netboot.prom
		[ "$call" = write ] || grep -q "$FILE was not written: Input/output error" /tmp/stderr || fail "$call: $(cat /tmp/stderr)"
	done
}

is_there() { compgen -G "$1"; }

# ended_by SIGNAL CALL: the signal comes while the new file is there, before this call.
ended_by() {
	local tracer command status=0
	traced "inject=$2:delay_enter=1500000:when=1" "$FILE" &
	tracer=$!
	wait_for 20 is_there "$FILE.virt-netboot-*"
	command=$(pgrep -x virt-netboot)
	kill -s "$1" "$command"
	wait "$tracer" || status=$?
	is "status after SIG$1 before $2" "$status" $((128 + $(kill -l "$1")))
	is_whole "$FILE" || fail "after SIG$1 before $2: $(cat "$FILE")"
	only virt-netboot.prom
}

signals() {
	local signal call
	while read -r signal call; do
		rm -f "$FILE"
		ended_by "$signal" "$call"
		echo old >"$FILE"
		ended_by "$signal" "$call"
	done <<<$'TERM fsync\nTERM renameat\nINT renameat'
	# Nothing can be done against this one; node_exporter does not read what is left.
	echo old >"$FILE"
	traced "inject=renameat:delay_enter=1500000:when=1" "$FILE" &
	wait_for 20 is_there "$FILE.virt-netboot-*"
	kill -KILL "$(pgrep -x virt-netboot)"
	wait "$!" || :
	is "content" "$(cat "$FILE")" old
	! is_there "$DIRECTORY/*.virt-netboot-*.prom" || fail "what is left would be read"
	writes "$FILE"
}

# A link that comes after the look at the file is replaced, and not followed.
swapped_meanwhile() {
	local status=0
	writes "$FILE"
	echo secret >/run/secret
	traced "inject=renameat:delay_enter=1500000:when=1" "$FILE" &
	wait_for 20 is_there "$FILE.virt-netboot-*"
	ln -sf /run/secret "$FILE"
	wait "$!" || status=$?
	is "status" "$status" 2
	is "where the link led" "$(cat /run/secret)" secret
	[ ! -L "$FILE" ] || fail "the link is still there"
	is_whole "$FILE"
	only virt-netboot.prom
}

# Many at once: a reader meets no half file, and the last one's is there.
many() {
	local status
	for _ in {1..30}; do
		status=0
		virt-netboot check --format prometheus --output "$FILE" >/dev/null 2>&1 || status=$?
		[ "$status" = 2 ] || return 1
	done
	echo ended >>/tmp/writers
}
all_have_written() { [ "$(wc -l </tmp/writers)" = 3 ]; }

at_once() {
	local reads=0
	writes "$FILE"
	: >/tmp/writers
	for _ in 1 2 3; do start many; done
	until all_have_written; do
		[ "$(jobs -r | wc -l)" -gt 0 ] || break
		cat "$FILE" >/tmp/read
		is_whole /tmp/read || fail "a reader met $(cat /tmp/read)"
		reads=$((reads + 1))
	done
	join
	((reads > 2)) || fail "only $reads reads"
	only virt-netboot.prom
}

cases new_and_old json kinds links_on_the_way unwritable full_disk calls_that_fail signals swapped_meanwhile at_once
