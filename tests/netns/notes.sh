#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What a hook notes about a bridge for the next one is about that very device: not about one that is made later and
# gets the same ifindex, of whichever kind, nor about one in a network namespace that gets the same number. Nor
# does it outlive what an administrator does: STP that he has switched off stays off.
#
# What cannot be had from a real kernel, a third message that fails, is in test_edge_port.c: here its note is written
# by hand.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
sandbox "$@"
need python3 strace ethtool
hooks_start
no_stp_program

LOCKS=/run/virt-netboot/$(stat -Lc %i /proc/self/ns/net)

# note DEVICE FIELD=VALUE...: what bridge_lock.h keeps of the device as it is now, by hand. A time is in seconds, from
# now; left_off_timer as the kernel has it now, so many seconds later. key=none: of no device.
note() {
	mkdir -p /run/virt-netboot
	: >>"$LOCKS" # without it there was no hook
	python3 - "$LOCKS.devices" "$(cat "/sys/class/net/$1/ifindex")" "$@" <<'PYTHON'
import os, socket, struct, sys, time
path, ifindex, device = sys.argv[1], int(sys.argv[2]), sys.argv[3]
fields = dict(f.split("=") for f in sys.argv[4:])
def clock(): return time.clock_gettime_ns(time.CLOCK_MONOTONIC)
now = clock()
boot = open("/proc/sys/kernel/random/boot_id").read().split("-")
key = [int(boot[0] + boot[1], 16),
       struct.unpack("Q", socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).getsockopt(socket.SOL_SOCKET, 71, 8))[0],
       os.stat("/sys/class/net/" + device).st_ino]
if "key" in fields: key[int(fields["key"])] += 1
def at(name): return now + int(float(fields[name]) * 1e9) if name in fields else 0
def timer_end():
    for attempt in range(50): # in which somebody else may have the processor
        before = clock()
        timer = int(open(f"/sys/class/net/{device}/bridge/hello_timer").read())
        if clock() - before < 10**7: break
    return before + timer * 10**7 + int(float(fields.get("left_off_timer", 0)) * 1e9) if timer else 0
end = timer_end() if os.path.isdir(f"/sys/class/net/{device}/bridge") else 0
file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
os.pwrite(file, struct.pack("QQQqqqqiiII24s24sii", *key, at("armed"), at("hello"), at("left_off"), end,
          int(fields.get("told", 0)), int(fields.get("tx_checksum_off", 0)),
          int(fields.get("delay_before", 0)), int(fields.get("delay_set", 0)),
          fields.get("zone_before", "").encode(), fields.get("zone_set", "").encode(),
          int(fields.get("stp_off", 0)), 0), ifindex * 128)
PYTHON
}

# remade BRIDGE [KIND...]: another device with its name and ifindex, with STP off.
remade() {
	local ifindex
	ifindex=$(cat "/sys/class/net/$1/ifindex")
	ip link delete "$1"
	# shellcheck disable=SC2086 # words
	ip link add "$1" index "$ifindex" type ${2:-bridge} "${@:3}"
	ip link set "$1" up
}

stp_is() { is "STP of $1" "$(link_get "$1" stp_state)" "$2"; }
tx_checksum() { ethtool -k "$1" | sed -n 's/^tx-checksumming: //p'; }

# guest BRIDGE OPERATION: as libvirt tells of a guest there.
guest() { domain_xml web "$(nic "$1")" | qemu_hook web "$2" "$([ "$2" = release ] && echo end || echo begin)" -; }

hold() {
	ip link set "$2" nomaster
	ip link set "$2" master "$1" up
}

# Wherever the hook is killed over an edge port, STP is on; an administrator's "off" is never undone, at once or later.
killed_and_then_switched_off() {
	local call n
	add_bridge br1 stp_state 1 forward_delay 3000
	add_better_root br1 # so that no hello has to be waited for
	open_taps vnet1
	domain_xml web "$(target=vnet1 nic br1)" >/tmp/vnet1.xml
	for call in pwrite64 pread64 sendmsg; do
		for n in 1 2 3 4 5 6; do
			[ "$call" = sendmsg ] || [ "$n" -le 2 ] || break
			ip link set br1 type bridge stp_state 1
			hold br1 vnet1
			cut_off "$call" "$n"
			stp_is br1 1
			ip link set br1 type bridge stp_state 0
			log_forget
			qemu_hook web reconnect begin - </tmp/vnet1.xml
			guest br1 prepare
			stp_is br1 0
			not_logged stp-on
		done
	done
}

