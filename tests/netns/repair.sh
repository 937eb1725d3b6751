#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# virt-netboot repair: each fault that it repairs is made and seen first, check says it, a dry run says what would be done
# and does nothing, then it is done, a guest is answered, check and probe have nothing to say, and a second repair has
# nothing to do. --undo takes it away, and the fault is back where it is one of those. What is not repaired is told,
# with its reason.
#
# What runs is told by a libvirt that is only files (tests/lib/repair.sh); the real one is in tests/libvirt/repair.sh, a
# kernel that has filters in tests/in-vm/repair.sh.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
. "$SRC/tests/lib/check.sh"
. "$SRC/tests/lib/repair.sh"
sandbox "$@"
need dnsmasq iptables-legacy ip6tables-legacy ethtool nft jq python3 setpriv
! has_act_csum || skip "filters repair this here: see tests/in-vm/repair.sh"
hooks_start
no_stp_program
stub_start
export boot=network

everything=(dhcp tftp dhcp6 tftp6)
HOLD="time until a new port forwards"

before_each() {
	nothing_runs
	hooks_on
	rm -f /etc/virt-netboot.conf /dev/vhost-net
	: >/dev/vhost-net
}

# a_guest BRIDGE TAP: it runs, and its port is delayed if the bridge does that.
a_guest() {
	add_guest "$1" "$2" fe:54:00:00:00:99
	guest_runs "guest-$2" "$(target=$2 nic "$1")"
}

