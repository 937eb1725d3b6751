#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# virt-netboot probe of guests with network filters, which Debian's packages of libvirt bring: their rules are at the
# guest's own port, so a probe does not meet them, and says so. That it must shows a filter that drops DHCP: the guest
# fails, and a probe in its name is answered.

. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/hypervisor.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/probe.sh"
# Before the sandbox, which has no network to fetch it by.
[ -n "${IN_SANDBOX:-}" ] || root=$("$SRC/tests/packages/root" bookworm)
export root
sandbox "$@"
need ebtables jq

# A filter of our own, beside those of libvirt's.
no_dhcp() {
	cat >/etc/libvirt/nwfilter/no-dhcp.xml <<-'END'
		<filter name='no-dhcp'><rule action='drop' direction='out'><ip protocol='udp' dstportstart='67'/></rule></filter>
	END
}

# has_rules GUEST: what comes from its port meets rules of libvirt's. Those of clean-traffic come when libvirt has seen
# the guest's address.
has_rules() { ebtables-save | grep -qxF -- "-A PREROUTING -i $(guest_ports "$1") -j libvirt-I-$(guest_ports "$1")"; }

# filter_told GUEST FILTER: a probe in its name is answered, and says what it has not tried, in each format.
filter_told() {
	probe --firmware --domain "$1"
	is "exit status" "$probed" 0
	sees '.servers[0].program | test("dnsmasq")' true
	sees .target.filter.name "$2"
	sees .target.filter.tried false
	sees .target.filter.text "The guest's network filter '$2' applies to the guest's own port only; this probe has not tried it."
	"$HOOKS/virt-netboot" probe --firmware --domain "$1" | tr '\n' ' ' >/tmp/text
	grep -qF "The guest's network filter '$2' applies to the guest's own port only; this probe has not tried it." /tmp/text ||
		fail "$(cat /tmp/text)"
	# Of a guest that runs the boot file is not read.
	grep -qE "All clients would (boot|get their address), unless the guest's network filter drops their packets\." \
		/tmp/text || fail "$(cat /tmp/text)"
}

# filtered GUEST FILTER: while the guest runs, with rules of libvirt's at its port.
filtered() {
	wait_for 60 has_rules "$1"
	filter_told "$1" "$2"
}

without_filter() {
	probe --firmware --domain plain
	sees '.target | has("filter")' false
	! "$HOOKS/virt-netboot" probe --firmware --domain plain | grep -i filter || fail "a filter where there is none"
}

# ends_as GUEST booted|failed
ends_as() {
	local result
	result=$(guest_boot_result "$1")
	[ "$result" = "$2" ] || fail "guest $1 $result: $(guest_last_words "$1")"
}

hypervisor_start
cp -r "$root/etc/libvirt/nwfilter" /etc/libvirt
no_dhcp
libvirtd_restart
network_create fast virbr15 off 0
guest_start deaf network=fast "<filterref filter='no-dhcp'/>"
guest_start spoof network=fast "<filterref filter='no-mac-spoofing'/>"
guest_start clean network=fast "<filterref filter='clean-traffic'/>"
guest_define plain network=fast
guest_define off network=fast "<filterref filter='clean-traffic'/>"

filtered spoof no-mac-spoofing
filtered clean clean-traffic
filtered deaf no-dhcp
filter_told off clean-traffic
without_filter
# How one with clean-traffic ends depends on when libvirt has seen its address: until then it may send DHCP only.
ends_as spoof booted
ends_as deaf failed