# cut_off CALL N: the hook for vnet1 is killed before the Nth such call, to a file of ours if it is one for files.
cut_off() {
	local -x ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 # which cannot work under strace
	local only=(-P "$LOCKS" -P "$LOCKS.devices")
	[ "$1" != sendmsg ] || only=()
	strace -f -qq -o /tmp/cut_off.trace "${only[@]}" -e "trace=$1" -e "inject=$1:signal=KILL:when=$2" \
		/usr/sbin/virt-netboot-qemu-hook web start begin - </tmp/vnet1.xml
}

# STP that was left off is switched on by whoever comes next, and that is logged; unless somebody has done so
# meanwhile and switched it off again. A long hello time, so that a slow machine does not matter.
left_off() {
	add_bridge br2 hello_time 1000
	off_just_now br2
	note br2 left_off=-0.1
	guest br2 prepare
	stp_is br2 1
	logged '^action=stp-on bridge=br2 why="[^"]+" result=done$'
	log_forget

	ip link set br2 type bridge stp_state 0
	guest br2 prepare
	stp_is br2 0
	nothing_logged

	off_just_now br2
	note br2 left_off=-0.1 left_off_timer=-1
	left_to_others br2
}

# left_to_others BRIDGE: STP stays off, which is said once.
left_to_others() {
	guest "$1" prepare
	stp_is "$1" 0
	logged "^action=stp-on bridge=$1 why=\"[^\"]+\" result=failed error=\"Operation canceled\"\$"
	log_forget
	guest "$1" prepare
	stp_is "$1" 0
	nothing_logged
}

# off_just_now BRIDGE: with its timer running.
off_just_now() {
	ip link set "$1" type bridge stp_state 1
	ip link set "$1" type bridge stp_state 0
}

# The administrator's switch on and off is seen by the timer, as it is in this kernel.
switched_on_and_off() {
	add_bridge br3 hello_time 1000
	off_just_now br3
	sleep 0.5
	note br3 left_off=-0.1
	off_just_now br3
	left_to_others br3
}

# A bridge that becomes the root arms its timer with STP off, too.
root_by_itself() {
	add_bridge br16 stp_state 1 hello_time 1000
	add_better_root br16
	is "timer of a bridge that is not the root" "$(cat /sys/class/net/br16/bridge/hello_timer)" 0
	ip link set br16 type bridge stp_state 0
	note br16 left_off=-0.1
	ip link set br16-up nomaster
	[ "$(cat /sys/class/net/br16/bridge/hello_timer)" != 0 ] || fail "the kernel has armed no timer"
	left_to_others br16
}

# What only looks leaves it to a hook.
command_looks() {
	config <<<$'[checksum]\nmechanism = ethtool'
	: >/dev/vhost-net # or bridges are not looked at
	add_bridge br17 hello_time 1000
	off_just_now br17
	note br17 left_off=-0.1
	domain_xml web "$(nic br17)" | "$HOOKS/virt-netboot" rewrite --auto >/dev/null
	"$HOOKS/virt-netboot" status >/dev/null || :
	stp_is br17 0
	guest br17 prepare
	rm /dev/vhost-net
	stp_is br17 1
	logged '^action=stp-on bridge=br17 .*result=done$'
}

# What goes on in the background tells of it, too, whether or not it gets to its port.
watcher_meets_it() {
	add_bridge br18 stp_state 1 forward_delay 3000 hello_time 1000
	open_taps vnet18
	ip link set vnet18 down master br18
	domain_xml web "$(target=vnet18 nic br18)" | qemu_hook web start begin -
	logged '^action=watch-port .*port=vnet18 .*result=later'
	off_just_now br18
	note br18 left_off=-0.1
	ip link set br18 alias event # of which the watcher is told
	wait_for 5 logged '^action=stp-on bridge=br18 .*result=done$'
	stp_is br18 1
	wait_for 15 no_watchers qemu # or the next case has what it says
}

