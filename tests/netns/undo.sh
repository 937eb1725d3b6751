#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What takes everything back: `virt-netboot disable`, and `repair --undo`, which leaves the hooks on. A bridge's forward
# delay, and the zone of firewalld's that a device is in, get back to what they were, if they are exactly what we set, and
# it is that very device. All else of ours goes, and nothing of anybody else.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
. "$SRC/tests/lib/firewalls.sh"
sandbox "$@"
need strace ethtool tc nft iptables-legacy ip6tables-legacy
hooks_start
no_stp_program

verb=() # of the case
DEVICES=/run/virt-netboot/$(stat -Lc %i /proc/self/ns/net).devices

undo() { "$HOOKS/virt-netboot" "${verb[@]}"; }
# shortened BRIDGE: libvirt starts a network there, and the hook shortens its delay.
shortened() {
	delay_is "$1" 1500
	network_xml slow "$1" 150 | network_hook slow started begin -
	delay_is "$1" 200
}
delay_is() { is "forward delay of $1" "$(link_get "$1" forward_delay)" "$2"; }

# The rules of the network's event are not what these cases are about.
no_checksums() { config <<<$'[checksum]\nmechanism = none'; }

nothing_left() {
	local said
	said=$(undo)
	[[ $said == "" || $said == "nothing to take back" ]] || fail "${verb[*]} again: $said"
}

delay_back() {
	local said
	add_bridge br1 stp_state 1 forward_delay 1500
	shortened br1
	log_forget
	said=$(undo)
	is "${verb[*]}" "$said" 'action=set-forward-delay bridge=br1 from=2.00s to=15.00s result=done'
	delay_is br1 1500
	logged '^action=set-forward-delay bridge=br1 from=2.00s to=15.00s result=done$'
	nothing_left
	ip link set br1 type bridge forward_delay 200 # an administrator's
	nothing_left
	delay_is br1 200
}

# Set twice, and what was first is what it gets back.
set_again() {
	add_bridge br2 stp_state 1 forward_delay 1500
	shortened br2
	network_xml slow br2 150 | network_hook slow started begin -
	undo >/dev/null
	delay_is br2 1500
	shortened br2
	undo >/dev/null
	delay_is br2 1500
}

changed_meanwhile() {
	add_bridge br3 stp_state 1 forward_delay 1500
	shortened br3
	ip link set br3 type bridge forward_delay 700
	nothing_left
	delay_is br3 700
	ip link set br3 type bridge forward_delay 200 # the note has gone
	nothing_left
	delay_is br3 200
}

another_bridge() {
	local ifindex
	add_bridge br4 stp_state 1 forward_delay 1500
	shortened br4
	ifindex=$(cat /sys/class/net/br4/ifindex)
	ip link delete br4
	ip link add br4 index "$ifindex" type bridge stp_state 1 forward_delay 200
	ip link set br4 up
	nothing_left
	delay_is br4 200
}

renamed() {
	add_bridge br5 stp_state 1 forward_delay 1500
	shortened br5
	ip link set br5 down
	ip link set br5 name br5b
	ip link set br5b up
	undo >/dev/null
	delay_is br5b 1500
}

# While it is not the root, the delay that is seen is another's.
not_the_root() {
	local said
	add_bridge br6 stp_state 1 forward_delay 1500
	shortened br6
	add_better_root br6
	said=$(undo 2>&1)
	[[ $said == *delay-left*br6*"which was 15.00 s"*"ip link set dev br6 type bridge forward_delay 1500"* ]] || fail "said: $said"
	ip link set br6-up nomaster
	delay_is br6 200
	undo >/dev/null
	delay_is br6 1500
	shortened br6
	ip link set br6-up master br6
	wait_for 10 is_not_root br6
	ip link set dev br6 type bridge forward_delay 1500 # as the finding says
	ip link set br6-up nomaster
	delay_is br6 1500
	nothing_left
}

# Wherever the hook is killed: it is taken back to what it was, or was never changed.
killed() {
	local call n ended
	local -x ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 # which cannot work under strace
	add_bridge br7 stp_state 1 forward_delay 1500
	network_xml slow br7 150 >/tmp/slow.xml
	for call in pwrite64 sendmsg; do
		for n in {1..12}; do
			[ "$call" = sendmsg ] || [ "$n" -le 3 ] || break
			ended=$(strace -f -qq -o /tmp/killed.trace -e "trace=$call" -e "inject=$call:signal=KILL:when=$n" \
				/usr/sbin/virt-netboot-network-hook slow started begin - </tmp/slow.xml 2>&1) || :
			is "said" "$ended" ""
			undo >/dev/null
			delay_is br7 1500
			nothing_left
		done
	done
}

