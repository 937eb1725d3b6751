#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# virt-netboot check, of networks and guests of a real libvirtd: each fault is made and seen first, then check says it;
# and where there is none, it says so. And what it does when the daemon is another one, has gone, goes, or hangs.

. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/hypervisor.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/check.sh"
sandbox "$@"

STARTED="whether it is started"
BRIDGE="bridge"
SERVER="DHCP server"
PARENT="parent device"
RULES="libvirt's firewall rules"
PORT="port on this host"
HOLD="time until its port forwards"
CLIENTS="DHCP clients that give up"
PATH_BEYOND="path beyond its port"
CHECKSUMS="checksums of packets sent to it"
MULTICAST="multicast to its macvtap"
OFF_MAC=52:54:00:00:0f:0f
GONE=/tmp/gone.xml

hooks_on() {
	"$HOOKS/virt-netboot" enable
	libvirtd_restart
}
hooks_off() {
	"$HOOKS/virt-netboot" disable
	libvirtd_restart
}

# network_define NAME ELEMENTS: persistent, and not started.
network_define() {
	printf '<network><name>%s</name>%s</network>\n' "$1" "$2" >"/tmp/$1.xml"
	virsh net-define "/tmp/$1.xml"
}

# redefine NAME: as its file has been changed.
redefine() {
	sed -i "s,<uuid>.*</uuid>,,; s,<name>,<uuid>$(virsh domuuid "$1")</uuid>&," "$GUESTS/$1.xml"
	virsh define "$GUESTS/$1.xml"
}

# The bridge delays a guest until it gives up, and says so before and while it does.
delay() {
	guest_define waits network=slow "<mac address='$OFF_MAC'/>"
	check --network slow --domain waits
	ends_with 2
	says "NETWORK slow" "$BRIDGE" FAIL '30\.0 s; bridge-hold; ip link set dev virbr15'
	says "GUEST waits $OFF_MAC" "$PORT" PASS "will be on virbr15"
	says "GUEST waits $OFF_MAC" "$HOLD" FAIL '30\.0 s; bridge-hold'
	says "GUEST waits $OFF_MAC" "$CLIENTS" NOTE 'udhcpc, iPXE and PXE firmware give up, dhclient does not'

	virsh start waits
	check --domain waits
	ends_with 2
	says "GUEST waits $(guest_ports waits)" "$PORT" PASS "(listening|learning) on virbr15"
	says "GUEST waits $(guest_ports waits)" "$HOLD" FAIL '2[0-9]\.[0-9] s; bridge-hold'
	says "GUEST waits $(guest_ports waits)" "$CLIENTS" NOTE 'iPXE'
	is "guest on virbr15" "$(guest_boot_result waits)" failed

	say "when it has waited"
	wait_for 40 all_forward waits
	check --domain waits
	says "GUEST waits $(guest_ports waits)" "$HOLD" PASS forwards
	says_not "GUEST waits $(guest_ports waits)" "$CLIENTS"
	guest_stop waits
	virsh undefine waits
}

# A network that started without them is repaired with its next guest.
delay_with_hooks() {
	guest_define waits network=slow "<mac address='$OFF_MAC'/>"
	guest_define hosts bridge=br0 "<mac address='52:54:00:00:0f:10'/>"
	check --domain hosts
	ends_with 2
	says "GUEST hosts 52:54:00:00:0f:10" "$HOLD" FAIL '30\.0 s; bridge-hold; switch the hooks on'
	hooks_on
	is "forward delay" "$(link_get virbr15 forward_delay)" 1500
	check --network slow --domain waits --domain hosts
	says "NETWORK slow" "$BRIDGE" NOTE '30\.0 s; bridge-hold'
	says "GUEST waits $OFF_MAC" "$HOLD" NOTE '30\.0 s; bridge-hold'
	says "GUEST hosts 52:54:00:00:0f:10" "$HOLD" NOTE "30\.0 s; the hook lets the guest's port forward at once"
	says_not "GUEST waits $OFF_MAC" "$CLIENTS"
	virsh start waits
	is "guest on virbr15" "$(guest_boot_result waits)" booted
	check --network slow --domain waits
	ends_with 0
	says "NETWORK slow" "$BRIDGE" PASS '4\.0 s'
	says "GUEST waits $(guest_ports waits)" "$HOLD" PASS forwards
	guest_stop waits
	hooks_off
	ip link set virbr15 type bridge forward_delay 1500
}