# After a hello time nobody can know. That is said, once.
left_off_for_too_long() {
	add_bridge br4 stp_state 0
	note br4 left_off=-3
	guest br4 prepare
	stp_is br4 0
	logged '^action=stp-on bridge=br4 why="[^"]+" result=failed error="Timer expired"$'
	log_forget
	guest br4 prepare
	nothing_logged
}

# As it is renamed, and as its address changes with its ports, it is the same bridge.
same_bridge() {
	local address
	ip link add br5 type bridge # which takes its ports' addresses
	ip link set br5 up
	address=$(link_get br5 address)
	note br5 tx_checksum_off=1
	ethtool -K br5 tx off >/dev/null
	ip link set br5 down
	ip link set br5 name br5b
	ip link set br5b up
	add_uplink br5b eth5
	[ "$(link_get br5b address)" != "$address" ] || fail "the bridge keeps its address"
	guest br5b release
	is "transmit checksumming" "$(tx_checksum br5b)" on
}

same_key() {
	local before
	ip link add br15 type bridge
	before=$(stat -Lc %i /sys/class/net/br15)
	ip link set br15 name br15b
	ip link set br15b up
	add_uplink br15b eth15
	is "folder of a bridge that was renamed" "$(stat -Lc %i /sys/class/net/br15b)" "$before"
	remade br15b
	[ "$(stat -Lc %i /sys/class/net/br15b)" != "$before" ] || fail "the folder of another bridge has the same number"
}

# A note of a bridge that has gone: its ifindex is another's now.
another_bridge() {
	add_bridge br6 stp_state 0
	note br6 left_off=-0.1 armed=-0.1 hello=-3 told=1 tx_checksum_off=1
	remade br6
	ethtool -K br6 tx off >/dev/null
	guest br6 prepare
	guest br6 release
	stp_is br6 0
	is "transmit checksumming" "$(tx_checksum br6)" off
	nothing_logged
}

# The same note, and the bridge is still that: the rest of these cases would show nothing otherwise.
the_same_bridge() {
	add_bridge br7 stp_state 0
	note br7 tx_checksum_off=1
	ethtool -K br7 tx off >/dev/null
	guest br7 release
	is "transmit checksumming" "$(tx_checksum br7)" on
	logged '^action=tx-checksum-on .*bridge=br7 .*result=done'
}

# The bridge's timer was never put off: its port need not wait.
another_timer() {
	local ifindex
	open_taps vnet8
	add_bridge br8 stp_state 1 forward_delay 3000 hello_time 1000
	note br8 armed=0 hello=-30
	hold br8 vnet8
	domain_xml web "$(target=vnet8 nic br8)" | qemu_hook web start begin -
	logged '^action=edge-port .*port=vnet8 .*result=later' # the note is believed
	log_forget
	wait_for 15 no_watchers qemu
	note br8 armed=0 hello=-30
	remade br8 bridge stp_state 1 forward_delay 3000 hello_time 1000
	sleep 0.3
	log_forget
	hold br8 vnet8
	domain_xml web "$(target=vnet8 nic br8)" | qemu_hook web start begin -
	logged '^action=edge-port .*port=vnet8 .*result=done'
}

# A zone is noted of any device, and of that one only.
zone_of_another() {
	add_card eth19
	add_bridge br19
	note eth19 zone_before=public zone_set=libvirt
	note br19 zone_set=trusted
	is "note" "$("$TOOLS/zone" -n eth19)" "public libvirt"
	is "note" "$("$TOOLS/zone" -n br19)" " trusted"
	remade br19
	remade eth19 bridge
	is "note" "$("$TOOLS/zone" -n eth19)" " "
	is "note" "$("$TOOLS/zone" -n br19)" " "
}

# A build before this one had its notes, half as long, in another file.
notes_of_an_unreleased_build() {
	local ifindex
	add_bridge br20 stp_state 0
	ifindex=$(cat /sys/class/net/br20/ifindex)
	note br20 left_off=-0.1 tx_checksum_off=1
	dd if="$LOCKS.devices" of="$LOCKS.notes" bs=64 skip=$((2 * ifindex)) seek="$ifindex" count=1 status=none
	rm "$LOCKS.devices"
	guest br20 prepare
	stp_is br20 0
	nothing_logged
}

