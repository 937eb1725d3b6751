#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# virt-netboot repair where many guests run already when the package is installed: 40, with a stream through each port that
# loses nothing, beside 40 hooks one after the other. And what tests/netns/repair.sh shows of each finding that is repaired
# for one guest, with $GUESTS of them, 200 unless set, and for how long each step takes. Their taps are held by a process,
# as QEMU holds them, and libvirt is only files (tests/lib/repair.sh).
#
# Not with sanitizers, for it measures.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
. "$SRC/tests/lib/check.sh"
. "$SRC/tests/lib/repair.sh"
. "$SRC/tests/lib/crowd.sh"
. "$SRC/tests/lib/firewalls.sh"
sandbox "$@"
need dnsmasq iptables-legacy ip6tables-legacy ethtool nft strace tc
: "${GUESTS:=200}"
hooks_start
no_stp_program
stub_start
crowd_start

before_each() {
	nothing_runs
	hooks_on
	rm -f /etc/virt-netboot.conf
	virt_netboot repair --undo >/dev/null
}

# sees_outages: a port that does not forward for 10 ms loses frames, or nothing below shows anything.
sees_outages() {
	stream start
	sleep 0.5
	ip -batch - <<-END
		link set br0 type bridge stp_state 0
		link set vnet7 type bridge_slave state 1
	END
	sleep 0.01
	ip -batch - <<-END
		link set vnet7 type bridge_slave state 3
		link set br0 type bridge stp_state 1
	END
	stream stop
	stream_says 'sent [0-9]+ lost [1-9][0-9]* .*vnet7.*'
}

all_repaired() {
	ports_are forwarding "$count" || fail "some ports are delayed still: $(ports forwarding) forward"
	is "STP" "$(link_get br0 stp_state)" 1
	is "forward delay" "$(link_get br0 forward_delay)" 200
	expect_rules br0 ip4:udp ip6:udp
}

# Beside a hook for each guest, one after the other, and one for the network.
# measured: one repair after the hooks one by one, all of which does the same.
measured() {
	hooks_took=0
	all_delayed
	ms hooks_one_by_one
	hooks_took=$took
	# Where a hello came due meanwhile, ports wait for the next one.
	wait_for 25 no_watchers qemu
	all_repaired
	virt_netboot repair --undo >/dev/null
	all_delayed
	ms repair
	all_repaired
	is "status" "$repaired" 0
	is "ports that were changed" "$(grep -c '^action=edge-port .*result=done' "$REPAIRED")" "$1"
	say "$1 guests: repair $took ms, $(($1 + 1)) hooks $hooks_took ms: $(awk -v h="$hooks_took" -v r="$took" 'BEGIN { printf "%.1f", h / r }') times as long"
}

# It is five times as fast or more; a machine that is busy for a moment may show otherwise once.
beside_hooks() {
	local count=40 attempt hooks_took
	a_bridge
	guests net:br0 $count
	for attempt in 1 2 3; do
		measured $count
		((took >= hooks_took)) || break
		virt_netboot repair --undo >/dev/null
	done
	((took < hooks_took)) || fail "one repair takes longer than the hooks, $attempt times"
	ms repair
	nothing_to_repair
	say "a second one: $took ms"
}

# Forty forward already, and eight that have just come are delayed. The forty lose nothing, neither while the others' ports
# are changed, and the delay, nor while all is taken back.
no_port_stops() {
	local late=(late{0..7}) tap
	a_bridge 0
	guests net:br0 40
	for tap in "${late[@]}"; do
		guest_runs "guest-$tap" "$(target=$tap network_nic net br0)"
	done
	open_taps "${late[@]}"
	wait_for 5 ports_are forwarding 40
	ip link set br0 type bridge stp_state 1
	sees_outages
	for tap in "${late[@]}"; do plug_tap br0 "$tap"; done
	ports_are forwarding 40 || fail "the late ones are not delayed"
	stream start
	sleep 0.5
	repair
	count=48 all_repaired
	sleep 0.2
	repair --undo
	expect_rules br0
	sleep 0.2
	stream stop
	stream_says 'sent [0-9]+ lost 0'
	say "$said"
	is "STP" "$(link_get br0 stp_state)" 1
	ports_are forwarding 48 || fail "ports do not forward any more"
	# By the kernel's own filling, which changes the features of the bridge.
	printf '[checksum]\nmechanism = ethtool\n' >/etc/virt-netboot.conf
	ip link set br0 type bridge forward_delay 1500
	stream start
	sleep 0.5
	repair
	mended 0 'tx-checksum-off .*result=done' 'set-forward-delay .*result=done'
	sleep 0.2
	repair --undo
	stream stop
	stream_says 'sent [0-9]+ lost 0'
	say "$said"
}

