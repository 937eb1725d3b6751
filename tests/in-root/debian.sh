#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The package on a fresh machine of Debian's that runs guests: installed, upgraded from 0.0, kept when its removal
# is aborted, removed, installed again and purged, by apt-get, while libvirtd runs. A guest boots with the packaged
# files, the guest that runs does not notice any of it, another program's hook stays and is run, and after the purge
# every file is as it was.
#
#     OLD, NEW    the packages
#     FOREIGN=1   somebody else's /etc/libvirt/hooks/qemu is there

. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/hypervisor.sh"
. "$SRC/tests/lib/packages.sh"
sandbox "$@"

status_is() {
	local status=0
	virt-netboot status >/tmp/status 2>&1 || status=$?
	is "exit status of virt-netboot status: $(cat /tmp/status)" "$status" "$1"
}

theirs=/etc/libvirt/hooks/qemu
# shellcheck disable=SC2016 # for that hook
script=('#!/bin/sh' 'echo "$2" >>/run/theirs')
network_link="network -> /usr/sbin/virt-netboot-network-hook"
if [ -n "${FOREIGN:-}" ]; then
	ours="$network_link qemu.d/50-virt-netboot -> /usr/sbin/virt-netboot-qemu-hook"
else
	ours="$network_link qemu -> /usr/sbin/virt-netboot-qemu-hook"
fi

foreign_hook() {
	[ -n "${FOREIGN:-}" ] || return 0
	printf '%s\n' "${script[@]}" >"$theirs"
	chmod 755 "$theirs"
	libvirtd_restart
}

foreign_hook_is_whole() {
	[ -n "${FOREIGN:-}" ] || return 0
	is "somebody else's hook" "$(cat "$theirs")" "$(printf '%s\n' "${script[@]}")"
	[ -x "$theirs" ] || fail "somebody else's hook cannot be run any more"
}

guest_is_whole() {
	is "guest after $1" "$(virsh domstate web)" running
	is "process of the guest after $1" "$(cat /run/libvirt/qemu/web.pid)" "$guest"
	is "libvirtd after $1" "$(cat "$LIBVIRTD_PIDFILE")" "$daemon"
}

# The timer is off until somebody enables it, as systemctl does it; that stays until the purge.
timer_link=/etc/systemd/system/timers.target.wants/virt-netboot-check.timer
enable_timer() {
	mkdir -p "${timer_link%/*}"
	ln -s /usr/lib/systemd/system/virt-netboot-check.timer "$timer_link"
}

# How many services want repairs to be run after them.
at_boot() { find /etc/systemd/system -path '*.wants/virt-netboot-repair.service' | wc -l; }

installed() {
	hooks_are_run no
	apt install "$OLD"
	[ -e /usr/lib/systemd/system/virt-netboot-check.timer ] || fail "no timer"
	is "links of systemd" "$(find /etc/systemd -name 'virt-netboot*')" ""
	enable_timer
	is "links" "$(links)" "$ours"
	status_is 0
	hooks_are_run yes
	guest_start web network=slow
	guest=$(cat /run/libvirt/qemu/web.pid)
	daemon=$(cat "$LIBVIRTD_PIDFILE")
	[ -z "${FOREIGN:-}" ] || grep -x started /run/theirs
	foreign_hook_is_whole
}

# The packaged files, by their own log.
booted() {
	is "boot" "$(guest_boot_result web)" booted
	is "port" "$(port_states web)" forwarding
	grep 'action=edge-port guest=web .*result=done' "$SYSLOG" || fail "$(cat "$SYSLOG")"
	is "the hooks' errors" "$(hook_errors)" ""
}

upgraded() {
	printf '[hook]\nlog-level = info\n' >/etc/virt-netboot.conf
	apt install "$NEW"
	is "version" "$(virt-netboot --version)" "virt-netboot $(cat "$SRC/VERSION")"
	is "links" "$(links)" "$ours"
	is "configuration" "$(sed -n 2p /etc/virt-netboot.conf)" "log-level = info"
	[ -e "$timer_link" ] || fail "the timer was switched off"
	status_is 0
	guest_is_whole "an upgrade"
	hooks_are_run yes
	# What the administrator switched off stays off.
	virt-netboot disable
	apt install --reinstall "$NEW"
	is "links" "$(links)" ""
	status_is 2
	virt-netboot enable
}