# And wherever what takes it back is killed.
killed_undo() {
	local call n ended
	local -x ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0
	add_bridge br8 stp_state 1 forward_delay 1500
	for call in pwrite64 sendmsg; do
		for n in 1 2 4 6 9; do
			shortened br8
			ended=$(strace -f -qq -o /tmp/killed.trace -e "trace=$call" -e "inject=$call:signal=KILL:when=$n" \
				"$HOOKS/virt-netboot" "${verb[@]}" 2>&1) || : # whatever it has said by then
			[[ $(link_get br8 forward_delay) =~ ^(200|1500)$ ]] || fail "delay: $(link_get br8 forward_delay)"
			undo >/dev/null
			delay_is br8 1500
			nothing_left
		done
	done
}

# Where there can be no notes, the repair is done all the same, and nobody is told that nothing is left.
no_notes() {
	local said status=0
	add_bridge br9 stp_state 1 forward_delay 1500
	mkdir -p /run/virt-netboot
	rm -rf "$DEVICES"
	mkdir "$DEVICES"
	shortened br9
	logged "warning=\"the forward delay that 'br9' had cannot be noted"
	said=$(undo 2>&1) || status=$?
	rmdir "$DEVICES"
	is "status" "$status" 3
	[[ $said == *"the forward delay of br9 cannot be read: Is a directory"* ]] || fail "said: $said"
	delay_is br9 200
}

# Where it may not be seen which device a note is about, it is neither taken for another's nor lost.
not_for_us_to_see() {
	local file said status
	local -x ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0
	add_bridge br16 stp_state 1 forward_delay 1500
	shortened br16
	for file in /proc/sys/kernel/random/boot_id /sys/class/net; do
		status=0
		said=$(strace -f -qq -o /tmp/denied.trace -P "$file" -e trace=open,openat -e inject=open,openat:error=EACCES \
			"$HOOKS/virt-netboot" "${verb[@]}" 2>&1) || status=$?
		is "status" "$status" 3
		[[ $said == *"the forward delay of br16 cannot be read: Permission denied"* ]] || fail "said: $said"
		delay_is br16 200
	done
	undo >/dev/null
	delay_is br16 1500
}

# What takes it back is no change to be taken back, also where its note is gone by then.
note_is_gone() {
	local n
	local -x ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0
	add_bridge br17 stp_state 1 forward_delay 1500
	for n in {1..12}; do
		shortened br17
		strace -f -qq -o /tmp/gone.trace -P "$DEVICES" -e trace=open,openat -e "inject=open,openat:error=ENOENT:when=$n" \
			"$HOOKS/virt-netboot" "${verb[@]}" >/dev/null
		undo >/dev/null
		delay_is br17 1500
		nothing_left
	done
	! grep -q INJECTED /tmp/gone.trace || fail "not each was denied"
}

stp_stays_off() {
	local said
	config <<<$'[bridge]\nhold = stp-off\n[checksum]\nmechanism = none'
	add_bridge br10 stp_state 1 forward_delay 1500
	domain_xml web "$(nic br10)" | qemu_hook web prepare begin -
	is "STP" "$(link_get br10 stp_state)" 0
	said=$(undo 2>&1)
	[[ $said == *stp-left-off*br10*"ip link set dev br10 type bridge stp_state 1"* ]] || fail "said: $said"
	is "STP" "$(link_get br10 stp_state)" 0
	ip link set br10 type bridge stp_state 1
	said=$(undo 2>&1)
	[[ $said != *stp-left-off* ]] || fail "said: $said"
	ip link set br10 type bridge stp_state 0 # an administrator's
	said=$(undo 2>&1)
	[[ $said != *stp-left-off* ]] || fail "said: $said"
}

whole_state() {
	kernel_state
	tc qdisc show | sed 's/qdisc noqueue.*//; s/qdisc [a-z_]* 0: /qdisc /'
	tc filter show dev other egress
	nft list ruleset
	ethtool -k br11 | grep -E '^(tx-checksumming|generic-seg|tcp-seg)'
}

# Rules, filters, offload and delay of ours; and each kind of somebody else's.
everything() {
	local before after mechanism mechanisms=(iptables ethtool)
	! has_act_csum || mechanisms+=(tc) # else in the virtual machines only
	use_legacy_tables
	add_bridge br11 stp_state 1 forward_delay 1500
	add_card other
	tc qdisc add dev other clsact
	tc filter add dev other egress protocol ip prio 7 u32 match u32 0 0 classid 1:1
	iptables-legacy -t mangle -A POSTROUTING -o br11 -p udp --dport 68 -j CHECKSUM --checksum-fill
	nft add table inet another
	before=$(whole_state)
	for mechanism in "${mechanisms[@]}"; do
		config <<<$'[checksum]\nmechanism = '"$mechanism"
		shortened br11
		domain_xml web "$(nic br11)" | qemu_hook web prepare begin -
		[ "$(whole_state)" != "$before" ] || fail "$mechanism: nothing was done"
		undo >/dev/null
		after=$(whole_state)
		[ "$after" = "$before" ] || fail "$mechanism: $(diff <(cat <<<"$before") <(cat <<<"$after"))"
		nothing_left
	done
	iptables-legacy -t mangle -F
	nft delete table inet another
}

