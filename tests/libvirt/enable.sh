#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# virt-netboot enable, disable and status beside a libvirtd that runs, or is just starting: it finds the hooks
# without being restarted, no guest and no daemon suffers, and afterwards nothing of ours is left in the
# kernel, while what is somebody else's is.

. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/hypervisor.sh"
. "$SRC/tests/lib/second-hypervisor.sh"
sandbox "$@"

NOTE=/run/virt-netboot/reloaded

# silently COMMAND...: it succeeds and says nothing.
silently() {
	local said
	said=$("$@" 2>&1) || fail "$* failed: $said"
	# but for what disable has taken from the kernel
	is "what $* said" "$(sed '/^action=.* result=done$/d' <<<"$said")" ""
}

netboot() { "$HOOKS/virt-netboot" "$@"; }

# status_is 0|1 [TEXT]: how it ends, and something that it says.
status_is() {
	local status=0 said
	said=$(netboot status 2>&1) || status=$?
	is "exit status of status, which said $said," "$status" "$1"
	[[ $said == *"${2:-}"* ]] || fail "status: '$said' instead of '$2'"
}

links() { (cd /etc/libvirt/hooks && find . -type l -printf '%P -> %l\n' | sort | xargs); }

ours="network -> /usr/sbin/virt-netboot-network-hook qemu -> /usr/sbin/virt-netboot-qemu-hook"

daemon() { cat "$LIBVIRTD_PIDFILE"; }

without_libvirt() {
	silently netboot enable
	is "links without libvirt" "$(links)" "$ours"
	status_is 0 "QEMU: Checking for the hook /etc/libvirt/hooks/qemu "
	silently netboot disable
	is "links without libvirt" "$(links)" ""
	status_is 2 "FAIL (hook-not-active: virt-netboot enable)"
	[ ! -e "$NOTE" ] || fail "there was nobody to reload"
}

# Without a restart: the same process.
enabled() {
	local pid note
	pid=$(daemon)
	hooks_are_run no
	silently netboot enable
	is "links" "$(links)" "$ours"
	hooks_are_run yes
	note=$(stat -c %i "$NOTE")
	for _ in once twice; do silently netboot enable; done
	is "note of a reload that was not needed" "$(stat -c %i "$NOTE")" "$note"
	status_is 0 "DAEMON: Checking if libvirtd (process $pid) was started or reloaded since "
	is "libvirtd" "$(daemon)" "$pid"
	running "$pid" || fail "libvirtd has ended"
}

running() { [ -e "/proc/$1/stat" ]; }

# What the kernel has of ours, and of others beside it.
others_rule=(-t mangle POSTROUTING -o virbr15 -p udp -m comment --comment virt-netboot-2 -j CHECKSUM --checksum-fill)
disabled() {
	local pid said
	silently netboot enable
	network_create slow virbr15 on 15
	guest_start web network=slow
	pid=$(cat /run/libvirt/qemu/web.pid)
	iptables-legacy -w "${others_rule[@]:0:2}" -A "${others_rule[@]:2}"
	rules_of_ours virbr15 | grep -v virt-netboot-2 || fail "there is no rule to be removed"
	ip link add idle type bridge
	ethtool_rule_of_ours
	said=$(netboot disable)
	is "what is said" "$(awk '{ print $1, $NF }' <<<"$said" | sort -u)" "action=remove-checksum-rule result=done
action=set-forward-delay result=done
action=tx-checksum-on result=done"
	is "links" "$(links)" ""
	is "rules" "$(rules_of_ours virbr15 | grep -c .)" 1
	iptables-legacy -w "${others_rule[@]:0:2}" -C "${others_rule[@]:2}"
	is "transmit checksumming" "$(ethtool -k idle | sed -n 's/^tx-checksumming: //p')" on
	[ ! -e "$NOTE" ] || fail "the note is still there"
	silently netboot disable
	running "$pid" || fail "the guest has ended"
	is "guest" "$(virsh domstate web)" running
	hooks_are_run no
	virsh destroy web
	virsh net-destroy slow
	status_is 2 "NETWORK: Checking for the hook /etc/libvirt/hooks/network "
}