stopped_network() {
	network_define later "<bridge name='virbr20' stp='on' delay='9'/>"
	guest_define on-later network=later "<mac address='$OFF_MAC'/>"
	refused "is not active" virsh start on-later
	check --network later --domain on-later
	ends_with 2
	says "NETWORK later" "$STARTED" NOTE "not started; network-active; virsh net-start -- later"
	says "NETWORK later" "$BRIDGE" FAIL "18.00 s; bridge-hold; switch the hooks on"
	says "GUEST on-later $OFF_MAC" "$PORT" WARN "network later is not started; guest-port; virsh net-start -- later"

	virsh net-autostart later
	check --network later
	says "NETWORK later" "$STARTED" WARN "although autostart is on"

	say "the cure that it prints"
	bash -c "$(sed -n 's/.*; \(virsh net-start .*\))$/\1/p' "$CHECKED" | head -1)"
	check --network later
	says "NETWORK later" "$STARTED" PASS started
	virsh start on-later
	virsh destroy on-later
	virsh net-destroy later
	virsh net-undefine later
	refused "" "$HOOKS/virt-netboot" check --network later
	check --domain on-later
	says "GUEST on-later $OFF_MAC" "$PORT" WARN "network later does not exist"
	check --network later
	ends_with 3
	grep -q "no network 'later'" "$CHECKED.errors" || fail "$(cat "$CHECKED.errors")"
}

# Whoever killed it; as systemctl reload libvirtd does, SIGHUP has libvirt start it again.
no_server() {
	check --network fast
	says "NETWORK fast" "$SERVER" PASS "listens on virbr4"
	kill "$(cat /run/libvirt/network/fast.pid)"
	patience=10 tap=probe0 firmware_guest virbr4 dhcp=none
	check --network fast
	ends_with 2
	says "NETWORK fast" "$SERVER" FAIL "no DHCP server listens on virbr4; .*reload"
	kill -HUP "$(cat "$LIBVIRTD_PIDFILE")"
	wait_for 20 network_is_served fast
	patience=20 tap=probe0 firmware_guest virbr4 dhcp=ok
}

# As after a restart of a firewall that lets nothing in: no guest gets an answer. A reload of libvirtd puts back what
# is in its chains, and not what leads there; a restart does.
no_rules() {
	need iptables ip6tables
	ip link set virbr4 type bridge stp_state 0
	check --network fast
	says "NETWORK fast" "$RULES" PASS
	iptables -P INPUT DROP
	patience=20 tap=probe0 firmware_guest virbr4 dhcp=ok
	flush_rules
	patience=7 tap=probe0 firmware_guest virbr4 dhcp=none
	check --network fast
	ends_with 2
	says "NETWORK fast" "$RULES" WARN "libvirt-rules-lost; systemctl try-restart"
	kill -HUP "$(cat "$LIBVIRTD_PIDFILE")"
	wait_for 20 has_chains
	check --network fast
	says "NETWORK fast" "$RULES" WARN "libvirt-rules-lost"
	libvirtd_restart
	wait_for 20 has_rules fast
	patience=20 tap=probe0 firmware_guest virbr4 dhcp=ok
	iptables -P INPUT ACCEPT
	ip link set virbr4 type bridge stp_state 1
}

flush_rules() {
	local program table
	for program in iptables ip6tables; do
		for table in filter nat mangle; do "$program" -t "$table" -F; done
	done
}

has_chains() { iptables -S LIBVIRT_INP | grep -q virbr4; }
has_rules() {
	check --network "$1"
	lines_of "NETWORK $1" "$RULES" | grep -q PASS
}

network_is_served() {
	check --network "$1"
	lines_of "NETWORK $1" "$SERVER" | grep -q PASS
}

# A person has deleted it, or taken it down.
no_bridge() {
	network_define broken "<bridge name='virbr21' stp='off'/>"
	virsh net-start broken
	check --network broken
	says "NETWORK broken" "$BRIDGE" PASS 'virbr21, where a new port forwards after 0\.0 s'
	ip link set virbr21 down
	check --network broken
	ends_with 2
	says "NETWORK broken" "$BRIDGE" FAIL "virbr21 is down; bridge-down; ip link set dev virbr21 up"
	ip link delete virbr21
	guest_define on-broken network=broken
	refused "" command virsh --connect qemu:///system start on-broken
	check --network broken
	ends_with 2
	says "NETWORK broken" "$BRIDGE" FAIL "virbr21 does not exist"
	virsh net-destroy broken
	virsh net-undefine broken
}

