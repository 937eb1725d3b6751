# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The parts of a host's network, for use inside the sandbox (testlib.sh):
#
#     add_bridge virbr15 stp_state 1 forward_delay 1500
#     serve virbr15 150                          DHCP, DHCPv6 and TFTP on it
#     add_uplink virbr15 eth7                    a port that is not a guest's
#     add_better_root virbr15                    another switch, the root from now on
#     serve_in_guest virbr15 151 vnet3           DHCP, DHCPv6 and TFTP in a guest of its own
#     cable=-v serve_in_guest virbr15 151 vnet3  which vhost-net serves (tools/guest-cable.c)
#     add_card eth8                              a card to put macvtaps and macvlans on
#     add_macvtap eth8 macvtap0                  a guest's port there
#     add_macvlan eth8 host8                     the host's own, beside it; serve works there
#
# and what a guest there gets to see:
#
#     linux_guest virbr15 dhcp=bad tftp=bad      its driver offloads checksums
#     firmware_guest virbr15 dhcp=ok tftp=ok     like PXE firmware: it does not
#     patience=7 firmware_guest virbr15 dhcp=none        no answer within 7 s
#     tap=vnet7 firmware_guest virbr15 dhcp=ok           its tap has this name
#     macvtap=macvtap0 linux_guest eth8 dhcp=bad         its card is a macvtap, made before
#     segments_arrive virbr15 150 -c             UDP_SEGMENT from the host, whole

bridges=0 # made so far, in this shell

# What repaired.sh asks for: the servers, a file for each device with the pid and what is served there; and the taps that
# open_taps has open, with its pid.
SERVERS=/tmp/servers
HELD_TAPS=/tmp/held-taps

# note_server DEVICE PID ip4|ip6|both|hold: hold where only a port's delay is to be tried with it.
note_server() {
	mkdir -p "$SERVERS"
	echo "$2 $3" >"$SERVERS/$1"
}

# add_bridge NAME [BRIDGE-OPTION VALUE]...: a bridge, up, with a MAC address of its own, as
# libvirt makes them: otherwise it would take one of its ports', and change it with each guest.
# Cases of a test (testlib.sh) are shells that count by themselves, so the process is in the address, too.
add_bridge() {
	local name=$1
	shift
	bridges=$((bridges + 1))
	ip link add "$name" address "$(printf '02:%02x:%02x:%02x:00:%02x' $((BASHPID >> 16)) $((BASHPID >> 8 & 255)) \
		$((BASHPID & 255)) "$bridges")" type bridge "$@"
	ip link set "$name" up
}

# add_uplink BRIDGE NAME: a port with carrier that is not a guest's: a cable to nowhere.
add_uplink() {
	ip link add "$2" type veth peer name "$2-far"
	ip link set "$2" master "$1" up
	ip link set "$2-far" up
	wait_for 5 has_carrier "$2" # the kernel sees it a moment later
}

# add_card NAME: a network card, up, with a cable to nowhere.
add_card() {
	ip link add "$1" type veth peer name "$1-far"
	ip link set "$1" up
	ip link set "$1-far" up
}

# add_macvtap CARD NAME [MODE]: for a guest that is switched off; the MAC address is the guest's. It lets
# every multicast pass, as libvirt's do for a guest that asks for one, with trustGuestRxFilters='yes'.
add_macvtap() {
	ip link add link "$1" name "$2" type macvtap mode "${3:-bridge}"
	ip link set "$2" allmulticast on
}

# add_macvlan CARD NAME: the host's own, up: its way to the macvtaps on the same CARD.
add_macvlan() {
	ip link add link "$1" name "$2" type macvlan mode bridge
	ip link set "$2" up
}

has_carrier() { [ "$(link_get "$1" state)" != disabled ]; }

# add_guest_port BRIDGE NAME [OPTION]: the tap of a guest that is switched off; vnet_hdr for OPTION is
# what a virtio guest's has.
add_guest_port() {
	ip tuntap add "$2" mode tap ${3:+"$3"}
	ip link set "$2" master "$1" up
}

