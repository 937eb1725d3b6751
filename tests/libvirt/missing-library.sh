#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A library that the hooks need has gone. What libvirtd runs does not need it: guests start, and one that runs
# survives a restart of libvirtd, which would kill it if the hook proper were linked.

. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/hypervisor.sh"
sandbox "$@"

proper=/usr/libexec/virt-netboot/virt-netboot-qemu-hook

hide_library() {
	local library
	library=$(ldd "$proper" | awk '$1 ~ /^libinih/ { print $3 }')
	mount --bind /dev/null "$(realpath "$library")"
	refused "error while loading shared libraries" "$proper" web started begin -
}

link_to() {
	ln -sfT "$1" /etc/libvirt/hooks/qemu
	libvirtd_restart
}

state_is() { [ "$(virsh domstate web)" = "$1" ]; }

install_programs
hypervisor_start
syslog_start
network_create lan virbr0 off 0
guest_start web network=lan
hide_library

# The fault.
link_to "$proper"
wait_for 10 state_is "shut off"
refused "error while loading shared libraries" virsh start web

link_to /usr/sbin/virt-netboot-qemu-hook
virsh start web
pid=$(cat /run/libvirt/qemu/web.pid)
grep 'did not run, and nothing was done (status 127).*guest=web' "$SYSLOG" || fail "the log does not say so"
: >"$SYSLOG"
libvirtd_restart
wait_for 10 grep 'did not run, and nothing was done' "$SYSLOG"
is "state of the guest" "$(virsh domstate web)" running
is "process of the guest" "$(cat /run/libvirt/qemu/web.pid)" "$pid"

# A refusal is passed on, and only where there can be one.
for status in 1 2 3 126 127; do
	printf '#!/bin/sh\nexit %s\n' "$status" >"$proper.new"
	chmod 755 "$proper.new"
	mv "$proper.new" "$proper"
	for operation in prepare start started reconnect stopped release migrate restore; do
		wanted=0
		[[ $status-$operation != 3-prepare && $status-$operation != 3-start ]] || wanted=1
		got=0
		/usr/sbin/virt-netboot-qemu-hook web "$operation" begin - </dev/null || got=$?
		is "status at $operation, where the hook proper ends with $status," "$got" "$wanted"
	done
done
printf '#!/bin/sh\nexit 3\n' >"${proper/qemu/network}"
/usr/sbin/virt-netboot-network-hook lan start begin - </dev/null || fail "the network hook has refused"
# shellcheck disable=SC2016 # for that shell
printf '#!/bin/sh\nkill -KILL $$\n' >"$proper"
/usr/sbin/virt-netboot-qemu-hook web started begin - </dev/null || fail "a hook that was killed"
wait_for 10 grep 'was ended by signal 9; what it had not done yet was not done.*guest=web' "$SYSLOG"