macvtap() {
	guest_define direct network=pool "<mac address='$OFF_MAC'/>"
	check --network pool --domain direct
	says "NETWORK pool" "$PARENT" PASS "eth8, up"
	says_not "NETWORK pool" "$BRIDGE"
	says "GUEST direct $OFF_MAC" "$PORT" PASS "will be a macvtap on eth8"
	says "GUEST direct $OFF_MAC" "$MULTICAST" NOTE trustGuestRxFilters
	says_not "GUEST direct $OFF_MAC" "$HOLD"
	virsh start direct
	check --domain direct
	says "GUEST direct $(guest_ports direct)" "$PORT" PASS "macvtap on eth8"
	says "GUEST direct $(guest_ports direct)" "$MULTICAST" NOTE trustGuestRxFilters
	guest_stop direct

	say "with the guest's own multicast"
	sed -i "s/<interface /&trustGuestRxFilters='yes' /" "$GUESTS/direct.xml"
	redefine direct
	virsh start direct
	check --domain direct
	says_not "GUEST direct $(guest_ports direct)" "$MULTICAST"
	guest_stop direct

	say "without its parent device"
	ip link set eth8 down
	check --network pool
	ends_with 1
	says "NETWORK pool" "$PARENT" WARN "eth8 is down; network-parent; ip link set dev eth8 up"
	ip link set eth8 up
	ip link set eth8 name eth9
	refused "eth8" virsh start direct
	check --network pool
	ends_with 2
	says "NETWORK pool" "$PARENT" FAIL "eth8 does not exist"
	ip link set eth9 name eth8
	ip link set eth8 up
}

# Nothing here has virtual functions, so that libvirt cannot start the network.
virtual_functions() {
	network_define functions "<forward mode='hostdev'><pf dev='eth8'/></forward>"
	guest_define function network=functions "<mac address='$OFF_MAC'/>"
	refused "eth8" virsh net-start functions
	check --network functions
	ends_with 0
	says "NETWORK functions" "$PARENT" PASS "eth8, up"
	says "NETWORK functions" "$PARENT" NOTE "virtual function of eth8; no bridge or filter of this host is in the way"
	ip link set eth8 down
	check --network functions --network pool
	ends_with 1
	says "NETWORK functions" "$PARENT" WARN "eth8 is down"
	is "lines about virtual functions" "$(grep -c 'virtual function' "$CHECKED")" 1
	ip link set eth8 up
	virsh undefine function
	virsh net-undefine functions
}

# What libvirt lets an administrator limit is said, and an interface without a device here is none of ours.
limits() {
	guest_define limited network=fast "<mac address='$OFF_MAC'/><port isolated='yes'/>"
	check --domain limited
	says "GUEST limited $OFF_MAC" "$PORT" NOTE "will be on virbr4, isolated"
	sed -i "s/<interface type='network'><source network='fast'/<interface type='user'><source/; s/<port[^>]*>//" "$GUESTS/limited.xml"
	sed -i "s/<source *\/>//" "$GUESTS/limited.xml"
	redefine limited
	check --domain limited
	says "GUEST limited $OFF_MAC" "$PORT" PASS "an interface of this type has none"
	ends_with 0
	sed -i '/<interface/d' "$GUESTS/limited.xml"
	redefine limited
	check --domain limited
	is "lines of a guest without an interface" "$(grep -c '^GUEST' "$CHECKED")" 0
	virsh undefine limited
}

# What is on br0 beyond its ports; a guest that runs there is told of its uplink.
path() {
	guest_define beyond bridge=br1 "<mac address='$OFF_MAC'/>"
	check --domain beyond
	says "GUEST beyond $OFF_MAC" "$PATH_BEYOND" PASS
	ip link set br1 down
	check --domain beyond
	says "GUEST beyond $OFF_MAC" "$PATH_BEYOND" WARN "bridge-down; ip link set dev br1 up"
	ip link set br1 up
	add_card up1
	ip link set up1 master br1
	ip link set up1 down
	check --domain beyond
	says "GUEST beyond $OFF_MAC" "$PATH_BEYOND" WARN "uplink-down"
	ip link set up1 up
	check --domain beyond
	says "GUEST beyond $OFF_MAC" "$PATH_BEYOND" PASS "up1 forwards"
}

