# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Real firewalls in the sandbox, beside testlib.sh; they go with it:
#
#     use_iptables nft|legacy        what "iptables" is from now on
#     ufw_start nft|legacy           ufw, which lets nothing in
#     firewalld_start                on a bus of its own, with libvirt's zone, which libvirt's packages may not have
#                                    brought here
#     firewalld_stop
#     docker_rules FILE nft|legacy [OPTION]    what dockerd has made (tests/fixtures/docker); of iptables-restore
#
# The firewalls are this machine's, or those of a Debian in the directory $FIREWALLS_ROOT, which is not written to: what
# is to run there is called by "there".

there() {
	if [ -n "${FIREWALLS_ROOT:-}" ]; then
		chroot "$FIREWALLS_ROOT" "$@"
	else
		"$@"
	fi
}

# enter_firewalls_root: after sandbox; /run is this sandbox's there too.
enter_firewalls_root() {
	[ "${FIREWALLS_ROOT:-}" ] || return 0
	lay_root "$FIREWALLS_ROOT" /tmp/firewalls
	FIREWALLS_ROOT=/tmp/firewalls
}

use_iptables() {
	local name
	mkdir -p /run/forms
	for name in iptables ip6tables iptables-restore ip6tables-restore iptables-save ip6tables-save; do
		ln -sf "/usr/sbin/xtables-$1-multi" "/run/forms/$name"
	done
	PATH=/run/forms:${PATH#/run/forms:}
}

# ufw has the paths of iptables in its own code, so the links there are replaced: /etc is the sandbox's own.
ufw_start() {
	local name
	for name in iptables ip6tables iptables-restore ip6tables-restore; do
		ln -sf "/usr/sbin/xtables-$1-multi" "${FIREWALLS_ROOT:-}/etc/alternatives/$name"
	done
	there ufw --force reset >/dev/null
	there ufw default deny incoming >/dev/null
	there ufw --force enable >/dev/null
}

firewalld_start() {
	local zones=${FIREWALLS_ROOT:-}/etc/firewalld/zones
	mkdir -p /run/dbus /run/firewalld "$zones"
	cat >"$zones/libvirt.xml" <<-'END'
		<zone><short>libvirt</short><service name="dhcp"/><service name="dhcpv6"/><service name="tftp"/></zone>
	END
	[ ! -e "${FIREWALLS_ROOT:-}/usr/lib/firewalld/zones/libvirt.xml" ] || rm "$zones/libvirt.xml"
	dbus-daemon --system --fork --print-pid >/run/dbus-pid 2>/dev/null
	# Not by "there": the process is to be firewalld itself.
	${FIREWALLS_ROOT:+chroot "$FIREWALLS_ROOT"} /usr/sbin/firewalld --nofork --nopid >/run/firewalld.log 2>&1 &
	echo $! >/run/firewalld-pid
	wait_for 60 there firewall-cmd --state
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

docker_rules() { "iptables-$2-restore" "${@:3}" <"$1"; }