# As the hook does it with mechanism = ethtool.
ethtool_rule_of_ours() {
	printf '[checksum]\nmechanism = ethtool\n' >/etc/virt-netboot.conf
	/usr/sbin/virt-netboot-network-hook idle started begin - <<-'END'
		<hookData><network><name>idle</name><bridge name='idle'/><ip address='192.168.77.1' netmask='255.255.255.0'>
		<dhcp><range start='192.168.77.2' end='192.168.77.9'/></dhcp></ip></network></hookData>
	END
	rm /etc/virt-netboot.conf
	is "transmit checksumming" "$(ethtool -k idle | sed -n 's/^tx-checksumming: //p')" off
}

# enable_under STRACE-OPTION...
enable_under() {
	local -x ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 # which cannot work under strace
	silently strace -f -qq -o /tmp/enable.trace -e trace=pidfd_open,pidfd_send_signal "$@" \
		"$HOOKS/virt-netboot" enable
	hooks_are_run yes
	silently netboot disable
	hooks_are_run no
}

# By a descriptor of the process; by its number where there are none.
daemon_is_told() {
	local failing
	enable_under
	grep -q ' pidfd_send_signal([0-9]*, SIGHUP, NULL, 0) *= 0$' /tmp/enable.trace ||
		fail "not by descriptor: $(cat /tmp/enable.trace)"
	for failing in pidfd_open:error=ENOSYS pidfd_open:error=EPERM pidfd_send_signal:error=EPERM; do
		enable_under -e "inject=$failing"
		grep -q INJECTED /tmp/enable.trace || fail "not failed: $failing"
	done
}

# A daemon that has not got a processor yet has not looked yet.
daemon_that_is_late() {
	local pid start=${EPOCHREALTIME/./}
	pid=$(daemon)
	kill -STOP "$pid"
	{ sleep 4 && kill -CONT "$pid"; } &
	silently netboot enable
	((${EPOCHREALTIME/./} - start > 4000000)) || fail "enable was done before the daemon had the signal"
	hooks_are_run yes
	silently netboot disable
}

# One that has looked may have a long reload yet: of many networks, or, here, a hook of its own.
daemon_that_reloads_slowly() {
	local said
	# shellcheck disable=SC2016 # for that hook
	printf '%s\n' '#!/bin/sh' '[ "$2" != reload ] || sleep 12' >/etc/libvirt/hooks/daemon
	chmod +x /etc/libvirt/hooks/daemon
	said=$(netboot enable 2>&1) || fail "enable failed: $said"
	[[ $said == *"(process $(daemon)) goes on reloading"* ]] || fail "enable said: $said"
	hooks_are_run yes
	rm /etc/libvirt/hooks/daemon
	silently netboot disable
}

# While it starts, SIGHUP would end it.
daemon_that_starts() {
	local attempt pid
	for attempt in 2 6; do
		pid=$(daemon)
		kill "$pid"
		wait_for 20 process_gone "$pid"
		"$LIBVIRTD" --daemon --pid-file "$LIBVIRTD_PIDFILE" &
		pid=$!
		sleep "0.0$attempt"
		silently netboot enable
		wait "$pid" || fail "libvirtd did not start (attempt $attempt)"
		virsh version >/dev/null || fail "libvirtd has ended (attempt $attempt)"
		status_is 0
		hooks_are_run yes
		silently netboot disable
		hooks_are_run no
	done
}

# Somebody else's hooks, of which one takes longer than the pause; ours goes beside them.
add_slow_hooks() {
	mkdir /etc/libvirt/hooks/qemu.d
	printf '#!/bin/sh\nexit 0\n' >/etc/libvirt/hooks/qemu
	printf '#!/bin/sh\nsleep 3\n' >/etc/libvirt/hooks/qemu.d/10-slow
	chmod 755 /etc/libvirt/hooks/qemu /etc/libvirt/hooks/qemu.d/10-slow
	netboot enable
}