# Which of the conditions protects the guest, or that none does.
# A port that somebody took out of its bridge, or whose bridge is another one of that name.
cut_off() {
	guest_start loose bridge=br1
	local tap
	tap=$(virsh domiflist loose | awk '/br1/ {print $1}')
	check --domain loose
	says "GUEST loose $tap" "$PORT" PASS 'forwarding on br1'
	ip link set "$tap" nomaster
	check --domain loose
	ends_with 1
	says "GUEST loose $tap" "$PORT" WARN "on no Linux bridge, but its XML names br1; guest-port; ip link set dev $tap master br1"
	bash -c "$(sed -n "s/.*names br1; guest-port; \(ip .*\))\$/\1/p" "$CHECKED")"
	wait_for 20 port_is "$tap" forwarding
	check --domain loose
	says "GUEST loose $tap" "$PORT" PASS 'forwarding on br1'
	guest_stop loose
}

checksums() {
	need iptables-legacy
	guest_define card network=fast "<mac address='$OFF_MAC'/>"
	check --domain card
	says "GUEST card $OFF_MAC" "$CHECKSUMS" FAIL "(checksum-unfilled|vhost-exposed)"
	sed -i "s/<model type='virtio'\/>/<model type='rtl8139'\/>/" "$GUESTS/card.xml"
	redefine card
	check --domain card
	says "GUEST card $OFF_MAC" "$CHECKSUMS" PASS "its model is rtl8139, not virtio"
	virsh undefine card
}

refused_uris() {
	refused "user's own libvirt" "$HOOKS/virt-netboot" check --connect qemu:///session
	refused "another machine" "$HOOKS/virt-netboot" check --connect qemu+ssh://root@other/system
	refused "made up" "$HOOKS/virt-netboot" check --connect test:///default
	refused "accepted are qemu:///system" "$HOOKS/virt-netboot" check --connect xen:///system
	check --connect 'qemu+unix:///system?name=test:///default'
	ends_with 64
	check --connect "qemu+unix:///system?socket=/run/libvirt/libvirt-sock-ro" --network fast
	says "NETWORK fast" "$SERVER" PASS
	check --connect "qemu+unix:///system?socket=/run/nothing" --network fast
	ends_with 3
	grep -q "cannot be reached: .*/run/nothing" "$CHECKED.errors" || fail "$(cat "$CHECKED.errors")"
}

# as ARGUMENT... -- OPTION...: check, as a user who is not root.
as() {
	local user=()
	while [ "$1" != -- ]; do
		user+=("$1")
		shift
	done
	checked=0
	setpriv "${user[@]}" -- "$HOOKS/virt-netboot" check "${@:2}" >"$CHECKED" 2>"$CHECKED.errors" || checked=$?
}

# A socket for members of a group only: what needs root is said, and the rest is checked.
as_user() {
	need setpriv
	guest_define mine network=slow "<mac address='$OFF_MAC'/>"
	grep -q '^libvirt:' /etc/group || echo 'libvirt:x:64060:' >>/etc/group
	printf 'unix_sock_group = "libvirt"\nunix_sock_ro_perms = "0770"\n' >>/etc/libvirt/libvirtd.conf
	libvirtd_restart
	as --reuid 65534 --regid 65534 --groups "$(getent group libvirt | cut -d: -f3)" -- --all
	ends_with 3
	says "HOST" "connection to libvirt" PASS
	says "NETWORK slow" "$BRIDGE" FAIL '30\.0 s; bridge-hold'
	says "NETWORK slow" "$SERVER" PASS
	says "GUEST mine $OFF_MAC" "$HOLD" FAIL '30\.0 s'
	says "GUEST mine $OFF_MAC" "$CHECKSUMS" NOTE "must be run as root"

	as --reuid 65534 --regid 65534 --clear-groups -- --all
	says "HOST" "connection to libvirt" NOTE "networks and guests are not checked"
	says_not "GUEST mine $OFF_MAC" ""
	virsh undefine mine
}

