# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Limits of what a guest sends (<outbound>, domiftune, update-device), where that guest is a DHCP and TFTP server and
# its port has our filters: whatever libvirt does there succeeds and limits, and leaves replies unfilled only until
# another guest starts on that bridge. After hypervisor.sh and topology.sh, with the hooks in place:
#
#     limits_hold
#
# Theory of operation
#
# The server is paused, and a network namespace has its card, which QEMU has opened (guest-cable -p). What is sent
# there comes in by the port that libvirt made, as from the guest. Those it serves have ports that no event told of.

LIMITED=br7
RATE=4 # KiB/s, after a burst of 16 KiB
PLENTY=100000

# limits_hold: the guests are left as they are.
limits_hold() {
	add_bridge "$LIMITED"
	server_starts
	replies_are ok
	lets_through few
	# Otherwise it may put back what libvirt takes away now.
	wait_for 60 sweep_has_ended

	limit_is "$PLENTY" update_device
	lets_through all
	limit_is 0 update_device
	replies_are bad
	limit_is "$RATE" domiftune

	another_starts
	replies_are ok
	lets_through few
	limit_is "$PLENTY" domiftune
	lets_through all
	limit_is 0 domiftune
}

# server_starts: with a limit.
server_starts() {
	guest_define limited bridge="$LIMITED" "$(bandwidth_of "$RATE")"
	virsh start --paused limited
	virsh dumpxml limited | sed -n '/<interface /,/<\/interface>/p' >/tmp/limited.xml
	limited_port=$(sed -n "s/.*<target dev='\(.*\)'.*/\1/p" /tmp/limited.xml)
	cable=-p$(cat /run/libvirt/qemu/limited.pid) serve_in_guest "$LIMITED" 87 "$limited_port"
}

sweep_has_ended() {
	local exe
	for exe in /proc/[0-9]*/exe; do [ ! "$exe" -ef /usr/sbin/virt-netboot-qemu-hook ] || return 1; done
}

# another_starts: which brings the server's filters back. It gets a limit where there were only filters of ours.
another_starts() {
	guest_define another bridge="$LIMITED"
	virsh start --paused another
	virsh domiftune another "$(guest_ports another)" --outbound "$RATE,$RATE,16"
	wait_for 60 limited_is_filled
}

limited_is_filled() { [ "$(filters_of_ours "$limited_port")" = "ip:udp ipv6:udp" ]; }

# limit_is AVERAGE domiftune|update_device: from now on, 0 for none. Our filters are lost.
limit_is() {
	"by_$2" "$1"
	is "our filters" "$(filters_of_ours "$limited_port")" ""
	[ "$1" != 0 ] || is "qdiscs" "$(tc qdisc show dev "$limited_port" ingress)" ""
}

by_domiftune() {
	local limit=$1,$1,16
	[ "$1" != 0 ] || limit=0
	virsh domiftune limited "$limited_port" --outbound "$limit"
}

by_update_device() {
	sed -e '/<bandwidth>/,/<\/bandwidth>/d' -e "s,</interface>,$(bandwidth_of "$1")&," /tmp/limited.xml >/tmp/changed.xml
	virsh update-device limited /tmp/changed.xml --live
}

bandwidth_of() { [ "$1" = 0 ] || echo "<bandwidth><outbound average='$1' burst='16'/></bandwidth>"; }

# replies_are ok|bad: those of the server, to a port that no event told of.
replies_are() { patience=30 linux_guest "$LIMITED" "dhcp=$1" "tftp=$1"; }

# lets_through few|all: of 200 datagrams from the guest, such as our filters match. At $RATE they would take 46 s.
lets_through() {
	local before count bridge=/sys/class/net/$LIMITED port=/sys/class/net/$limited_port
	before=$(cat "$bridge/statistics/rx_packets")
	count=$(cat "$port/statistics/rx_packets")
	# shellcheck disable=SC2016 # for that bash
	ip netns exec "$limited_port" bash -c '
		ip neighbour replace 192.168.87.77 lladdr "$1" dev "$2" nud permanent
		exec 3>/dev/udp/192.168.87.77/68
		for i in {1..200}; do printf "%01000d" 0 >&3; done' - "$(cat "$bridge/address")" "$limited_port"
	wait_for 20 has_come "$((count + 200))"
	count=$(($(cat "$bridge/statistics/rx_packets") - before))
	say "of 200 datagrams $count"
	case $1 in
	few) ((count < 100)) || fail "libvirt's limit does not limit: $count of 200 datagrams" ;;
	all) ((count >= 200)) || fail "something limits: $count of 200 datagrams" ;;
	esac
}

has_come() { [ "$(cat "/sys/class/net/$limited_port/statistics/rx_packets")" -ge "$1" ]; }