# undone [PATTERN]...: exactly that is taken back, as was said before; and then there is nothing to take back.
undone() {
	local status=1
	(($# > 0)) || status=0
	plans --undo
	is "status of repair --undo --dry-run: $(what_it_said)" "$repaired" "$status"
	repair --undo
	mended 0 "$@"
	as_planned
	repair --undo
	is "what repair --undo says then" "$(what_it_said)" "nothing to take back"
	is "its status" "$repaired" 0
}

# A port that is delayed on the host's own bridge: only the port is changed, and it goes on to forward.
held_port() {
	add_bridge br1 stp_state 1 forward_delay 1500
	serve br1 51 ip4
	a_guest br1 vnet1
	patience=2 answered vnet1 dhcp=none
	check --domain guest-vnet1
	says "GUEST guest-vnet1 vnet1" "time until its port forwards" FAIL bridge-hold
	plans --domain guest-vnet1
	is "status of the dry run" "$repaired" 1
	port_is vnet1 listening || port_is vnet1 learning || fail "the dry run has changed it"
	repair --domain guest-vnet1
	mended 0 'edge-port guest=guest-vnet1 port=vnet1 bridge=br1 result=done' \
		'add-checksum-rule guest=guest-vnet1 bridge=br1 mechanism=iptables .*result=done'
	as_planned
	is "STP" "$(link_get br1 stp_state)" 1
	is "forward delay" "$(link_get br1 forward_delay)" 1500
	answered vnet1 dhcp=ok tftp=ok
	check --domain guest-vnet1
	says "GUEST guest-vnet1 vnet1" "time until its port forwards" PASS
	says "GUEST guest-vnet1 vnet1" "checksums of packets sent to it" PASS
	repair --domain guest-vnet1
	nothing_to_repair
	repair
	nothing_to_repair
	undone 'remove-checksum-rule bridge=br1 mechanism=iptables .*result=done'
	port_is vnet1 forwarding || fail "the port does not forward any more"
	answered vnet1 dhcp=bad tftp=bad
}

# A network of libvirt's whose bridge delays, and whose servers' packets are incomplete.
network() {
	add_bridge virbr2 stp_state 1 forward_delay 1500
	serve virbr2 52
	network_runs net virbr2 52 tftp dhcp6
	network_runs other nosuch 53 # --network net has nothing to do with it
	patience=2 linux_guest virbr2 dhcp=none
	hooks_off
	check --network net
	says "NETWORK net" bridge FAIL bridge-hold
	says "NETWORK net" bridge FAIL checksum-unfilled
	plans --network net
	is "status of the dry run" "$repaired" 1
	repair --network net
	mended 0 'set-forward-delay network=net bridge=virbr2 from=15.00s to=2.00s result=done' \
		'add-checksum-rule network=net bridge=virbr2 mechanism=iptables .*result=done' \
		'add-checksum-rule network=net bridge=virbr2 mechanism=ip6tables .*result=done'
	as_planned
	linux_guest virbr2 "${everything[@]/%/=ok}"
	check --network net
	says "NETWORK net" bridge PASS
	"$HOOKS/virt-netboot" probe --bridge virbr2 >/tmp/said || fail "probe: $(cat /tmp/said)"
	repair --network net
	nothing_to_repair
	undone 'remove-checksum-rule bridge=virbr2 mechanism=iptables .*result=done' \
		'remove-checksum-rule bridge=virbr2 mechanism=ip6tables .*result=done' \
		'set-forward-delay .*bridge=virbr2 from=2.00s to=15.00s .*result=done'
	delay_is virbr2 1500 || fail "the delay is not what it was: $(link_get virbr2 forward_delay)"
	patience=2 linux_guest virbr2 dhcp=none
	ip link set virbr2 type bridge stp_state 0
	linux_guest virbr2 "${everything[@]/%/=bad}"
}

# The host's own bridge, whose delay is only shortened if the administrator says so.
min_delay() {
	add_bridge br3 stp_state 1 forward_delay 1500
	serve br3 54 ip4
	patience=2 firmware_guest br3 dhcp=none
	config <<<$'[bridge]\nhold = min-delay\n[checksum]\nmechanism = none'
	check --bridge br3
	says "BRIDGE br3" "$HOLD" FAIL bridge-hold
	plans --bridge br3
	repair --bridge br3
	mended 0 'set-forward-delay bridge=br3 from=15.00s to=2.00s result=done'
	as_planned
	firmware_guest br3 dhcp=ok
	check --bridge br3
	says "BRIDGE br3" "$HOLD" PASS
	repair --bridge br3
	nothing_to_repair
	undone 'set-forward-delay .*bridge=br3 from=2.00s to=15.00s .*result=done'
	patience=2 firmware_guest br3 dhcp=none
}

# That STP is off is nothing that --undo takes back: nobody can know whether it is still us who wanted that.
stp_off() {
	add_bridge br4 stp_state 0 forward_delay 1500
	serve br4 55 ip4
	add_uplink br4 br4-up
	ip link set br4 type bridge stp_state 1
	patience=2 firmware_guest br4 dhcp=none
	config <<<$'[bridge]\nhold = stp-off\n[checksum]\nmechanism = none'
	port_is br4-up forwarding || fail "the uplink is delayed"
	plans --bridge br4
	repair --bridge br4
	mended 0 'stp-off bridge=br4 result=done'
	as_planned
	is "STP" "$(link_get br4 stp_state)" 0
	firmware_guest br4 dhcp=ok
	repair --bridge br4
	nothing_to_repair
	# Another way out: it may close a loop.
	ip link set br4 type bridge stp_state 1
	add_uplink br4 br4-up2
	repair --bridge br4
	left 'bridge-multi-network severity=error .*bridge=br4 .*left alone, because 2 of its ports lead to other bridges'
	is "status" "$repaired" 2
	is "STP" "$(link_get br4 stp_state)" 1
}

# A port that is there waits for the delay that its bridge had. By hand it is ended at once, and what says so is told by
# the dry run, by repair, and by check.
too_late() {
	local hold
	for hold in min-delay stp-off; do
		add_bridge br15 stp_state 1 forward_delay 1500
		config <<<"[bridge]
hold = $hold
[checksum]
mechanism = none"
		a_guest br15 vnet16
		plans --domain guest-vnet16
		left 'bridge-hold severity=error .*port=vnet16 .*too late for this one.*'
		repair --domain guest-vnet16
		is "status with $hold" "$repaired" 2
		left 'bridge-hold severity=error .*port=vnet16 .*it was there before.*'
		check --domain guest-vnet16
		says "GUEST guest-vnet16 vnet16" "time until its port forwards" FAIL bridge-hold
		bash -ec "$(grep -o 'cure="[^"]*"' "$REPAIRED" | sed 's/cure="//; s/"$//')"
		port_is vnet16 forwarding || fail "the cure does not help"
		repair --domain guest-vnet16
		nothing_to_repair
		kill "$taps_pid"
		nothing_runs
		ip link delete br15
		wait_for 5 is_gone vnet16
	done
}
is_gone() { ! ip link show "$1" >/dev/null 2>&1; }

bpdu_guard() {
	add_bridge br5 stp_state 1 forward_delay 200
	a_guest br5 vnet5
	wait_for 8 port_is vnet5 forwarding
	config <<<$'[bridge]\nbpdu-guard = yes\n[checksum]\nmechanism = none'
	is "guard" "$(link_get vnet5 guard)" false
	plans --bridge br5
	repair --bridge br5
	mended 0 'bpdu-guard guest=guest-vnet5 port=vnet5 bridge=br5 result=done'
	as_planned
	is "guard" "$(link_get vnet5 guard)" true
	repair --bridge br5
	nothing_to_repair
}

# Without the policy it is told only.
uplink_held() {
	add_bridge br6 stp_state 1 forward_delay 1500
	a_guest br6 vnet6
	add_uplink br6 br6-up
	config <<<$'[checksum]\nmechanism = none'
	check --domain guest-vnet6
	says "GUEST guest-vnet6 vnet6" "path beyond its port" FAIL uplink-held
	repair --domain guest-vnet6
	mended 2 'edge-port guest=guest-vnet6 port=vnet6 bridge=br6 result=done'
	left 'uplink-held severity=error guest=guest-vnet6 .*advice='
	config <<<$'[bridge]\nuplink-edge = yes\n[checksum]\nmechanism = none'
	plans --domain guest-vnet6
	repair --domain guest-vnet6
	mended 0 'edge-port guest=guest-vnet6 port=br6-up bridge=br6 result=done'
	as_planned
	port_is br6-up forwarding || fail "the uplink does not forward"
	check --domain guest-vnet6
	says "GUEST guest-vnet6 vnet6" "path beyond its port" PASS
	repair --domain guest-vnet6
	nothing_to_repair
}

# Transmit checksumming of a bridge that others switched off is not switched on.
by_ethtool() {
	add_bridge br7
	serve br7 57
	a_guest br7 vnet7
	add_bridge br8
	serve br8 58
	a_guest br8 vnet8
	ethtool -K br8 tx off >/dev/null
	config <<<$'[checksum]\nmechanism = ethtool'
	answered vnet7 "${everything[@]/%/=bad}"
	plans
	repair
	mended 0 'tx-checksum-off guest=guest-vnet7 bridge=br7 .*result=done'
	as_planned
	answered vnet7 "${everything[@]/%/=ok}"
	repair
	nothing_to_repair
	undone 'tx-checksum-on bridge=br7 .*result=done'
	answered vnet7 "${everything[@]/%/=bad}"
	answered vnet8 "${everything[@]/%/=ok}"
}

# "Do not fill them": and so for one guest, or one network.
policies() {
	local guest
	add_bridge br9 stp_state 1 forward_delay 1500
	serve br9 59 ip4
	a_guest br9 vnet9
	config <<<$'[bridge]\nhold = report\n[checksum]\nmechanism = none'
	repair --domain guest-vnet9
	mended 2
	left 'bridge-hold severity=error guest=guest-vnet9 .*port=vnet9 .*advice="set hold = auto'
	rm /etc/virt-netboot.conf
	guest=$STUB/guests/guest-vnet9
	sed -i "s,<os>,<metadata><n:netboot xmlns:n='urn:virt-netboot:1' hold='report' checksum='none'/></metadata>&," "$guest"
	repair
	mended 2
	left 'bridge-hold severity=error guest=guest-vnet9 .*port=vnet9 .*'
	expect_rules br9
}

# A rule of nftables that sets DHCP replies' checksums to zero before they are completed.
zeroed() {
	local chain
	add_bridge br10
	serve br10 60 ip4
	add_guest_port br10 vnet10 vnet_hdr
	guest_runs guest-vnet10 "$(target=vnet10 nic br10 e1000)"
	tap=vnet10 firmware_guest br10 dhcp=ok
	chain='type filter hook postrouting priority srcnat;'
	nft "add table inet incus; add chain inet incus out { $chain }; add rule inet incus out udp dport 68 udp checksum set 0"
	[[ $("$TOOLS/guest-nic" vnet10 dhcp) == *checksum=bad* ]] || fail "firmware is not in trouble"
	plans
	repair
	mended 0 'add-checksum-rule guest=guest-vnet10 bridge=br10 mechanism=iptables scope=dhcp .*result=done'
	as_planned
	[[ $("$TOOLS/guest-nic" vnet10 dhcp) == *checksum=none* ]] || fail "firmware still is in trouble"
	repair
	nothing_to_repair
	undone 'remove-checksum-rule bridge=br10 mechanism=iptables result=done'
	[[ $("$TOOLS/guest-nic" vnet10 dhcp) == *checksum=bad* ]] || fail "firmware is not in trouble any more"
	# Where ours would come too late, the rule is named.
	nft "delete table inet incus; add table inet incus; add chain inet incus early { type filter hook postrouting priority -160; }"
	nft "add rule inet incus early udp dport 68 udp checksum set 0"
	repair
	mended 2
	left 'checksum-zeroed severity=error guest=guest-vnet10 .*advice="delete that rule by its handle'
	nft delete table inet incus
}

# A guest on macvtap, whose server is on a macvlan of this host.
macvtap() {
	local macvtap=macvtap4
	add_card eth4
	add_macvlan eth4 host4
	serve host4 61
	add_macvtap eth4 macvtap4
	linux_guest eth4 "${everything[@]/%/=bad}"
	guest_runs web "$(target=macvtap4 interface direct "<source dev='eth4' mode='bridge'/>")"
	plans
	repair
	mended 0 'add-checksum-rule guest=web macvlan=host4 mechanism=iptables .*result=done' \
		'add-checksum-rule guest=web macvlan=host4 mechanism=ip6tables .*result=done'
	as_planned
	linux_guest eth4 "${everything[@]/%/=ok}"
	repair
	nothing_to_repair
	undone 'remove-checksum-rule .*=host4 mechanism=iptables result=done' \
		'remove-checksum-rule .*=host4 mechanism=ip6tables result=done'
	linux_guest eth4 "${everything[@]/%/=bad}"
}

# tells STATUS PATTERN...: repair changes nothing, and says that.
tells() {
	local before
	before=$(picture)
	repair
	same_picture "repair" "$before"
	mended "$1"
	left "${@:2}"
	what_it_said
	repair --dry-run
	left "${@:2}"
	is "status of the dry run" "$repaired" "$1"
	nothing_runs
}

# None of these is repaired: each is told, once, with the reason.
not_repaired() {
	guest_runs web "$(nic nosuch)"
	tells 1 'bridge-absent severity=warning guest=web .*advice='
	config <<<$'[checksum]\nmechanism = none'
	add_bridge down0
	ip link set down0 down
	a_guest down0 vnet14
	tells 1 'bridge-down severity=warning guest=guest-vnet14 .*'
	ip link del down0
	add_card card1
	guest_runs web "$(nic card1)"
	tells 1 'not-a-bridge severity=warning guest=web .*'
	add_macvtap card1 macvtap9 private
	serve card1 62 ip4
	guest_runs web "$(target=macvtap9 interface direct "<source dev='card1' mode='private'/>")"
	tells 1 'macvtap-host-unreachable severity=warning guest=web .*'
	ip link del card1
	config <<<$'[checksum]\nmechanism = tc'
	add_bridge br13
	serve br13 63 ip4
	a_guest br13 vnet13
	tells 2 'checksum-unsupported .*the kernel has no act_csum.*'
	config <<<$'[bridge]\nhold = min-delay\n[checksum]\nmechanism = none'
	add_bridge br11 stp_state 1 forward_delay 1500
	add_better_root br11
	guest_runs web "$(nic br11)"
	tells 2 'bridge-hold-not-root severity=error .*'
	rm /etc/virt-netboot.conf
	config <<<$'[checksum]\nmechanism = none'
	add_bridge br14 stp_state 1 forward_delay 1500
	echo '#!/bin/sh' >/tmp/bridge-stp
	chmod +x /tmp/bridge-stp
	! [ -e /sbin/bridge-stp ] || umount /sbin/bridge-stp 2>/dev/null || :
	cp /tmp/bridge-stp /sbin/bridge-stp
	a_guest br14 vnet15
	tells 2 'stp-user-space severity=error .*' 'bridge-hold severity=error bridge=br14 .*'
	rm /sbin/bridge-stp
}

# Nor these: a switch of another kind, and where the guest's port or what is beyond it does not forward. A port in
# another VLAN is in tests/in-vm/vlan.sh.
not_ours_to_repair() {
	config <<<$'[checksum]\nmechanism = none'
	ip tuntap add ovs0 mode tap
	guest_runs web "$(interface bridge "<source bridge='ovs0'/><virtualport type='openvswitch'/>")"
	tells 0 'bridge-openvswitch severity=info guest=web .*bridge=ovs0 .*advice='
	add_bridge br17
	add_uplink br17 br17-up
	a_guest br17 vnet17
	wait_for 5 port_is vnet17 forwarding
	ip link set br17-up-far down
	wait_for 5 port_is br17-up disabled
	ip link set br17 type bridge stp_state 1 forward_delay 1500
	tells 1 'uplink-down severity=warning guest=guest-vnet17 .*port=br17-up bridge=br17 .*advice='
	add_bridge br18 stp_state 1 forward_delay 200
	add_loop br18 br18-loop
	guest_runs web "$(target=br18-loop-far nic br18)"
	tells 1 'port-blocked severity=warning guest=web .*port=br18-loop-far bridge=br18 .*advice='
	rm /etc/virt-netboot.conf
	add_card card2
	add_macvtap card2 macvtap19
	guest_runs web "$(target=macvtap19 interface direct "<source dev='card2' mode='bridge'/>")"
	tells 0 'macvtap-peer-offload severity=notice guest=web .*advice='
}

# A rule for DHCP alone, as libvirt made it: TFTP is left.
tftp() {
	rm /dev/vhost-net
	add_bridge br20
	serve br20 66 ip4
	iptables-legacy -t mangle -A POSTROUTING -o br20 -p udp --dport 68 -j CHECKSUM --checksum-fill
	a_guest br20 vnet20
	answered vnet20 dhcp=ok tftp=bad
	check --domain guest-vnet20
	says "GUEST guest-vnet20 vnet20" "checksums of packets sent to it" FAIL checksum-tftp-unfilled
	plans
	repair
	mended 0 'add-checksum-rule guest=guest-vnet20 bridge=br20 mechanism=iptables scope=udp .*result=done'
	as_planned
	answered vnet20 dhcp=ok tftp=ok
	check --domain guest-vnet20
	says "GUEST guest-vnet20 vnet20" "checksums of packets sent to it" PASS
	repair
	nothing_to_repair
	undone 'remove-checksum-rule bridge=br20 mechanism=iptables result=done'
	answered vnet20 dhcp=ok tftp=bad
}

cases held_port network min_delay stp_off too_late bpdu_guard uplink_held by_ethtool policies zeroed macvtap tftp \
	not_repaired not_ours_to_repair
