#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A bridge of the administrator's own (STP on, forward delay 15 s, no uplink), with a
# DHCP and TFTP server on this host, and a guest attached by <interface type='bridge'>.
# libvirt has no network hook for it: the qemu hook alone makes the guest boot.

. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/hypervisor.sh"
sandbox "$@"

host_bridge() {
	ip link add br0 type bridge stp_state 1 forward_delay 1500
	ip address add 192.168.90.1/24 dev br0
	! ipv6_here || ip address add fd00:90::1/64 dev br0 nodad
	ip link set br0 up
}

dhcp_server() {
	local ipv6=()
	! ipv6_here || ipv6=(--enable-ra '--dhcp-range=::,constructor:br0,ra-only')
	dnsmasq --keep-in-foreground --conf-file=/dev/null --port=0 --user=root \
		--pid-file=/run/dnsmasq-br0.pid --dhcp-leasefile=/run/dnsmasq-br0.leases \
		--interface=br0 --bind-interfaces --no-ping --dhcp-authoritative \
		--dhcp-range=192.168.90.10,192.168.90.99 "${ipv6[@]}" \
		--dhcp-boot=boot.ipxe --enable-tftp --tftp-root="$TFTP_ROOT" &
	wait_for 10 test -s /run/dnsmasq-br0.pid
}

hypervisor_start
syslog_start
host_bridge
dhcp_server
wire_watch br0

guest_start without bridge=br0
is "boot without hooks" "$(guest_boot_result without)" failed
is "first request without hooks" "$(wire_first br0 Request "$GUEST_STARTED")" never
is "forward delay without hooks" "$(link_get br0 forward_delay)" 1500
guest_stop without

hooks_install
guest_start with bridge=br0
is "boot with hooks" "$(guest_boot_result with)" booted
say "first request $(wire_first br0 Request "$GUEST_STARTED") s," \
	"first reply $(wire_first br0 Reply "$GUEST_STARTED") s after the start"
is "STP with hooks" "$(link_get br0 stp_state)" 1
grep -q 'bridge=br0 .*result=done' "$SYSLOG" ||
	fail "the log does not tell of the repair: $(cat "$SYSLOG")"
is "libvirtd's log about hooks" "$(hook_complaints)" ""
is "the hooks' errors" "$(hook_errors)" ""
