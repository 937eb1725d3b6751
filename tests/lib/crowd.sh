# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Many guests on one bridge, br0, whose taps are held by a process, as QEMU holds them; beside testlib.sh, topology.sh,
# hooks.sh and repair.sh:
#
#     stub_start; crowd_start
#     a_bridge                  of the network net; own_bridge: the host's own
#     guests net:br0 40         vnet0 to vnet39; guests :br0 40
#     count=40 all_delayed      as if they had just come
#     stream start              each sends to the next
#     stream stop
#     stream_says 'sent [0-9]+ lost 0'

crowd_start() {
	export boot=network
	: >/dev/vhost-net
}

# crowd_is_gone: the case before leaves its taps to the end of the process that holds them, and its servers.
crowd_is_gone() {
	local pid link
	wait_for 20 no_taps
	for link in br0 br0-up br0-up2; do
		[ ! -e "/sys/class/net/$link" ] || ip link del "$link"
	done
	[ -e "$SERVERS/br0" ] || return 0
	read -r pid _ <"$SERVERS/br0"
	kill "$pid" 2>/dev/null || :
	rm "$SERVERS/br0"
}
no_taps() { ! compgen -G '/sys/class/net/vnet*'; }

# own_bridge [STP]: br0, with servers.
own_bridge() {
	crowd_is_gone
	add_bridge br0 stp_state "${1:-1}" forward_delay 1500
	serve br0 71
}

# a_bridge [STP]: the same, of network net.
a_bridge() {
	own_bridge "$@"
	network_runs net br0 71 tftp dhcp6
}

# guests NETWORK:BRIDGE COUNT: vnet0 and so on, which run; their ports are delayed if the bridge does that. Without a
# NETWORK they are on the host's own bridge. $model is that of their interfaces, virtio unless set.
guests() {
	local i names=() mac xml guest
	for ((i = 0; i < $2; i++)); do names+=("vnet$i"); done
	hold_taps "${names[@]}"
	xml=$(target=TAP crowd_nic "${1%:*}" "${1#*:}")
	guest_runs NAME "$xml"
	xml=$(cat "$STUB/guests/NAME")
	rm "$STUB/guests/NAME"
	for ((i = 0; i < $2; i++)); do
		printf -v mac %02x:%02x $((i >> 8)) $((i & 255))
		guest=${xml/NAME/guest$i}
		guest=${guest/TAP/vnet$i}
		printf '%s\n' "${guest/52:54:00:00:00:99/52:54:00:77:$mac}" >"$STUB/guests/guest$i"
		printf 'link set vnet%s address fe:54:00:77:%s\nlink set vnet%s master %s\nlink set vnet%s up\n' \
			$i "$mac" $i "${1#*:}" $i
	done | ip -batch -
}

crowd_nic() {
	if [ "$1" ]; then network_nic "$1" "$2" "${model:-virtio}"; else nic "$2" "${model:-virtio}"; fi
}

# hold_taps TAP...: by a process that can send through them, see stream.
hold_taps() {
	local tap
	coproc STREAM { exec "$TOOLS/port-stream" "${pause:-1000}" "$@"; }
	stream_says open
	mkdir -p "$HELD_TAPS"
	# shellcheck disable=SC2153 # coproc sets it
	for tap; do echo "$STREAM_PID" >"$HELD_TAPS/$tap"; done
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