# Whoever comes and goes while all are read is no trouble.
vanishing() {
	local turn
	printf "<network><name>passing</name><bridge name='virbr30'/></network>" >"$GONE"
	while :; do
		virsh net-create "$GONE" && virsh net-destroy passing
	done &>/dev/null &
	churn=$!
	for turn in {1..20}; do
		check --all
		[ ! -s "$CHECKED.errors" ] || fail "turn $turn: $(cat "$CHECKED.errors")"
		says "NETWORK fast" "$SERVER" PASS
	done
	kill "$churn"
	wait "$churn" || :
	virsh net-destroy passing &>/dev/null || :
}

# A hook of the administrator's has a guest locked, for which a list has to wait; then the daemon is killed.
dies_in_the_middle() {
	guest_define locked network=fast
	printf '#!/bin/sh\n: >/run/waiting; until [ -e /run/go-on ]; do sleep 0.1; done\n' >/etc/libvirt/hooks/qemu
	chmod 755 /etc/libvirt/hooks/qemu
	libvirtd_restart
	virsh start locked &>/dev/null &
	wait_for 20 test -e /run/waiting
	check --all &
	sleep_until_asked
	kill -KILL "$(cat "$LIBVIRTD_PIDFILE")"
	wait $! || :
	: >/run/go-on
	says "NETWORK fast" "$SERVER" PASS
	grep -q "libvirt's guests cannot be read: libvirt's daemon ended the connection" "$CHECKED.errors" ||
		fail "$(cat "$CHECKED" "$CHECKED.errors")"
	rm /etc/libvirt/hooks/qemu
	libvirtd_start
}

# The command has all of networks when it asks for guests. No thread of it or of the daemon has anything to do then; looked
# at more than once, since one may be about to wake another.
asked() {
	local command turn
	command=$(pgrep -x virt-netboot) || return
	for turn in {1..5}; do
		! grep -qh '^State:.*[RD] ' "/proc/$command"/task/*/status "/proc/$(cat "$LIBVIRTD_PIDFILE")"/task/*/status ||
			return 1
		sleep 0.05
	done
}
sleep_until_asked() { wait_for 20 asked; }

no_daemon() {
	local pid
	pid=$(cat "$LIBVIRTD_PIDFILE")
	kill "$pid"
	wait_for 20 process_gone "$pid"
	check --all
	says "BRIDGE br0" "device" PASS
	says "HOST" "connection to libvirt" NOTE "networks and guests are not checked"
	check --network fast
	ends_with 3
	grep -q "libvirt's daemon cannot be reached: " "$CHECKED.errors" || fail "$(cat "$CHECKED.errors")"
	libvirtd_start
}

# A daemon that hangs is given up, which a person on a terminal hears of before; Ctrl-C ends it at once.
hangs() {
	local pid start
	need script
	pid=$(cat "$LIBVIRTD_PIDFILE")
	kill -STOP "$pid"
	start=$SECONDS
	timeout --foreground -s INT 2 "$HOOKS/virt-netboot" check --network fast && fail "not ended by Ctrl-C"
	[ $((SECONDS - start)) -lt 5 ] || fail "Ctrl-C took $((SECONDS - start)) s"
	checked=0
	script -qec "'$HOOKS/virt-netboot' check --all" /dev/null >"$CHECKED" </dev/null || checked=$?
	kill -CONT "$pid"
	grep -q "waiting for libvirt's daemon" "$CHECKED" || fail "says nothing: $(cat "$CHECKED")"
	grep -q "networks and guests are not checked" "$CHECKED" || fail "$(cat "$CHECKED")"
	ends_with 3
	[ $((SECONDS - start)) -lt 45 ] || fail "took $((SECONDS - start)) s"
}

need tc iptables-legacy
hypervisor_start
network_create slow virbr15 on 15
network_create fast virbr4 on 0
add_card eth8
ip link add br0 up type bridge stp_state 1 forward_delay 1500
ip link add br1 up type bridge stp_state 0
network_define pool "<forward mode='bridge'><interface dev='eth8'/></forward>"
virsh net-start pool
tap_nodes

cases delay delay_with_hooks stopped_network no_server no_rules no_bridge macvtap virtual_functions limits path cut_off checksums \
	refused_uris as_user vanishing dies_in_the_middle no_daemon hangs