remove_slow_hooks() {
	rm -r /etc/libvirt/hooks/qemu /etc/libvirt/hooks/qemu.d
	libvirtd_restart
}

# libvirt lists the hooks of qemu.d before it runs the first.
slow_hook_of_somebody() {
	local starting
	add_slow_hooks
	network_create lan virbr7 off 0
	virsh start a &
	starting=$!
	wait_for 10 a_slow_hook_runs
	silently netboot disable
	wait "$starting" || fail "the guest did not start"
	is "state" "$(virsh domstate a)" running
	is "links" "$(links)" ""
	remove_slow_hooks
	virsh destroy a
	virsh net-destroy lan
}

# A daemon that becomes ready while it is waited for, and then runs hooks at once, as libvirtd does for guests
# that it finds running.
daemon_that_becomes_ready() {
	local daemon
	add_slow_hooks
	cp "$BASH" /tmp/virtqemud
	/tmp/virtqemud -c 'sleep 3
		trap : HUP
		/etc/libvirt/hooks/qemu.d/10-slow
		[ ! -L /etc/libvirt/hooks/qemu.d/50-virt-netboot ] || : >/tmp/link-was-there
		while :; do sleep 0.1; done' &
	daemon=$!
	silently netboot disable
	is "links" "$(links)" ""
	[ -e /tmp/link-was-there ] || fail "the link went while a hook ran"
	kill "$daemon"
	remove_slow_hooks
}

a_slow_hook_runs() { pgrep -f /etc/libvirt/hooks/qemu.d/10-slow; }

# Not longer than a hook would.
lock_that_is_held() {
	network_create lan virbr7 off 0
	silently netboot enable
	virsh start a
	virsh destroy a
	[ -n "$(rules_of_ours virbr7)" ] || fail "there is no rule to be removed"
	exec 9>/run/xtables.lock
	flock 9
	refused 'mechanism=iptables result=failed error="Connection timed out"' \
		timeout 60 "$HOOKS/virt-netboot" disable 9>&-
	exec 9>&-
	silently netboot disable
	is "rules" "$(rules_of_ours virbr7)" ""
	virsh net-destroy lan
}

not_root() {
	local verb
	for verb in enable disable status; do
		refused "must be run as root" setpriv --reuid 65534 --clear-groups "$HOOKS/virt-netboot" "$verb"
	done
}

# Another folder of hooks, and another user.
daemons_of_others() {
	local theirs session
	second_hypervisor_start
	# shellcheck disable=SC2016 # for that hook
	printf '#!/bin/sh\necho "$2" >>/tmp/second-daemon\n' >/tmp/daemon-hook
	at_second install -m 755 /tmp/daemon-hook /etc/libvirt/hooks/daemon
	at_second libvirtd_restart
	theirs=$(at_second cat "$LIBVIRTD_PIDFILE")
	cp "$(command -v sleep)" /tmp/virtqemud
	setpriv --reuid 65534 --clear-groups /tmp/virtqemud 1000 &
	session=$!
	silently netboot enable
	running "$session" || fail "the daemon of another user has ended"
	running "$theirs" || fail "the second hypervisor's libvirtd has ended"
	! grep reload /tmp/second-daemon || fail "the second hypervisor's libvirtd was reloaded"
	# It is as it should be there, too, when it is the one that is meant.
	at_second silently netboot enable
	wait_for 5 grep reload /tmp/second-daemon
	silently netboot disable
	at_second silently netboot disable
}

