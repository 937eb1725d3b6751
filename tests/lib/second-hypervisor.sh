# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A second hypervisor inside the sandbox of testlib.sh, beside that of hypervisor.sh, and live migration
# between the two.
#
#     . "$(dirname "$0")/../lib/testlib.sh"
#     . "$SRC/tests/lib/hypervisor.sh"
#     . "$SRC/tests/lib/second-hypervisor.sh"
#     sandbox "$@"
#     hypervisor_start
#     second_hypervisor_start
#     network_create lan virbr0 off 0
#     at_second network_create lan virbr0 off 0
#     at_second hooks_install
#     guest_start g1 network=lan
#     migrate g1
#     at_second guest_boot_result g1
#
# Theory of operation
#
# Two libvirtds are two hosts to each other if their host UUID and their host's name differ. The second
# has mount, network and UTS namespaces of its own inside the sandbox. What hypervisor.sh names by path
# or by interface (libvirt's folders, /run, /etc, bridges) is another there, and so all of its functions
# serve the second hypervisor too: at_second runs one in a shell of its own inside these namespaces.
# Functions of the test can be run there as well. Variables that are set there do not come back.
#
# Processes, /dev and /tmp are common to both: the log of both hypervisors' hooks is $SYSLOG, and in
# $SHARED are the sockets by which the libvirtds, and the QEMUs while a guest moves, reach each other. No
# packet passes between the two networks: what a guest had heard of before it moved is not there any more.

SHARED=/tmp/hypervisors
FIRST_URI="qemu+unix:///system?socket=$SHARED/first/libvirt-sock"
SECOND_URI="qemu+unix:///system?socket=$SHARED/second/libvirt-sock"

# second_hypervisor_start: after hypervisor_start; libvirtd, with nothing defined.
second_hypervisor_start() {
	need nsenter hostname
	mkdir -p "$SHARED/second"
	# It holds the namespaces.
	unshare --mount --net --uts bash -c "$(second_shell)" second second_host &
	SECOND=$!
	wait_for 60 test -e "$SHARED/ready"
	at_second hypervisor_start
	at_second second_identity
}

# second_shell: the commands of a shell that runs its arguments with everything at hand that is defined here.
second_shell() {
	printf '. "%s"\n' "$SRC/tests/lib/testlib.sh" "$SRC/tests/lib/hypervisor.sh" \
		"$SRC/tests/lib/second-hypervisor.sh"
	declare -f
	# shellcheck disable=SC2016 # for that shell
	printf '"$@"\n'
}

# second_host: the holder of the namespaces, and their files. /run/libvirt of either is in $SHARED.
second_host() {
	mount --make-rprivate /
	mkdir "$SHARED/first"
	mount --bind /run/libvirt "$SHARED/first"
	cover /run
	mkdir /run/libvirt /run/lock
	mount --bind "$SHARED/second" /run/libvirt
	cp -a /etc "$SHARED/etc"
	mount --bind "$SHARED/etc" /etc
	mount -t sysfs sysfs /sys
	ip link set lo up
	hostname second
	echo '127.0.0.1 second' >>/etc/hosts
	: >"$SHARED/ready"
	exec sleep infinity
}

# second_identity: libvirt tells hosts apart by this.
second_identity() {
	printf 'host_uuid = "%s"\n' "$(cat /proc/sys/kernel/random/uuid)" >>/etc/libvirt/libvirtd.conf
	libvirtd_restart
}

# at_second COMMAND...: on the second hypervisor. --root, for the sandbox may be in a chroot.
at_second() {
	nsenter --target "$SECOND" --mount --net --uts --root --wd bash -c "$(second_shell)" second "$@"
}

# migrate GUEST [OPTION]...: live, from the first hypervisor to the second; returns when it runs there.
migrate() { migrate_to "$SECOND_URI" "$@"; }

# migrate_back GUEST [OPTION]...: the same from the second to the first.
migrate_back() { at_second migrate_to "$FIRST_URI" "$@"; }

migrate_to() {
	virsh migrate --live --migrateuri "unix://$SHARED/data" "${@:3}" "$2" "$1"
}

# interfaces_xml GUEST: its interfaces as they are now, without what the host gives them anew at each start.
interfaces_xml() {
	virsh dumpxml "$1" | sed -n '/<interface /,/<\/interface>/p' |
		sed -E -e '/<(target dev|alias name)=/d' -e "/<source network=/s/ (portid|bridge)='[^']*'//g"
}