# successor_make: a package that takes the place of ours, and whose installation fails after our prerm has run.
successor_make() {
	mkdir -p /tmp/successor/DEBIAN
	cat >/tmp/successor/DEBIAN/control <<-END
		Package: successor
		Version: 1
		Architecture: all
		Maintainer: Nobody <nobody@localhost>
		Conflicts: virt-netboot
		Replaces: virt-netboot
		Description: cannot be installed
	END
	printf '%s\n' '#!/bin/sh' 'find /etc/libvirt/hooks -type l >/tmp/links-meanwhile' 'exit 1' \
		>/tmp/successor/DEBIAN/preinst
	chmod 755 /tmp/successor/DEBIAN/preinst
	dpkg-deb --build /tmp/successor /tmp/successor.deb >/dev/null
}

# removal_is_aborted WANTED: the hooks are off for a moment, and the links are then WANTED.
removal_is_aborted() {
	rm -f /tmp/links-meanwhile
	refused "in favour of successor" dpkg --install /tmp/successor.deb
	is "links during the removal" "$(cat /tmp/links-meanwhile)" ""
	is "links after a removal that was aborted" "$(links)" "$1"
	is "package" "$(dpkg-query -W -f '${Status}' virt-netboot)" "install ok installed"
	no_notes
}

no_notes() { is "notes" "$(find /run -name 'virt-netboot.*')" ""; }

# dpkg_is_killed: during a removal, after prerm. The hooks are off, and nobody was told of it.
dpkg_is_killed() {
	/var/lib/dpkg/info/virt-netboot.prerm remove
	is "links when dpkg was killed" "$(links)" ""
}

aborted() {
	successor_make
	removal_is_aborted "$ours"
	is "services that want repairs" "$(at_boot)" 0
	virt-netboot enable --at-boot
	removal_is_aborted "$ours"
	is "services that want repairs" "$(at_boot)" 6
	status_is 0
	guest_is_whole "removals that were aborted"
	virt-netboot enable --drop-in
	removal_is_aborted "network.d/50-virt-netboot -> /usr/sbin/virt-netboot-network-hook \
qemu.d/50-virt-netboot -> /usr/sbin/virt-netboot-qemu-hook"
	virt-netboot disable
	is "services that want repairs" "$(at_boot)" 0
	removal_is_aborted ""
	is "services that want repairs" "$(at_boot)" 0
	virt-netboot enable
	dpkg_is_killed
	removal_is_aborted ""
	virt-netboot enable
	dpkg_is_killed
	apt install --reinstall "$NEW"
	is "links, off, after an upgrade" "$(links)" ""
	no_notes
	virt-netboot enable
	foreign_hook_is_whole
}

removed() {
	printf '[checksum]\nmechanism = iptables\n' >/etc/virt-netboot.conf
	network_create other virbr98 on 15
	[ -n "$(rules_of_ours virbr98)" ] || fail "there is no rule to be removed"
	virt-netboot enable --at-boot
	apt remove virt-netboot
	is "services that want repairs" "$(at_boot)" 0
	is "links" "$(links)" ""
	[ -L "$timer_link" ] || fail "the timer was switched off"
	is "rules" "$(rules_of_ours virbr98)" ""
	[ -e /etc/virt-netboot.conf ] || fail "the configuration has gone"
	guest_is_whole "a removal"
	virsh net-destroy other
	hooks_are_run no
	foreign_hook_is_whole
}

purged() {
	apt install "$NEW"
	is "links of a package that came back" "$(links)" "$ours"
	status_is 0
	apt purge virt-netboot
	[ ! -L "$timer_link" ] || fail "the timer is still switched on"
	guest_is_whole "a purge"
	virsh destroy web
	foreign_hook_is_whole
}

need apt-get libvirtd
umount /usr/share # with our stylesheets, which the package shall bring
need_tables
hypervisor_start
syslog_start
foreign_hook
network_create slow virbr15 on 15
mkdir -p "${timer_link%/*}"
files >/tmp/before
installed
upgraded &
upgrade=$!
booted
wait "$upgrade"
aborted
removed
purged
virsh net-destroy slow
files >/tmp/after
diff <(grep -v /libvirt/ /tmp/before) <(grep -v /libvirt/ /tmp/after) || fail "files before (<) and after (>)"
is "links" "$(links)" ""
is "libvirtd's log about hooks" "$(hook_complaints)" ""