foreign_hook() {
	printf '#!/bin/sh\ncat >/dev/null; exit 0\n' >/etc/libvirt/hooks/qemu
	chmod 755 /etc/libvirt/hooks/qemu
	is "said" "$(netboot enable)" "/etc/libvirt/hooks/qemu belongs to another program and was kept. virt-netboot's hook is \
/etc/libvirt/hooks/qemu.d/50-virt-netboot, which libvirt runs since version 6.5."
	status_is 0 "/etc/libvirt/hooks/qemu.d/50-virt-netboot"
	silently netboot disable
	[ ! -e /etc/libvirt/hooks/qemu.d ] || fail "qemu.d is still there"
	# A libvirt that knows of no such folder.
	printf '#!/bin/sh\necho "libvirtd (libvirt) 6.4.0"\n' >/usr/sbin/libvirtd
	chmod 755 /usr/sbin/libvirtd
	# shellcheck disable=SC2016 # it is for the hook
	refused 'add this to its end: [ ! -x /usr/sbin/virt-netboot-qemu-hook ] || exec /usr/sbin/virt-netboot-qemu-hook "$@"' \
		netboot enable
	is "links" "$(links)" "network -> /usr/sbin/virt-netboot-network-hook"
	printf '#!/bin/sh\necho "libvirtd (libvirt) 6.5.0"\n' >/usr/sbin/libvirtd
	netboot enable >/dev/null
	netboot disable
	is "links" "$(links)" ""
	rm /etc/libvirt/hooks/qemu
}

# By the labels and the boolean alone: the policy itself is not here.
label() { setfattr -n security.selinux -v "system_u:object_r:$2:s0" "$1"; }
selinux() {
	mount -t tmpfs selinux /sys/fs
	mkdir -p /sys/fs/selinux/booleans
	echo -n 1 >/sys/fs/selinux/enforce
	echo -n "1 1" >/sys/fs/selinux/booleans/virt_hooks_unconfined
	: >/usr/sbin/virtnetworkd
	label /usr/sbin/virtnetworkd virtd_exec_t
	label /usr/sbin/virt-netboot-network-hook bin_t
	silently netboot enable
	is "links with every daemon in one domain" "$(links)" "$ours"
	netboot disable
	label /usr/sbin/virtnetworkd virtnetworkd_exec_t
	refused "the network hook is not linked: with SELinux as it is" netboot enable
	is "links without a label" "$(links)" "qemu -> /usr/sbin/virt-netboot-qemu-hook"
	status_is 2 "NETWORK: Checking for the hook /etc/libvirt/hooks/network "
	label /usr/sbin/virt-netboot-network-hook virt_hook_t
	echo -n "0 0" >/sys/fs/selinux/booleans/virt_hooks_unconfined
	refused "the network hook is not linked" netboot enable
	echo -n "1 1" >/sys/fs/selinux/booleans/virt_hooks_unconfined
	silently netboot enable
	is "links with a label" "$(links)" "$ours"
	# A label that is lost: the link would keep networks from starting.
	label /usr/sbin/virt-netboot-network-hook bin_t
	status_is 2 "(hook-not-active: SELinux denies it: see /usr/share/doc/virt-netboot/confinement.md)"
	refused "the network hook is not linked" netboot enable
	is "links without the label" "$(links)" "qemu -> /usr/sbin/virt-netboot-qemu-hook"
	echo -n 0 >/sys/fs/selinux/enforce
	silently netboot enable
	is "links with a permissive SELinux" "$(links)" "$ours"
	netboot disable
	umount /sys/fs
}

need iptables-legacy ethtool setpriv setfattr pgrep strace
mkdir -p /etc/libvirt/hooks
rm -rf /etc/libvirt/hooks/*
syslog_start

# The first case is for a host without libvirt.
before_each() {
	[ "$1" != without_libvirt ] || return 0
	if [ -e "$LIBVIRTD_PIDFILE" ]; then
		tidy_up
	else
		hypervisor_start
		guest_define a network=lan
	fi
}

# What a case that failed has left.
tidy_up() {
	local name
	for name in $(virsh list --name); do virsh destroy "$name"; done
	for name in $(virsh net-list --name); do virsh net-destroy "$name"; done
	[ ! -e /etc/libvirt/hooks/qemu.d/10-slow ] || remove_slow_hooks
	rm -f /etc/libvirt/hooks/qemu
}

no_complaints() { is "libvirtd's log about hooks" "$(hook_complaints)" ""; }

cases without_libvirt enabled disabled daemon_is_told daemon_that_is_late daemon_that_reloads_slowly \
	daemon_that_starts slow_hook_of_somebody daemon_that_becomes_ready lock_that_is_held not_root \
	daemons_of_others foreign_hook selinux no_complaints
