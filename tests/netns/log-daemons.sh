#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A hook's messages carry no time, because that would have to be read from /etc/localtime. The real daemons put their
# own in its place, and take the name of the program and its pid from what is there.

. "$(dirname "$0")/../lib/testlib.sh"
sandbox "$@"

ERROR='error="XML not understood: .*" guest=web'

# A line with an error, from a process that is not the hook's own.
run() {
	wait_for 10 test -S /dev/log
	before=$(date +%s)
	/usr/sbin/virt-netboot-qemu-hook web prepare begin - </dev/null
}

# now TIME: as date understands it, is the time of the message.
now() {
	local time
	time=$(date -d "$1" +%s) || fail "no time: $1"
	((time >= before - 1 && time <= before + 60)) || fail "another time: $1 instead of $(date -d "@$before")"
}

has() { grep -q "$2" "$1"; }

rsyslog() {
	need rsyslogd
	cat >/tmp/rsyslog.conf <<-'EOT'
		module(load="imuxsock")
		template(name="parts" type="string" string="%programname% %procid% %syslogpriority-text% %timereported%|%msg%\n")
		*.* action(type="omfile" file="/tmp/rsyslog" template="parts")
	EOT
	rsyslogd -n -f /tmp/rsyslog.conf -i /run/rsyslogd.pid &
	run
	wait_for 10 has /tmp/rsyslog '^virt-netboot'
	grep -qE "^virt-netboot [1-9][0-9]* err [^|]*\| ?$ERROR\$" /tmp/rsyslog || fail "$(cat /tmp/rsyslog)"
	now "$(sed -n 's/^virt-netboot [0-9]* err \([^|]*\)|.*/\1/p' /tmp/rsyslog)"
	kill %%
	wait
	rm -f /dev/log
}

busybox_syslogd() {
	need busybox
	busybox syslogd -n -O /tmp/busybox &
	run
	wait_for 10 has /tmp/busybox virt-netboot
	grep -qE "daemon\.err virt-netboot\[[1-9][0-9]*\]: $ERROR\$" /tmp/busybox || fail "$(cat /tmp/busybox)"
	now "$(grep virt-netboot /tmp/busybox | cut -c 1-15)"
	kill %%
	wait
	rm -f /dev/log
}

# It wants to see cgroups, and the sandbox has none.
journald() {
	[ -x /lib/systemd/systemd-journald ] || skip "needs systemd-journald (scripts/setup installs it)"
	need journalctl
	mount -t cgroup2 cgroup2 /sys/fs/cgroup
	printf '%032d\n' 1 >/etc/machine-id
	mkdir -p /run/systemd/journal
	/lib/systemd/systemd-journald &
	wait_for 10 test -S /run/systemd/journal/dev-log
	ln -s /run/systemd/journal/dev-log /dev/log
	run
	wait_for 10 journal_has_it
	journalctl -D /run/log/journal -t virt-netboot -o verbose --no-pager >/tmp/journal
	grep -q 'SYSLOG_PID=[1-9]' /tmp/journal || fail "no pid: $(cat /tmp/journal)"
	grep -q 'PRIORITY=3' /tmp/journal || fail "no priority: $(cat /tmp/journal)"
	grep -q "MESSAGE=$ERROR\$" /tmp/journal || fail "no message: $(cat /tmp/journal)"
	kill %%
	wait
	rm -f /dev/log
}
journal_has_it() { [ "$(journalctl -q -D /run/log/journal -t virt-netboot -o cat --no-pager)" != "" ]; }

cases rsyslog busybox_syslogd journald
