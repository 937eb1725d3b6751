#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# virt-netboot check, of bridges as NetworkManager and systemd-networkd make them: by default, and with the other answer
# to whether STP is on. The daemons are the real ones.

. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
. "$SRC/tests/lib/check.sh"
sandbox "$@"
need dnsmasq
hooks_start
no_stp_program

HOLD="time until a new port forwards"
NETWORKD=/lib/systemd/systemd-networkd

has_address() { [[ $(ip -4 -o address show dev "$1") == *" 192.168.$2.1/24 "* ]]; }

# made BRIDGE N STP: it is there with the address for N and the kernel's delay, and dnsmasq serves it.
made() {
	wait_for 30 has_address "$1" "$2"
	is "STP of $1" "$(link_get "$1" stp_state)" "$3"
	is "forward delay of $1" "$(link_get "$1" forward_delay)" 1500
	start_servers "$1" "$2" ip4
}

# delays BRIDGE, delays_not BRIDGE: a guest sees it, then check says it.
delays() {
	patience=7 tap=$1-web firmware_guest "$1" dhcp=none
	check --bridge "$1"
	ends_with 2
	says "BRIDGE $1" "$HOLD" FAIL "30\.0 s; bridge-hold; ip link set dev $1 type bridge forward_delay 200"
	says "BRIDGE $1" "spanning tree" PASS "this bridge is the root"
}
delays_not() {
	patience=7 tap=$1-web firmware_guest "$1" dhcp=ok
	check --bridge "$1"
	says "BRIDGE $1" "$HOLD" PASS '0\.0 s'
	says "BRIDGE $1" "spanning tree" PASS off
}

# networkmanager_start: on a bus of its own, for bridges of the test's. What a case starts ends with the sandbox.
networkmanager_start() {
	rm -rf /etc/NetworkManager
	mkdir -p /etc/NetworkManager/system-connections /run/dbus
	cat >/etc/NetworkManager/NetworkManager.conf <<-'END'
		[main]
		plugins=keyfile
		no-auto-default=*
		dhcp=internal
		dns=none
		rc-manager=unmanaged
		systemd-resolved=false
		hostname-mode=none
		auth-polkit=false
		[connectivity]
		enabled=false
		[keyfile]
		unmanaged-devices=*,except:interface-name:nmbr*
	END
	cover /var/lib/NetworkManager
	dbus-daemon --system --fork
	NetworkManager --no-daemon >/run/networkmanager.log 2>&1 &
	wait_for 30 nmcli general status
}

# nm_bridge NAME N [OPTION VALUE]...
nm_bridge() {
	nmcli connection add type bridge ifname "$1" con-name "$1" ipv4.method manual \
		ipv4.addresses "192.168.$2.1/24" "${@:3}"
}

networkmanager() {
	need NetworkManager nmcli dbus-daemon
	networkmanager_start
	nm_bridge nmbr0 94
	made nmbr0 94 1
	delays nmbr0

	say "the same bridge with STP off"
	nmcli connection modify nmbr0 bridge.stp no
	nmcli connection up nmbr0
	wait_for 10 has_address nmbr0 94
	delays_not nmbr0

	say "one that is made without"
	nm_bridge nmbr1 95 bridge.stp no
	made nmbr1 95 0
	delays_not nmbr1
}

# networkd_bridge NAME N [LINE]...: with these lines in the file that makes it.
networkd_bridge() {
	printf '%s\n' '[NetDev]' "Name=$1" Kind=bridge "${@:3}" >"/etc/systemd/network/$1.netdev"
	# Without the last line it would wait for a port.
	printf '%s\n' '[Match]' "Name=$1" '[Network]' "Address=192.168.$2.1/24" ConfigureWithoutCarrier=yes \
		>"/etc/systemd/network/$1.network"
}

networkd() {
	need "$NETWORKD"
	rm -rf /etc/systemd/network
	mkdir -p /etc/systemd/network
	install -d -o systemd-network -g systemd-network /run/systemd/netif{,/links,/leases,/lldp}
	# It would wait for udev, but that runs only where this can be written (systemd-udevd.service).
	mount -o remount,bind,ro /sys
	networkd_bridge nwbr0 96
	networkd_bridge nwbr1 97 '[Bridge]' STP=yes
	"$NETWORKD" >/run/networkd.log 2>&1 &
	made nwbr0 96 0
	delays_not nwbr0

	say "with STP it leaves the delay to the kernel"
	made nwbr1 97 1
	delays nwbr1
}

cases networkmanager networkd
