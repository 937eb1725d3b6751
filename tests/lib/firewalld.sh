# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# firewalld inside the sandbox of testlib.sh, on a bus of its own.

# firewalld_start: with libvirt's zone, which libvirt's packages may not have brought here.
firewalld_start() {
	mkdir -p /run/dbus /run/firewalld /etc/firewalld/zones
	cat >/etc/firewalld/zones/libvirt.xml <<-'END'
		<zone><short>libvirt</short><service name="dhcp"/><service name="dhcpv6"/><service name="tftp"/></zone>
	END
	dbus-daemon --system --fork --print-pid >/run/dbus-pid 2>/dev/null
	/usr/sbin/firewalld --nofork --nopid >/run/firewalld.log 2>&1 &
	echo $! >/run/firewalld-pid
	wait_for 60 firewall-cmd --state
}

firewalld_stop() {
	local pid file
	for file in /run/firewalld-pid /run/dbus-pid; do
		[ -e "$file" ] || continue
		read -r pid <"$file"
		kill -CONT "$pid" 2>/dev/null || :
		kill "$pid" 2>/dev/null || :
		wait_for 20 process_is_gone "$pid"
		rm "$file"
	done
	rm -rf /run/dbus
}
process_is_gone() { ! grep -q '^State:[[:space:]]*[^Z]' "/proc/$1/status"; }