# Another kind of device has the ifindex: the hook ends as fast as without a note.
another_kind() {
	add_bridge br9 stp_state 0
	note br9 left_off=-0.1 tx_checksum_off=1
	remade br9 veth peer name br9-far
	takes 0 5000 guest br9 prepare
	takes 0 5000 guest br9 release
	not_logged 'deadline|stp-on|tx-checksum'
	note br9 left_off=-0.1 # even if it were about the veth
	takes 0 5000 guest br9 prepare
	not_logged 'deadline|stp-on'
}

# Of another boot, another network namespace with the same number, or another device.
another_key() {
	local part
	add_bridge br10 stp_state 0
	ethtool -K br10 tx off >/dev/null
	for part in 0 1 2; do
		note br10 key=$part left_off=-0.1 tx_checksum_off=1
		guest br10 prepare
		guest br10 release
		stp_is br10 0
		is "transmit checksumming" "$(tx_checksum br10)" off
		nothing_logged
	done
}

# The number of a network namespace is used again when that has gone; the file is there still.
another_network_namespace() {
	local n number seen=''
	for n in {1..40}; do
		ip netns add again
		number=$(stat -Lc %i /run/netns/again)
		[[ " $seen " != *" $number "* ]] || break
		seen+=" $number"
		ip netns exec again env LOCKS="/run/virt-netboot/$number" bash -c "$(declare -f note)"'
			ip link add br0 index 77 type bridge && ip link set br0 up
			note br0 left_off=-0.1 tx_checksum_off=1'
		ip netns delete again
	done
	[ "$n" != 40 ] || skip "the kernel gives no number again"
	ip -n again link add br0 index 77 type bridge
	ip -n again link set br0 up
	ip netns exec again ethtool -K br0 tx off >/dev/null
	domain_xml web "$(nic br0)" >/tmp/again.xml
	ip netns exec again /usr/sbin/virt-netboot-qemu-hook web prepare begin - </tmp/again.xml
	ip netns exec again /usr/sbin/virt-netboot-qemu-hook web release end - </tmp/again.xml
	is "STP" "$(ip -n again -d link show br0 | grep -o 'stp_state .')" "stp_state 0"
	is "transmit checksumming" "$(ip netns exec again ethtool -k br0 | sed -n 's/^tx-checksumming: //p')" off
	nothing_logged
}

# Without /sys a bridge's notes hold as long as there is one with that ifindex.
without_sys() {
	add_bridge br11 stp_state 1 forward_delay 3000
	open_taps vnet11
	hold br11 vnet11
	mount -t tmpfs none /sys
	domain_xml web "$(target=vnet11 nic br11)" | qemu_hook web start begin -
	umount /sys
	logged '^action=edge-port .*port=vnet11 .*result=done'
	is "notes" "$(stat -c %s "$LOCKS.devices")" "$(((1 + $(cat /sys/class/net/br11/ifindex)) * 128))"
}

# What 0.1.0 has left is not read, and neither does it read ours.
notes_of_another_version() {
	mkdir -p /run/virt-netboot
	add_bridge br12 stp_state 0
	python3 -c '
import os, struct, sys, time
now = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
file = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT, 0o600)
os.pwrite(file, struct.pack("qqiiq", now, now, 1, 1, 1), int(sys.argv[2]) * 32)' \
		"$LOCKS" "$(cat /sys/class/net/br12/ifindex)"
	guest br12 prepare
	stp_is br12 0
	nothing_logged
	rm "$LOCKS"
	repaired_port br12
	is "size of the file that 0.1.0 has its notes in" "$(stat -c %s "$LOCKS")" 0
}

repaired_port() {
	ip link set "$1" type bridge stp_state 1 forward_delay 3000
	open_taps vnet12
	hold "$1" vnet12
	domain_xml web "$(target=vnet12 nic "$1")" | qemu_hook web start begin -
	logged '^action=edge-port .*port=vnet12 .*result=done'
}

before_each() {
	log_forget
	config <<<$'[checksum]\nmechanism = auto'
}

cases same_key killed_and_then_switched_off left_off switched_on_and_off root_by_itself command_looks \
	watcher_meets_it left_off_for_too_long same_bridge another_bridge the_same_bridge another_timer another_kind \
	zone_of_another notes_of_an_unreleased_build \
	another_key another_network_namespace without_sys notes_of_another_version