# open_taps TAP...: taps that a process has open, $taps_pid, as QEMU has those of a guest that runs: only
# then have they carrier. They are gone when it ends.
open_taps() {
	local tap
	python3 -c '
import fcntl, signal, struct, sys
TUNSETIFF, IFF_TAP, IFF_NO_PI, IFF_VNET_HDR = 0x400454ca, 0x0002, 0x1000, 0x4000
taps = []
for name in sys.argv[1:]:
    taps.append(open("/dev/net/tun", "r+b", buffering=0))
    fcntl.ioctl(taps[-1], TUNSETIFF,
                struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI | IFF_VNET_HDR))
signal.pause()' "$@" &
	taps_pid=$!
	wait_for 60 ip link show "${!#}"
	mkdir -p "$HELD_TAPS"
	for tap; do echo "$taps_pid" >"$HELD_TAPS/$tap"; done
}

# plug_tap BRIDGE TAP [MAC]: the tap becomes a port, as libvirt does it.
plug_tap() {
	[ -z "${3:-}" ] || ip link set "$2" address "$3"
	ip link set "$2" master "$1"
	ip link set "$2" up
}

# add_guest BRIDGE TAP [MAC]: a guest that runs, and whose port the bridge holds from now on.
add_guest() {
	open_taps "$2"
	plug_tap "$@"
}

# port_is PORT STATE: disabled, listening, learning, forwarding or blocking.
port_is() { [ "$(link_get "$1" state)" = "$2" ]; }

# add_loop BRIDGE NAME: a cable with both ends in BRIDGE; returns when STP blocks one, NAME-far.
add_loop() {
	add_uplink "$1" "$2"
	ip link set "$2-far" master "$1"
	wait_for 5 port_is "$2-far" blocking
}

# add_better_root BRIDGE: connects a second switch which is preferred as root, and
# waits until BRIDGE has accepted it.
add_better_root() {
	local root=$1-root
	add_bridge "$root" stp_state 1 priority 0 forward_delay 1500
	ip link add "$1-up" type veth peer name "$1-down"
	ip link set "$1-up" master "$1" up
	ip link set "$1-down" master "$root" up
	wait_for 10 is_not_root "$1"
}

# delay_is BRIDGE HUNDREDTHS: in force.
delay_is() { [ "$(link_get "$1" forward_delay)" = "$2" ]; }

# By the port towards the root, because iproute2 6.1 prints the bridge's own id as root_id.
is_not_root() { [ "$(link_get "$1" root_port)" != 0 ]; }

# add_addresses DEVICE N: 192.168.N.1, fd00:N::1 and fe80::1.
add_addresses() {
	# The kernel would make a link-local address only once the bridge has carrier.
	ip link set "$1" addrgenmode none
	ip address add fe80::1/64 dev "$1" nodad
	ip address add "192.168.$2.1/24" dev "$1"
	ip address add "fd00:$2::1/64" dev "$1" nodad
}

# serve DEVICE N [ip4]: gives DEVICE the addresses 192.168.N.1 and fd00:N::1 and starts a
# server for DHCP, DHCPv6 (unless ip4 only) and TFTP on it, as libvirt starts one per network.
serve() {
	add_addresses "$1" "$2"
	start_servers "$@"
}

# start_servers DEVICE N [ip4|ip6]: the same where the addresses are there; the process is $!.
start_servers() {
	local dev=$1 dhcp4=(--dhcp-range="192.168.$2.10,192.168.$2.250" --dhcp-boot=boot.ipxe)
	local dhcp6=(--dhcp-range="fd00:$2::100,fd00:$2::1ff"
		--dhcp-option="option6:bootfile-url,tftp://[fd00:$2::1]/boot.ipxe")
	[ "${3:-}" != ip4 ] || dhcp6=()
	[ "${3:-}" != ip6 ] || dhcp4=()
	mkdir -p /tmp/tftp
	echo '#!ipxe' >/tmp/tftp/boot.ipxe
	dnsmasq --keep-in-foreground --conf-file=/dev/null --pid-file --user=root --log-facility=- \
		--port=0 --no-ping --leasefile-ro --interface="$dev" --bind-dynamic \
		"${dhcp4[@]}" "${dhcp6[@]}" --enable-tftp --tftp-root=/tmp/tftp >"/tmp/dnsmasq-$dev.log" 2>&1 &
	note_server "$dev" $! "${3:-both}"
	wait_for 30 grep -q 'TFTP root' "/tmp/dnsmasq-$dev.log"
}

