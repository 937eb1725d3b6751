# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# "repaired=yes" is true: hooks.sh has each run of a hook looked at. Where the log says it of a checksum or of a port
# that was held, and a server is there (topology.sh notes them), a guest on that port has to be answered well; so no test
# can take a repair for done that is none.
#
# The guest is on the port that the line names. If it names a bridge only it is on $target, or else on a tap of its own. A tap
# that another process has open is only looked at if that is open_taps's.

# repairs_are_true LINES: what the log has after so many.
repairs_are_true() {
	local line lines place promises
	local -A promised=()
	[ -d "${SERVERS:-}" ] || return 0
	log_soon
	mapfile -t -s "$1" lines <"$SYSLOG"
	for line in "${lines[@]}"; do
		[[ $line == *virt-netboot*': finding='*' repaired=yes' ]] || continue
		line=${line#*: finding=}
		promises=$(promises_of "$line") && place=$(place_of "$line") || continue
		promised[$place]+=" $promises"
	done
	for place in "${!promised[@]}"; do
		are_kept "$place" "${promised[$place]}"
	done
}

# log_soon: what was sent is in $SYSLOG: syslog-catch does not sleep before. No process is started for that.
log_soon() {
	local state
	while read -r _ _ state _ 2>/dev/null <"/proc/${SYSLOG_PID:-none}/stat" && [ "$state" = R ]; do sleep 0.01; done
}

# field KEY LINE: nothing if the line has none.
field() {
	local rest=${2#* "$1"=}
	[ "$rest" = "$2" ] || say "${rest%% *}"
}

# promises_of LINE: what is answered now, with a checksum that is right (dhcp tftp dhcp6 tftp6), or at all (hold); or what
# firmware gets (firmware). Fails if the line is about something else, or nobody serves that.
promises_of() {
	local promise family=ip4 v6='' server
	server=$(server_on "$(field bridge "$1")") || return
	[[ $1 != *DHCPv6* ]] || family=ip6 v6=6
	case $1 in
	bridge-hold*) promise=hold ;;
	checksum-zeroed*) promise=firmware ;;
	checksum-tftp-unfilled* | checksum-unfilled*'all UDP'* | vhost-exposed*'all UDP'*) promise=tftp$v6 ;;
	checksum-unfilled* | vhost-exposed*) promise=dhcp$v6 ;;
	*) return 1 ;;
	esac
	case $server in
	both | "$family") say "$promise" ;;
	hold) [ "$promise" = hold ] && say hold ;;
	*) return 1 ;;
	esac
}

# server_on DEVICE: says what is served there, if the server runs; one in another namespace only as far as noted.
server_on() {
	local pid what
	[ -e "$SERVERS/$1" ] && read -r pid what <"$SERVERS/$1" && [ -e "/proc/$pid/ns/net" ] || return
	[ "$what" = hold ] || [ "/proc/$pid/ns/net" -ef /proc/self/ns/net ] || return
	say "$what"
}

# place_of LINE: where a guest can be: a tap or macvtap, or a bridge; or fails.
place_of() {
	local place bridge
	bridge=$(field bridge "$1")
	place=$(field port "$1")
	place=${place:-${target:-}}
	if [ "$place" ] && [ -e "/sys/class/net/$place" ]; then
		may_be_plugged "$place" "$bridge" && say "$place"
	else
		[ ! "$(field port "$1")" ] && delays_little "$bridge" && say "$bridge"
	fi
}

# may_be_plugged PORT BRIDGE: it is on that bridge, or is a macvtap; and is not delayed because it gets carrier only now.
may_be_plugged() {
	local port=/sys/class/net/$1/brport
	[ -e "$port" ] || { [ ! -e "/sys/class/net/$2/bridge" ] && return; }
	[ -e "$HELD_TAPS/$1" ] || delays_little "$2" 0
}

# delays_little BRIDGE [DELAY]: a port that comes now forwards at once, or after twice the kernel's shortest delay, or DELAY.
delays_little() {
	local bridge=/sys/class/net/$1/bridge
	[ -e "$bridge" ] && { [ "$(<"$bridge/stp_state")" = 0 ] || [ "$(<"$bridge/forward_delay")" -le "${2:-200}" ]; }
}

# are_kept PLACE PROMISES: fails the test if one is not. A tap that somebody else has open is not asked.
are_kept() {
	local said promise kinds status=0 options=(-w 8) name=$1
	if [ -e "/sys/class/net/$1/bridge" ]; then
		name=rep$BASHPID
		options+=(-b "$1")
	elif [ -e "$HELD_TAPS/$1" ]; then
		options+=(-p "$(cat "$HELD_TAPS/$1")")
	fi
	[[ $2 == *firmware* ]] || options+=(-c)
	kinds=${2//hold/dhcp}
	read -ra kinds <<<"${kinds//firmware/dhcp}"
	said=$("$TOOLS/guest-nic" "${options[@]}" "$name" "${kinds[@]}" 2>&1) || status=$?
	[[ $status:$said != 3:*"Device or resource busy" ]] || return 0
	for promise in $2; do
		case $promise in
		hold) grep -q '^dhcp needs_csum' <<<"$said" ;;
		firmware) grep -qE '^dhcp .* checksum=(ok|none) ' <<<"$said" ;;
		*) grep -qE "^$promise .* checksum=(ok|none) " <<<"$said" ;;
		esac || fail "repaired=yes is not true of $promise on $1, where a guest gets: ${said//$'\n'/; }"
	done
}
