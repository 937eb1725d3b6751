# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Many guests on one bridge, br0, whose taps are held by a process, as QEMU holds them; beside testlib.sh, topology.sh,
# hooks.sh and repair.sh:
#
#     stub_start; crowd_start
#     a_bridge
#     guests net:br0 40         vnet0 to vnet39
#     count=40 all_delayed      as if they had just come
#     stream start              each sends to the next
#     stream stop
#     stream_says 'sent [0-9]+ lost 0'

crowd_start() {
	export boot=network
	: >/dev/vhost-net
}

# a_bridge [STP]: br0 of network net, with its servers.
a_bridge() {
	# Those of the one before go with its stream.
	wait_for 5 test ! -e /sys/class/net/vnet0
	! ip link show br0 >/dev/null 2>&1 || ip link del br0
	add_bridge br0 stp_state "${1:-1}" forward_delay 1500
	serve br0 71
	network_runs net br0 71 tftp dhcp6
}

# guests NETWORK:BRIDGE COUNT: vnet0 and so on, which run; their ports are delayed if the bridge does that.
guests() {
	local i names=() network=${1%:*} bridge=${1#*:}
	for ((i = 0; i < $2; i++)); do names+=("vnet$i"); done
	coproc STREAM { exec "$TOOLS/port-stream" "${pause:-1000}" "${names[@]}"; }
	stream_says open
	for ((i = 0; i < $2; i++)); do
		printf 'link set vnet%s address fe:54:00:77:%02x:%02x\nlink set vnet%s master %s\nlink set vnet%s up\n' \
			$i $((i >> 8)) $((i & 255)) $i "$bridge" $i
		target=vnet$i network_nic "$network" "$bridge" | sed "s/52:54:00:00:00:99/$(printf '52:54:00:77:%02x:%02x' $((i >> 8)) $((i & 255)))/" >/tmp/nic
		guest_runs "guest$i" "$(cat /tmp/nic)"
	done | ip -batch -
}

# stream start|stop
stream() { echo "$1" >&"${STREAM[1]}"; }

# stream_says PATTERN
stream_says() {
	local line
	read -r -t 60 -u "${STREAM[0]}" line || fail "the stream has ended"
	[[ $line =~ ^$1$ ]] || fail "the stream says: $line"
	# shellcheck disable=SC2034 # for the caller
	said=$line
}

# ports STATE: how many of br0's are in it.
ports() { ip -d -j link show master br0 | grep -o "\"state\":\"$1\"" | wc -l; }
ports_are() { [ "$(ports "$1")" = "$2" ]; }

# ms COMMAND...: sets $took.
ms() {
	local start=${EPOCHREALTIME/./}
	"$@"
	# shellcheck disable=SC2034 # for the caller
	took=$(((${EPOCHREALTIME/./} - start) / 1000))
}

hooks_one_by_one() {
	local guest
	{
		echo '<hookData>'
		cat "$STUB/networks/net"
		echo '</hookData>'
	} | /usr/sbin/virt-netboot-network-hook net started begin -
	for guest in "$STUB"/guests/*; do
		/usr/sbin/virt-netboot-qemu-hook "${guest##*/}" reconnect begin - <"$guest"
	done
}

# all_delayed: $count of them, as the ports of guests that come to a bridge with STP and its delay.
all_delayed() {
	local i
	ip link set br0 type bridge stp_state 1 forward_delay 1500
	# What hooks have left to processes of their own is not to be done later.
	wait_for 25 no_watchers qemu
	# shellcheck disable=SC2154 # it is the caller's
	for ((i = 0; i < count; i++)); do printf 'link set vnet%s nomaster\nlink set vnet%s master br0\n' $i $i; done | ip -batch -
	ports_are forwarding 0 || fail "some forward"
	expect_rules br0
}