# did NUMBER PATTERN: so many changes were made that match.
did() { is "changes like '$2'" "$(grep -cE "^action=$2 .*result=done" "$REPAIRED" || :)" "$1"; }

last() { say $((GUESTS - 1)); }
everything=(dhcp tftp dhcp6 tftp6)
HOLD="time until its port forwards"
CHECKSUMS="checksums of packets sent to it"

# guests_are RESULT QUESTION [FINDING]: what check says of the first and the last.
guests_are() {
	local i
	check --domain guest0 --domain "guest$(last)"
	for i in 0 "$(last)"; do says "GUEST guest$i vnet$i" "$2" "$1" "${3:-}"; done
}

# get KIND=CHECKSUM...: the first and the last guest.
get() {
	local i
	for i in 0 "$(last)"; do answered "vnet$i" "$@"; done
}

# newcomer BRIDGE ANSWER: what a guest that comes gets.
newcomer() { patience=${patience:-10} tap='' firmware_guest "$1" "dhcp=$2"; }

# forth [OPTION]...: the fault, as faulty shows it; a dry run; repaired, as repaired shows it; and nothing more to do.
forth() {
	local first
	faulty
	plans "$@"
	is "status of the dry run, which said: $(what_it_said); it" "$repaired" 1
	ms repair "$@"
	first=$took
	is "status of repair, which said: $(what_it_said); it" "$repaired" 0
	as_planned
	repaired
	ms repair "$@"
	nothing_to_repair
	say "$GUESTS guests: repaired $first ms, looked at again $took ms"
}

# there_and_back [OPTION]...: and taken back; and the fault again, as faulty_again shows it, or faulty.
there_and_back() {
	local before
	before=$(picture)
	forth "$@"
	plans --undo
	ms repair --undo
	as_planned
	say "$GUESTS guests: taken back $took ms"
	put_back "repair and --undo" "$before"
	if [ "$(type -t faulty_again)" = function ]; then faulty_again; else faulty; fi
}

# settled_ports: those of guests on br0, whose STP is on since they all forward.
settled_ports() {
	guests :br0 "$GUESTS"
	wait_for 5 ports_are forwarding "$GUESTS"
	ip link set br0 type bridge stp_state 1
}

