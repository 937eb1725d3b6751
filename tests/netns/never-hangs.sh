#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# libvirtd waits for the process that it has started, and for the end of its output, without a limit. So that process
# comes to its end whatever else does not: files that do not answer, a log that nobody reads, a child that is stopped.

. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
sandbox "$@"

# Seconds: the deadline, what may follow it, and some for a slow machine. Without one of ours it would be for ever.
LIMIT=20
WORKER=/usr/libexec/virt-netboot/qemu-worker.so

ERROR='error="XML not understood: '

# hung FOLDER: a file system that does not answer: nobody reads what the kernel asks.
hung() {
	[ -e /dev/fuse ] || mknod /dev/fuse c 10 229
	exec {fuse}<>/dev/fuse || skip "this kernel has no FUSE"
	mount --internal-only -t fuse hung "$1" -o "fd=$fuse,rootmode=40000,user_id=0,group_id=0"
}

# ends_in_time: each operation that has something to do, at the same time, as libvirt runs it.
ends_in_time() {
	local operation
	for operation in prepare start started reconnect migrate restore release; do
		DEADLINE=$LIMIT start qemu_hook web "$operation" begin - </dev/null
	done
	DEADLINE=$LIMIT start network_hook lan started begin - </dev/null
	join
}

localtime_is_a_fifo() {
	rm -f /etc/localtime
	mkfifo /etc/localtime
	log_forget
	ends_in_time
	is "lines" "$(log_lines | grep -c "^$ERROR")" 7
	rm /etc/localtime
}

localtime_is_on_a_hung_file_system() {
	mkdir /tmp/hung-zone
	ln -sf /tmp/hung-zone/UTC /etc/localtime
	hung /tmp/hung-zone
	log_forget
	ends_in_time
	is "lines" "$(log_lines | grep -c "^$ERROR")" 7
	rm /etc/localtime
}

# Where the daemons' socket should be. What it is then, the log does not get through to anybody.
log_is_elsewhere() {
	local SYSLOG=''
	mv /dev/log /dev/log.daemon
	mkfifo /dev/log
	ends_in_time
	rm /dev/log
	ln -s /nowhere /dev/log
	ends_in_time
	ln -sfT /dev/log /dev/log
	ends_in_time
	rm /dev/log
	python3 -c 'import socket, time
s = socket.socket(socket.AF_UNIX); s.bind("/dev/log"); s.listen(0); time.sleep(60)' &
	wait_for 10 test -S /dev/log
	ends_in_time
	kill %%
	rm /dev/log
	mkdir /tmp/hung-log
	hung /tmp/hung-log
	ln -s /tmp/hung-log/log /dev/log
	ends_in_time
	wait_for 15 no_hooks
	rm /dev/log
	mv /dev/log.daemon /dev/log
}
no_hooks() { [ "$(watchers qemu)$(watchers network)" = "" ]; }

# A daemon that is stopped, and its queue full.
log_is_not_read() {
	local i
	kill -STOP "$SYSLOG_PID"
	for i in {1..100}; do timeout 1 logger --socket /dev/log "$i" || break; done
	SYSLOG='' ends_in_time
	kill -CONT "$SYSLOG_PID"
}

# worker_is FAULT LINE: it ends at the deadline that holds as long as no configuration was read.
worker_is() {
	cp -p "$WORKER" /tmp/good-worker
	echo "$1" >/run/bad-worker
	cp "$TOOLS/bad-worker.so" "$WORKER.new"
	mv "$WORKER.new" "$WORKER"
	log_forget
	ends_in_time
	is "lines" "$(log_lines | grep -c "^error=\"deadline of 10.0 s passed while $2; nothing was done\" guest=web")" 6
	wait_for 10 no_hooks
	mv /tmp/good-worker "$WORKER"
}

loader_is_stopped() { worker_is "is stopped in the dynamic linker" "loading $WORKER"; }
worker_is_stopped() { worker_is stopped "being bad"; }

# All that the test runs knows the time without /etc/localtime; the hooks know what they know under libvirtd.
export TZ=UTC0
HOOK_DIR=/tmp/hooks
mkdir "$HOOK_DIR"
for hook in network qemu; do
	printf '#!/bin/sh\nunset TZ\nexec /usr/sbin/virt-netboot-%s-hook "$@"\n' "$hook" >"$HOOK_DIR/virt-netboot-$hook-hook"
done
chmod 755 "$HOOK_DIR"/*

hooks_start
cases localtime_is_a_fifo localtime_is_on_a_hung_file_system log_is_elsewhere log_is_not_read loader_is_stopped \
	worker_is_stopped