# serve_in_guest BRIDGE N TAP: the same servers in a guest on BRIDGE, whose port is TAP and whose driver
# offloads checksums. TAP may be a macvtap that exists. The guest is a network namespace of this name. $cable is an
# option of guest-cable's.
serve_in_guest() {
	local bridge=$1 n=$2 tap=$3
	ip netns add "$tap"
	"$TOOLS/guest-cable" ${cable:+"$cable"} "$tap" "$tap" &
	wait_for 30 ip -n "$tap" link show "$tap"
	if [ -e "/sys/class/net/$tap/macvtap" ]; then
		ip -n "$tap" link set "$tap" address "$(link_get "$tap" address)"
		ip link set "$tap" up
	else
		plug_tap "$bridge" "$tap"
	fi
	ip -n "$tap" link set "$tap" up
	# shellcheck disable=SC2016 # for the inner shell
	TEST_CASE='' ip netns exec "$tap" bash -c \
		'. "$SRC/tests/lib/testlib.sh" && . "$SRC/tests/lib/topology.sh" && serve "$@"' - "$tap" "$n"
}

# guest_card BRIDGE: $card becomes what a guest's program takes: a tap that it plugs into BRIDGE; a tap,
# $tap, that is a port already, or is no port where BRIDGE is the empty string; or $macvtap.
guest_card() {
	local name=${macvtap:-${tap:-guest$BASHPID}}
	card=(-b "$1" "$name")
	[ -z "${macvtap:-}" ] && [ "$1" ] && [ ! -e "/sys/class/net/$name/brport" ] || card=("$name")
}

# run_guest OFFLOAD BRIDGE KIND=CHECKSUM...: plugs a guest into BRIDGE; fails unless the
# answers' checksums are as said: ok, bad, or none when no answer came within $patience seconds.
# With $macvtap, BRIDGE is the card below that.
run_guest() {
	local offload=$1 bridge=$2 card answers wanted
	shift 2
	guest_card "$bridge"
	answers=$("$TOOLS/guest-nic" ${offload:+-c} -w "${patience:-6}" "${card[@]}" "${@%=*}") ||
		[ $? = 1 ] || fail "guest-nic on $bridge"
	wanted=$(printf '%s\n' "$@" | sort)
	say "$bridge: $(tr '\n' ';' <<<"$answers")"
	is "guest with ${offload:-no offload} on $bridge" "$(verdicts <<<"$answers")" "$wanted"
}

# guest-nic's lines as KIND=CHECKSUM. A packet needs its checksum filled exactly when
# it is bad, so anything else is passed on as it is, for run_guest to complain.
verdicts() {
	sed -E -e 's/^(\w+) none$/\1=none/' \
		-e 's/^(\w+) needs_csum=1 checksum=(bad) .*/\1=\2/' \
		-e 's/^(\w+) needs_csum=0 checksum=(ok) .*/\1=\2/' | sort
}

linux_guest() { run_guest offload "$@"; }
firmware_guest() { run_guest '' "$@"; }

# segments_arrive DEVICE N [OPTION]...: fails unless what the host sends with UDP_SEGMENT by way of
# DEVICE, which has the addresses for N, reaches a guest there intact. $tap, $macvtap: as for linux_guest;
# OPTION is udp-segments's, and so is what is printed.
segments_arrive() {
	local dev=$1 n=$2 mac=52:54:00:00:00:99 card address status
	shift 2
	guest_card "$dev"
	[ -z "${macvtap:-}" ] || mac=$(link_get "$macvtap" address)
	for address in "192.168.$n.9" "fd00:$n::9"; do
		ip neighbour replace "$address" lladdr "$mac" dev "$dev" nud permanent
		status=0
		"$TOOLS/udp-segments" "$@" "${card[@]}" "$address" || status=$?
		case $status in
		0) ;;
		4)
			# The guest cuts datagrams since 6.2.
			! printf '6.2\n%s\n' "$(uname -r)" | sort -CV || fail "udp-segments $*: refused"
			say "not with this kernel: udp-segments $*"
			;;
		*) fail "udp-segments $* ${card[*]} $address" ;;
		esac
	done
}