# The ports, what libvirt's servers send them, and the bridge's delay.
network() {
	local count=$GUESTS
	faulty() {
		all_delayed
		patience=1 newcomer br0 none
		check --all
		says "GUEST guest0 vnet0" "$HOLD" FAIL bridge-hold
		is "guests whose port is delayed" "$(grep -c "^GUEST .*Checking $HOLD .*: FAIL (.*bridge-hold" "$CHECKED")" "$count"
		says "NETWORK net" bridge FAIL checksum-unfilled
	}
	faulty_again() {
		patience=1 newcomer br0 none
		get "${everything[@]/%/=bad}"
	}
	repaired() {
		did "$count" edge-port
		did 1 set-forward-delay
		did 2 add-checksum-rule
		all_repaired
		get "${everything[@]/%/=ok}"
		newcomer br0 ok
		check --all
		says "NETWORK net" bridge PASS
		is "what check finds" "$(grep '^GUEST .* : FAIL' "$CHECKED" || :)" ''
		"$HOOKS/virt-netboot" probe --bridge br0 >/tmp/said || fail "probe: $(cat /tmp/said)"
	}
	hooks_off
	a_bridge
	guests net:br0 "$count"
	there_and_back --all
}

# The host's own bridge keeps its delay.
own() {
	local count=$GUESTS
	faulty() {
		all_delayed
		patience=1 get dhcp=none
		guests_are FAIL "$HOLD" bridge-hold
		says "GUEST guest0 vnet0" "$CHECKSUMS" FAIL vhost-exposed
	}
	faulty_again() { get "${everything[@]/%/=bad}"; }
	repaired() {
		did "$count" edge-port
		did 2 add-checksum-rule
		ports_are forwarding "$count" || fail "some ports are delayed still: $(ports forwarding) forward"
		is "STP" "$(link_get br0 stp_state)" 1
		is "forward delay" "$(link_get br0 forward_delay)" 1500
		get "${everything[@]/%/=ok}"
		guests_are PASS "$HOLD"
		guests_are PASS "$CHECKSUMS"
		"$HOOKS/virt-netboot" probe --edge --bridge br0 >/tmp/said || fail "probe: $(cat /tmp/said)"
	}
	own_bridge
	guests :br0 "$count"
	there_and_back --all
}

min_delay() {
	faulty() {
		patience=1 newcomer br0 none
		check --bridge br0
		says "BRIDGE br0" "time until a new port forwards" FAIL bridge-hold
	}
	repaired() {
		did 1 'set-forward-delay .*bridge=br0 from=15.00s to=2.00s'
		newcomer br0 ok
		check --bridge br0
		says "BRIDGE br0" "time until a new port forwards" PASS
	}
	hooks_off
	config <<<$'[bridge]\nhold = min-delay\n[checksum]\nmechanism = none'
	own_bridge 0
	settled_ports
	there_and_back --all
}

stp_off() {
	faulty() {
		is "STP" "$(link_get br0 stp_state)" 1
		patience=1 newcomer br0 none
	}
	repaired() {
		did 1 stp-off
		is "STP" "$(link_get br0 stp_state)" 0
		newcomer br0 ok
	}
	config <<<$'[bridge]\nhold = stp-off\n[checksum]\nmechanism = none'
	own_bridge 0
	add_uplink br0 br0-up
	guests :br0 "$GUESTS"
	wait_for 5 ports_are forwarding $((GUESTS + 1))
	ip link set br0 type bridge stp_state 1
	forth --all
	say "two ways out: refused, and told once"
	ip link set br0 type bridge stp_state 1
	add_uplink br0 br0-up2
	ms repair --all
	left 'bridge-multi-network severity=error .*bridge=br0 .*left alone, because 2 of its ports lead to other bridges'
	is "status" "$repaired" 2
	say "$GUESTS guests: $took ms"
}

bpdu_guard() {
	faulty() { is "guard" "$(link_get vnet0 guard)" false; }
	repaired() {
		did "$GUESTS" bpdu-guard
		is "guards" "$(ip -d -j link show master br0 | grep -o '"guard":true' | wc -l)" "$GUESTS"
	}
	config <<<$'[bridge]\nbpdu-guard = yes\n[checksum]\nmechanism = none'
	own_bridge 0
	settled_ports
	ip link set br0 type bridge forward_delay 200
	forth --all
}

# With the guests' ports their one way out.
uplink_held() {
	local count=$GUESTS
	faulty() {
		all_delayed
		ip link set br0-up nomaster
		ip link set br0-up master br0
		guests_are FAIL "path beyond its port" uplink-held
	}
	repaired() {
		did $((count + 1)) edge-port
		did 1 'edge-port guest=.* port=br0-up'
		ports_are forwarding $((count + 1)) || fail "some ports are delayed still: $(ports forwarding) forward"
		guests_are PASS "path beyond its port"
	}
	config <<<$'[bridge]\nuplink-edge = yes\n[checksum]\nmechanism = none'
	crowd_is_gone
	add_bridge br0 stp_state 1 forward_delay 1500
	add_uplink br0 br0-up
	guests :br0 "$count"
	forth --all
}

by_ethtool() {
	faulty() { get "${everything[@]/%/=bad}"; }
	repaired() {
		did 1 tx-checksum-off
		get "${everything[@]/%/=ok}"
		guests_are PASS "$CHECKSUMS"
	}
	config <<<$'[checksum]\nmechanism = ethtool'
	a_bridge 0
	guests net:br0 "$GUESTS"
	there_and_back --all
}

# A rule of nftables spoils what firmware gets; its card takes whole checksums only.
zeroed() {
	local model=e1000 chain='type filter hook postrouting priority srcnat;'
	faulty() { gets_checksum bad; }
	repaired() {
		did 1 'add-checksum-rule .*mechanism=iptables scope=dhcp'
		gets_checksum none
		guests_are PASS "$CHECKSUMS"
	}
	own_bridge 0
	guests :br0 "$GUESTS"
	nft "add table inet incus; add chain inet incus out { $chain }; add rule inet incus out udp dport 68 udp checksum set 0"
	there_and_back --all
	nft delete table inet incus
}

gets_checksum() {
	local i
	for i in 0 "$(last)"; do
		[[ $("$TOOLS/guest-nic" -p "$(cat "$HELD_TAPS/vnet$i")" "vnet$i" dhcp) == *checksum=$1* ]] ||
			fail "vnet$i has no checksum=$1"
	done
}

# Guests on macvtaps of one card, whose server is on a macvlan of this host.
macvtap() {
	local i
	faulty() {
		for i in 0 "$(last)"; do macvtap=macvtap$i linux_guest eth4 "${everything[@]/%/=bad}"; done
	}
	repaired() {
		did 2 'add-checksum-rule guest=.* macvlan=host4'
		for i in 0 "$(last)"; do macvtap=macvtap$i linux_guest eth4 "${everything[@]/%/=ok}"; done
	}
	crowd_is_gone
	add_card eth4
	add_macvlan eth4 host4
	serve host4 61
	for ((i = 0; i < GUESTS; i++)); do
		printf 'link add link eth4 name macvtap%s type macvtap mode bridge\nlink set macvtap%s allmulticast on up\n' $i $i
		guest_runs "guest$i" "$(target=macvtap$i interface direct "<source dev='eth4' mode='bridge'/>")"
	done >/tmp/macvtaps
	ip -batch /tmp/macvtaps
	there_and_back --all
	ip link del eth4
}

# One of them only, and then the others.
one_first() {
	local count=40
	a_bridge
	guests net:br0 "$count"
	all_delayed
	repair --domain guest7
	did 1 'edge-port guest=guest7 .*port=vnet7'
	ports_are forwarding 1 || fail "more than one port was changed"
	repair --all
	did $((count - 1)) edge-port
	all_repaired
}

# Docker's rules drop what the bridge forwards to a server beyond it: by the hooks' policy, and by a probe's proof. Its
# rules stay: this is the last case.
docker() {
	faulty() { patience=1 get dhcp=none; }
	repaired() {
		did 1 add-docker-user-rule
		get dhcp=bad # the server is not this host's
	}
	modprobe -q br_netfilter || :
	[ -e /proc/sys/net/bridge ] || skip "needs br_netfilter"
	crowd_is_gone
	add_bridge br0
	ip netns add far
	ip link add br0-up type veth peer name eth0 netns far
	ip link set br0-up master br0 up
	ip -n far link set eth0 up
	# shellcheck disable=SC2016 # for the inner shell
	TEST_CASE='' ip netns exec far bash -c '. "$SRC/tests/lib/testlib.sh" && . "$SRC/tests/lib/topology.sh" && serve eth0 72 ip4'
	guests :br0 "$GUESTS"
	config <<<$'[checksum]\nmechanism = none'
	get dhcp=bad
	docker_rules "$SRC/tests/fixtures/docker/28.5.2.rules" legacy
	tee /proc/sys/net/bridge/bridge-nf-call-iptables >/dev/null <<<1
	! "$HOOKS/virt-netboot" probe --bridge br0 >/tmp/said || fail "the probe is answered"
	grep -q Docker /tmp/said || fail "the probe does not say who it is: $(cat /tmp/said)"
	there_and_back --firewall --bridge br0
	config <<<$'[checksum]\nmechanism = none\n[firewall]\ndocker-user = yes'
	there_and_back --all
}

# What the kernel is asked for grows with the number of guests, and not with its square: a bridge's ports are listed once
# for them all.
growth() {
	local few many
	told_by_kernel 20
	few=$told
	told_by_kernel 80
	many=$told
	say "bytes told by the kernel: $few for 20 guests, $many for 80"
	((many < 5 * few)) || fail "that is more than for each guest so much"
}

# told_by_kernel COUNT: $told bytes, by netlink, to a repair that changes as many ports.
told_by_kernel() {
	local count=$1
	own_bridge
	add_uplink br0 br0-up
	guests :br0 "$count"
	all_delayed
	LD_PRELOAD=$TOOLS/libvirt-stub.so strace -qq -o /tmp/trace -e trace=recvmsg "$HOOKS/virt-netboot" repair --all >"$REPAIRED"
	did "$count" 'edge-port .* port=vnet.*'
	told=$(awk '!/MSG_PEEK/ && $NF > 0 { sum += $NF } END { print sum }' /tmp/trace)
	virt_netboot repair --undo >/dev/null
	kill "$STREAM_PID"
}

cases beside_hooks no_port_stops network own one_first min_delay stp_off bpdu_guard uplink_held by_ethtool zeroed macvtap growth \
	docker
