#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# virt-netboot disable, which the packages run when they are removed, waits for hooks of ours that run, also of
# an earlier version, and for nobody else's process, whatever that is called.
. "$(dirname "$0")/../lib/testlib.sh"
sandbox "$@"
need setpriv

HOOK=/usr/sbin/virt-netboot-qemu-hook

# impostor COMMAND...: a process that is named like a hook and goes on for longer than a hook could; $pid is its.
impostor() {
	"$@" 1000 &
	pid=$!
	wait_for 5 runs_what_is_named_like_a_hook "$pid"
}
runs_what_is_named_like_a_hook() { [[ $(readlink "/proc/$1/exe") == */virt-netboot-qemu-hook* ]]; }

copy_of_sleep() {
	mkdir -p "${1%/*}"
	cp "$(command -v sleep)" "$1"
	chmod 755 "$1"
}

# The longest that a hook may take is 85 s.
does_not_wait() {
	timeout 40 "$HOOKS/virt-netboot" disable || fail "disable waited for $1"
	kill "$pid"
}

of_another_user() {
	copy_of_sleep /tmp/virt-netboot-qemu-hook
	impostor setpriv --reuid 65534 --clear-groups /tmp/virt-netboot-qemu-hook
	does_not_wait "another user's process"
	impostor setpriv --reuid 65534 --clear-groups bash -c 'exec -a /etc/libvirt/hooks/qemu /tmp/virt-netboot-qemu-hook "$@"' -
	rm /tmp/virt-netboot-qemu-hook
	does_not_wait "another user's process whose program was deleted"
}

# Whoever may run it may have it wait for its XML.
of_another_user_with_our_program() {
	mkfifo /tmp/xml
	chmod 666 /tmp/xml
	setpriv --reuid 65534 --clear-groups bash -c "while :; do $HOOK web start begin - <>/tmp/xml; done" &
	pid=$!
	wait_for 5 hook_runs
	timeout 40 "$HOOKS/virt-netboot" disable || fail "disable waited for our program, which another user runs"
	kill "$pid"
	wait_for 20 no_hook_runs
}

# A program of root's own, of the same name.
another_program() {
	copy_of_sleep /tmp/virt-netboot-qemu-hook
	impostor /tmp/virt-netboot-qemu-hook
	does_not_wait "another program"
}

# A container's hook, that the container's package has just replaced.
of_a_container() {
	local folder
	mkdir /tmp/container
	mount -t tmpfs container /tmp/container
	for folder in /lib /lib64 /usr; do
		[ -e "$folder" ] || continue
		mkdir "/tmp/container$folder"
		mount --bind "$folder" "/tmp/container$folder"
	done
	copy_of_sleep /tmp/container/opt/virt-netboot-qemu-hook
	impostor unshare --mount chroot /tmp/container /opt/virt-netboot-qemu-hook
	rm /tmp/container/opt/virt-netboot-qemu-hook
	does_not_wait "a container's hook"
}

hook_runs() { [[ $(readlink /proc/[0-9]*/exe) == *-qemu-hook* ]]; }

no_hook_runs() { ! hook_runs; }

# start_hook PROGRAM: a hook that waits for its XML, as long as it may; started by that name.
start_hook() {
	rm -f /tmp/xml
	mkfifo /tmp/xml
	"$1" web start begin - <>/tmp/xml &
	pid=$!
	wait_for 5 hook_runs
}

# waits_for WHAT: disable does not end before the hook does.
waits_for() {
	local disabling
	"$HOOKS/virt-netboot" disable &
	disabling=$!
	sleep 2
	[ -e "/proc/$disabling" ] || fail "disable did not wait for $1"
	! ended "$pid" || fail "the hook that was to be waited for has ended"
	wait "$pid" || fail "the hook failed"
	wait "$disabling" || fail "disable failed"
	! hook_runs || fail "disable ended before $1"
}
ended() { [[ $(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null || echo Z) == Z* ]]; }

our_hook() {
	start_hook "$HOOK"
	waits_for "a hook"
}

# As install(1), dpkg and rpm put a new version in its place; dpkg has another link to the old one for a while.
hook_that_was_replaced() {
	cp "$HOOK" /usr/sbin/virt-netboot-new
	start_hook "$HOOK"
	ln "$HOOK" /usr/sbin/virt-netboot-old
	mv /usr/sbin/virt-netboot-new "$HOOK"
	waits_for "a hook that was replaced"
	cp "$HOOK" /usr/sbin/virt-netboot-new
	start_hook "$HOOK"
	rm "$HOOK"
	waits_for "a hook whose program was removed"
	mv /usr/sbin/virt-netboot-new "$HOOK"
	rm /usr/sbin/virt-netboot-old
}

# Through a link of ours to where the hooks had been installed before.
hook_of_an_earlier_installation() {
	mkdir -p /run/earlier /etc/libvirt/hooks
	cp "$HOOK" /run/earlier/virt-netboot-qemu-hook
	ln -s /run/earlier/virt-netboot-qemu-hook /etc/libvirt/hooks/qemu
	start_hook /etc/libvirt/hooks/qemu
	waits_for "a hook of an earlier installation"
	[ ! -L /etc/libvirt/hooks/qemu ] || fail "the link is still there"
}

cases of_another_user of_another_user_with_our_program another_program of_a_container our_hook \
	hook_that_was_replaced hook_of_an_earlier_installation