docker_user() {
	local kind before
	[ -e /proc/sys/net/bridge ] || skip "needs br_netfilter"
	add_bridge br12
	for kind in nft legacy; do
		docker_rules "$(echo "$SRC"/tests/fixtures/docker/*.rules | cut -d' ' -f1)" "$kind"
		before=$("iptables-$kind-save" -t filter | without_counters)
		"$TOOLS/docker-user" 4 br12 stays
		[ "$("iptables-$kind-save" -t filter | without_counters)" != "$before" ] || fail "no rule of ours"
		is "${verb[*]}" "$(undo)" 'action=remove-docker-user-rule bridge=br12 mechanism=iptables result=done'
		is "rules" "$("iptables-$kind-save" -t filter | without_counters)" "$before"
		nothing_left
		nft flush ruleset
		iptables-legacy -F
		iptables-legacy -X
	done
}

zone() { "$TOOLS/zone" "$@"; }
zone_is() { is "zone of $1" "$(firewall-cmd --get-zone-of-interface="$1" 2>&1 | grep -v 'no zone' || :)" "$2"; }

zones() {
	local said
	firewalld_start
	add_bridge br13
	add_bridge br14
	add_card other
	firewall-cmd -q --zone=public --change-interface=br14
	zone br13 libvirt
	zone br14 libvirt
	zone other trusted
	zone_is br13 libvirt
	said=$(undo)
	is "${verb[*]}" "$said" 'action=set-firewalld-zone bridge=br13 from=libvirt result=done
action=set-firewalld-zone bridge=br14 from=libvirt to=public result=done
action=set-firewalld-zone bridge=other from=trusted result=done'
	logged 'action=set-firewalld-zone bridge=br14 from=libvirt to=public result=done'
	zone_is br13 ""
	zone_is br14 public
	zone_is other ""
	nothing_left
	zone_of_others
	firewalld_ends
}

# Somebody has changed it, or firewalld has forgotten it.
zone_of_others() {
	zone br13 libvirt
	firewall-cmd -q --zone=trusted --change-interface=br13
	nothing_left
	zone_is br13 trusted
	is "note" "$(zone -n br13)" " "
	zone br14 libvirt
	firewall-cmd -q --reload
	nothing_left
	is "note" "$(zone -n br14)" " "
}

# It does not run, or does not answer: the rest is done, in time.
firewalld_ends() {
	zone br13 libvirt
	kill -STOP "$(cat /run/firewalld-pid)"
	takes 0 8000 unanswered
	kill -CONT "$(cat /run/firewalld-pid)"
	grep -q 'firewalld does not tell the zone of br13' /tmp/stopped || fail "$(cat /tmp/stopped)"
	firewalld_stop
	takes 0 8000 nothing_left
	is "note" "$(zone -n br13)" " libvirt" # the reload has forgotten "trusted"
}

unanswered() {
	undo >/tmp/stopped 2>&1 && fail "no answer is no failure"
	return 0
}

# Nobody is asked about zones where none was noted.
no_bus() {
	local -x ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0
	add_bridge br15 stp_state 1 forward_delay 1500
	shortened br15
	strace -f -qq -o /tmp/bus.trace -e trace=connect,openat "$HOOKS/virt-netboot" "${verb[@]}" >/dev/null
	delay_is br15 1500
	! grep -E 'system_bus_socket' /tmp/bus.trace || fail "somebody was asked"
}

before_each() {
	local device
	firewalld_stop
	for device in /sys/class/net/*; do
		case ${device##*/} in
		lo) ;;
		# Devices go in pairs, and some come with the kernel.
		*) ip link delete "${device##*/}" 2>/dev/null || : ;;
		esac
	done
	nft flush ruleset
	log_forget
	no_checksums
}

all=(delay_back set_again changed_meanwhile another_bridge renamed not_the_root killed killed_undo no_notes
	not_for_us_to_see note_is_gone stp_stays_off everything docker_user zones no_bus)
for case in "${all[@]}"; do
	eval "by_disable_$case() { local verb=(disable); $case; }; by_repair_$case() { local verb=(repair --undo); $case; }"
done
cases "${all[@]/#/by_disable_}" "${all[@]/#/by_repair_}"
