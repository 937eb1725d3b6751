#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A hook's worker that cannot be loaded, or goes mad: a library is missing, an upgrade is half done, it hangs, it
# crashes, it leaves garbage. libvirtd is told of no failure, in time, and one line of the log says what it was.
# A guest that runs survives a restart of libvirtd, which would kill it for a hook that fails.

. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/hypervisor.sh"
sandbox "$@"

worker=/usr/libexec/virt-netboot/qemu-worker.so
good=/run/good-worker.so
hook=/usr/sbin/virt-netboot-qemu-hook

# becomes FILE: the worker is another, from one moment to the next.
becomes() {
	cp "$1" "$worker.new"
	mv "$worker.new" "$worker"
}

state_is() { [ "$(virsh domstate web)" = "$1" ]; }

# run_one OPERATION: as libvirt runs the hook: status 0, not a byte, and in time, with some for a slow machine.
run_one() {
	local said
	said=$(timeout $((limit + 5)) "$hook" web "$1" begin - </dev/null 2>&1 && printf .) ||
		fail "$fault: status $? at $1"
	is "output at $1, $fault" "$said" .
}

run_all() {
	local operation
	for operation in prepare start started reconnect stopped release migrate restore; do
		start run_one "$operation"
	done
	join
}

# survives LINE: with the fault in place. A line of the log for each operation that needs the worker, and that one.
survives() {
	local pid lines
	: >"$SYSLOG"
	run_all
	wait_for 10 six_lines
	lines=$(log_lines)
	is "lines that say so, $fault" "$(grep -cE -- "$1.*guest=web" <<<"$lines")" 6
	pid=$(cat /run/libvirt/qemu/web.pid)
	: >"$SYSLOG"
	libvirtd_restart
	wait_for 20 grep -qE -- "$1.*guest=web" "$SYSLOG"
	is "state of the guest, $fault" "$(virsh domstate web)" running
	is "process of the guest, $fault" "$(cat /run/libvirt/qemu/web.pid)" "$pid"
	say "$fault: the guest runs on"
	becomes "$good"
}

log_lines() { grep 'virt-netboot\[' "$SYSLOG"; }
six_lines() { [ "$(log_lines | wc -l)" -ge 6 ]; }

# bad FAULT LINE [SECONDS]: a worker with this fault; it is given up after so many seconds.
bad() {
	local fault=$1 limit=${3:-0}
	printf '%s\n' "$fault" >/run/bad-worker
	becomes "$TOOLS/bad-worker.so"
	survives "$2"
}

# A program that is linked with the libraries is killed with its guest. That is what we guard against.
fault_is_real() {
	printf '#!/bin/sh\nexit 127\n' >/run/hook
	chmod 755 /run/hook
	ln -sfT /run/hook /etc/libvirt/hooks/qemu
	libvirtd_restart
	wait_for 10 state_is "shut off"
	refused "exit status 127" virsh start web
	ln -sfT "$hook" /etc/libvirt/hooks/qemu
	libvirtd_restart
	virsh start web
}

library_is_missing() {
	local fault="lacks a library" limit=0 library
	library=$(ldd "$worker" | awk '$1 ~ /^libinih/ { print $3 }')
	mount --bind /dev/null "$(realpath "$library")"
	survives 'nothing was done: [^ ]*libinih'
	umount "$(realpath "$library")"
}

worker_is_missing() {
	local fault="is not there" limit=0
	rm "$worker"
	survives "nothing was done: $worker: cannot open shared object file"
}

worker_is_text() {
	local fault="is a text file" limit=0
	printf '#!/bin/sh\nexit 1\n' >/run/text
	becomes /run/text
	survives "nothing was done: $worker: (invalid ELF header|file too short)"
}

worker_is_something_else() {
	local fault="is another library" limit=0
	becomes "$(ldd "$good" | awk '$1 ~ /^libinih/ { print $3 }')"
	survives "nothing was done: $worker: undefined symbol"
}

# says OPERATION STATUS TEXT [HOOK]: how a hook ends whose worker asks for something at each operation.
says() {
	local said status=0 program=/usr/sbin/virt-netboot-${4:-qemu}-hook
	said=$("$program" web "$1" begin - </dev/null 2>&1) || status=$?
	is "status at $1" "$status" "$2"
	is "output at $1" "$said" "$3"
}

# A refusal is passed on where nothing runs yet, an answer where it replaces the XML, and nowhere else.
asks_everywhere() {
	local operation
	becomes "$TOOLS/bad-worker.so"
	cp "$TOOLS/bad-worker.so" "${worker/qemu/network}"
	echo refuses >/run/bad-worker
	for operation in prepare start; do says "$operation" 1 "virt-netboot: no"; done
	for operation in started reconnect stopped release attach migrate restore unheard-of; do says "$operation" 0 ""; done
	for operation in start started updated port-created plugged stopped port-deleted unplugged; do
		says "$operation" 0 "" network
	done
	echo answers >/run/bad-worker
	for operation in migrate restore; do says "$operation" 0 "<domain/>"; done
	for operation in prepare start started reconnect stopped release attach; do says "$operation" 0 ""; done
	says updated 0 "" network
}

hypervisor_start
syslog_start
network_create lan virbr0 off 0
cp "$worker" "$good"
ln -sfT "$hook" /etc/libvirt/hooks/qemu
libvirtd_restart
guest_start web network=lan

fault_is_real
library_is_missing
worker_is_missing
worker_is_text
worker_is_something_else
bad "hangs in the dynamic linker" "deadline of 10.0 s passed while loading $worker" 10
bad "crashes in a constructor" "ended by signal 6 while loading $worker"
bad "of another version" "nothing was done: $worker is of version 0.0.9-1"
bad "without a version" "nothing was done: $worker is of version"
bad killed "ended by signal 9 while being bad"
bad status "ended with status 129 while being bad"
bad stopped "deadline of 10.0 s passed while being bad" 10
bad garbage "left garbage behind while "
bad zeros "deadline of 0.0 s passed while " 10
asks_everywhere
