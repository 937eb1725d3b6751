#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# virt-netboot show without libvirt: what it draws of real bridges, ports and macvtaps, on a terminal and elsewhere, once
# and as they change; and that it changes nothing.

. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
. "$SRC/tests/lib/filters.sh"
sandbox "$@"
need tmux tc iptables-legacy strace
hooks_start

SHOW=$HOOKS/virt-netboot
ALONE="virt-netboot: libvirt cannot be reached, so guests and networks have no names: "

# show [ARGUMENT]...: what it prints, in UTF-8; what it says beside is in /tmp/said.
show() { LC_ALL=C.UTF-8 "$SHOW" show "$@" 2>/tmp/said; }

# row NAME: the line of the last picture in /tmp/picture that is about a device, without what draws the tree.
row() { sed -E 's/^([│├└─|`-]|  )*//' /tmp/picture | grep -E "^$1( |\$)" | tail -n 1; }

# row_is NAME REGEX: of the picture as it is now.
row_is() {
	show >/tmp/picture
	[[ $(row "$1") =~ ^$1\ +$2$ ]] || fail "$1: '$(row "$1")' instead of '$2'"
}
row_becomes() { (row_is "$@") 2>/dev/null; }

before_each() {
	local bridge
	for bridge in /sys/class/net/*/bridge; do
		bridge=${bridge%/bridge}
		[ ! -e "$bridge" ] || ip link delete "${bridge##*/}"
	done
}

no_libvirt() {
	show >/tmp/picture || fail "status $?"
	grep -qF "$ALONE" /tmp/said || fail "not said: $(cat /tmp/said)"
	grep -q 'this host has no bridge' /tmp/said || fail "not said: $(cat /tmp/said)"
	is "lines said" "$(wc -l </tmp/said)" 2
	is "a picture of nothing" "$(cat /tmp/picture)" ""
	add_bridge br1
	show >/tmp/picture || fail "status $?"
	grep -q '^br1 ' /tmp/picture || fail "no bridge: $(cat /tmp/picture)"
	is "said where there is a bridge" "$(wc -l </tmp/said)" 1
	ip link delete br1
}

tree() {
	local tree
	add_bridge br1
	add_uplink br1 eth1
	add_guest_port br1 vnet10 vnet_hdr
	add_guest_port br1 vnet2
	ip netns add box
	ip link add veth1 type veth peer name inside netns box
	ip link set veth1 master br1 up
	add_card eth2
	add_macvtap eth2 macvtap2
	add_macvlan eth2 host2
	tree=$(show)
	is "the tree" "$tree" "$(
		cat <<-END
			NAME        GUEST/NETWORK  STATE       CHECKSUM
			br1                        STP off     nobody
			├─eth1      (uplink)       forwarding
			├─veth1     (container)    no carrier
			├─vnet2                    no carrier  not needed
			└─vnet10                   no carrier  nobody
			eth2                       up
			├─host2     (this host)    up
			└─macvtap2                 down        nobody
		END
	)"
	tree=$(show eth2)
	is "a parent device" "$tree" "$(
		cat <<-END
			NAME        GUEST/NETWORK  STATE  CHECKSUM
			eth2                       up
			├─host2     (this host)    up
			└─macvtap2                 down   nobody
		END
	)"
	tree=$(LC_ALL=C "$SHOW" show br1 2>/dev/null)
	is "in ASCII" "$tree" "$(
		cat <<-END
			NAME      GUEST/NETWORK  STATE       CHECKSUM
			br1                      STP off     nobody
			|-eth1    (uplink)       forwarding
			|-veth1   (container)    no carrier
			|-vnet2                  no carrier  not needed
			\`-vnet10                 no carrier  nobody
		END
	)"
	ip netns delete box
	ip link delete eth2
}

root_and_delay() {
	add_bridge br3 stp_state 1 forward_delay 450
	row_is br3 'STP, root, new ports wait 9 s +nobody'
	ip link set br3 down
	row_is br3 'down +nobody'
	ip link set br3 up
	add_better_root br3
	row_is br3 'STP, new ports wait 30 s, root is 0000\.[0-9a-f]{12} +nobody'
	ip link set br3 type bridge stp_state 0
	row_is br3 'STP off +nobody'
}

# left PORT: how many seconds it has to wait yet.
left() {
	show >/tmp/picture
	row "$1" | sed -nE 's/.* ([0-9]+) s left.*/\1/p'
}

left_is_at_most() { [ "$(left "$1")" -le "$2" ]; }

port_that_is_held() {
	local first
	add_bridge br4 stp_state 1 forward_delay 400
	add_guest br4 vnet4
	wait_for 5 port_is vnet4 listening
	first=$(left vnet4)
	((first >= 5 && first <= 8)) || fail "$first s left of 8"
	wait_for 5 left_is_at_most vnet4 $((first - 1))
	wait_for 10 row_becomes vnet4 'learning, [1-4] s left +nobody'
	wait_for 10 row_becomes vnet4 'forwarding +nobody'
	kill "$taps_pid"
}

checksums() {
	use_legacy_tables
	add_bridge br5
	add_bridge br6
	add_guest_port br5 vnet5 vnet_hdr
	row_is br5 'STP off +nobody'
	iptables-legacy -w -t mangle -A POSTROUTING -o br5 -p udp --dport 68 -j CHECKSUM --checksum-fill
	row_is br5 'STP off +other rule \(IPv4\)'
	row_is vnet5 'no carrier +at the bridge'
	row_is br6 'STP off +nobody'
	iptables-legacy -w -t mangle -F
	config <<<$'[checksum]\nmechanism = iptables'
	serve br5 55
	network_xml five br5 55 | network_hook five started begin -
	row_is br5 'STP off +virt-netboot rule'
	row_is br6 'STP off +nobody'
	network_xml five br5 55 | network_hook five stopped end -
	row_is br5 'STP off +nobody'
	has_act_csum || return 0
	config <<<$'[checksum]\nmechanism = tc'
	network_xml five br5 55 | network_hook five started begin -
	row_is br5 'STP off +virt-netboot filter'
	row_is br6 'STP off +nobody'
}

limits() {
	add_bridge br7
	add_guest_port br7 vnet7
	row_is vnet7 'no carrier +not needed'
	tc qdisc add dev vnet7 root handle 1: htb default 1
	tc class add dev vnet7 parent 1: classid 1:1 htb rate 1000kbps ceil 2000kbps
	row_is vnet7 'no carrier +not needed +in 1000 kB/s'
	tc qdisc add dev vnet7 ingress
	tc filter add dev vnet7 parent ffff: protocol all u32 match u32 0 0 police rate 512kbps burst 64kb mtu 64kb \
		drop flowid :1 2>/dev/null || return 0 # no act_police here
	row_is vnet7 'no carrier +not needed +in 1000 kB/s, out 512 kB/s'
}

# What the kernel takes for a name is not what a terminal shall get.
names() {
	add_bridge $'b\x1b[2J'
	add_bridge 网桥
	show >/tmp/picture
	grep -qF 'b\x1b[2J' /tmp/picture || fail "$(cat -v /tmp/picture)"
	grep -q '^网桥    *STP off' /tmp/picture || fail "$(cat /tmp/picture)"
	! grep -q $'\x1b' /tmp/picture || fail "raw: $(cat -v /tmp/picture)"
	LC_ALL=C "$SHOW" show >/tmp/picture 2>/dev/null
	! grep -qP '[^\x20-\x7e]' /tmp/picture || fail "not ASCII: $(cat /tmp/picture)"
}

# refused_with STATUS TEXT ARGUMENT...
refused_with() {
	local status=0
	"$SHOW" show "${@:3}" >/tmp/picture 2>/tmp/said || status=$?
	is "status of show ${*:3}" "$status" "$1"
	grep -qF -- "$2" /tmp/said || fail "show ${*:3}: $(cat /tmp/said)"
	is "output of show ${*:3}" "$(cat /tmp/picture)" ""
}

arguments() {
	add_bridge br8
	refused_with 3 "'nosuch' is not a bridge, and libvirt cannot be asked" nosuch
	refused_with 3 "'' is not a bridge, and libvirt cannot be asked" ''
	refused_with 3 "'lo' is not a bridge" lo
	refused_with 64 "not also 'br9'" br8 br9
	refused_with 64 '--help says more' --nosuch
	refused_with 3 "'nosuch' is not a bridge" --watch nosuch
	"$SHOW" show --help | grep -q -- --watch || fail "--help"
}

# Who is not root sees all but the rules of iptables.
not_root() {
	add_bridge br9
	add_guest_port br9 vnet9 vnet_hdr
	cp "$SHOW" /tmp/virt-netboot
	chmod 755 /tmp/virt-netboot
	(cd / && LC_ALL=C setpriv --reuid=65534 --regid=65534 --clear-groups /tmp/virt-netboot show) \
		>/tmp/picture 2>/tmp/said || fail "status $?"
	grep -qE '^br9 +STP off +unknown$' /tmp/picture || fail "$(cat /tmp/picture)"
	grep -qE 'vnet9 +no carrier +unknown$' /tmp/picture || fail "$(cat /tmp/picture)"
	grep -qF 'the rules of iptables cannot be read: ' /tmp/said || fail "$(cat /tmp/said)"
}

# work COMMAND...: the least of five runs in milliseconds of processor time, which other tests beside do not lengthen much.
work() {
	local took best='' i TIMEFORMAT='%U %S'
	for i in {1..5}; do
		took=$({ time "$@" >/dev/null 2>&1; } 2>&1)
		took=$(awk '{ print int(1000 * ($1 + $2)) }' <<<"$took")
		[ "$best" ] && ((best <= took)) || best=$took
	done
	echo "$best"
}

# What merely prints what the kernel has of the same: of each port also its filters.
dump_devices() { ip -d link; }
dump_filters() { ip -d link && tc qdisc && tc -batch /tmp/filters; }

# large_is WHAT FLOOR: no more than three times the work of FLOOR.
large_is() {
	local floor took
	floor=$(work "$2")
	took=$(work "$SHOW" show)
	say "$1: $took ms; $2: $floor ms"
	((took <= 3 * floor)) || fail "$took ms is more than 3 x $floor ms"
}

large_host() {
	local i
	sanitized && return 0 # each call takes several times as long
	for ((i = 0; i < 500; i++)); do
		echo "link add large$i type bridge"
		echo "link set large$i up"
	done | ip -batch -
	for ((i = 0; i < 2000; i++)); do
		echo "tuntap add port$i mode tap vnet_hdr"
		echo "link set port$i master large$((i / 4)) up"
	done | ip -batch -
	large_is "500 bridges, 2000 ports" dump_devices
	for ((i = 0; i < 2000; i++)); do echo "qdisc add dev port$i ingress"; done | tc -batch -
	for ((i = 0; i < 2000; i++)); do echo "filter show dev port$i ingress"; done >/tmp/filters
	large_is "the same with room for filters at each port" dump_filters
	is "ports" "$(show | grep -c "─port")" 2000
}

# state_of_host: all that a look might change.
state_of_host() {
	ip -d link | sed -E 's/(hello|tcn|topology_change|gc)_timer +[0-9.]+//g; s/forward_delay_timer +[0-9.]+//'
	tc qdisc show
	cat /proc/net/ip*_tables_names 2>/dev/null || :
	cut -d ' ' -f 1 /proc/modules 2>/dev/null || :
	find /run /etc -newer /tmp/before ! -type d
}

# In a network namespace where nobody has used any table yet.
changes_nothing() {
	ip netns add fresh
	ip -n fresh link add br9 type bridge stp_state 1
	ip -n fresh link set br9 up
	: >/tmp/before
	ip netns exec fresh bash -c "$(declare -f state_of_host); state_of_host" >/tmp/state
	ip netns exec fresh "$SHOW" show 2>/dev/null | grep -q '^br9 ' || fail "br9 is not shown"
	ip netns exec fresh bash -c "$(declare -f state_of_host); state_of_host" | diff /tmp/state - ||
		fail "the look has changed something"
	ip netns delete fresh
}

# watch [ARGUMENT]...: from now on to /tmp/watched; its process is $watch_pid.
watch() {
	: >/tmp/watched
	LC_ALL=C.UTF-8 "$SHOW" show --watch "$@" >/tmp/watched 2>/tmp/said &
	watch_pid=$!
	wait_for 10 grep -q '^NAME' /tmp/watched
}

# last_picture: the last that is whole, or not as far as it is written.
last_picture() { awk -v RS= '{ last = $0 } END { print last }' /tmp/watched; }
last_shows() { last_picture | grep -qE -- "$1"; }
last_lacks() { ! last_shows "$1"; }

# unwatch [SIGNAL]
unwatch() {
	local status=0
	kill -"${1:-TERM}" "$watch_pid"
	wait "$watch_pid" || status=$?
	is "status after SIG${1:-TERM}" "$status" 0
}

watch_sees_a_port() {
	add_bridge br10 stp_state 1 forward_delay 200
	watch
	last_lacks vnet11 || fail "$(cat /tmp/watched)"
	add_guest br10 vnet11
	wait_for 5 last_shows 'vnet11 .*listening, [34] s left'
	wait_for 5 last_shows 'vnet11 .*learning, 1 s left'
	wait_for 5 last_shows 'vnet11 .*forwarding'
	ip link set br10 type bridge forward_delay 300
	wait_for 5 last_shows '^br10 .*new ports wait 6 s'
	ip link set vnet11 down
	wait_for 5 last_shows 'vnet11 .*down'
	kill "$taps_pid"
	wait_for 5 last_lacks vnet11
	unwatch
	awk -v RS= '!/^NAME/ { exit 1 }' /tmp/watched || fail "pictures are not apart: $(cat /tmp/watched)"
	is "lines said" "$(wc -l </tmp/said)" 1
}

# A filter or limit is no change of the port.
watch_sees_a_limit() {
	add_bridge br11
	add_guest_port br11 vnet12
	watch br11
	tc qdisc add dev vnet12 root handle 1: htb default 1
	tc class add dev vnet12 parent 1: classid 1:1 htb rate 1000kbps
	wait_for 5 last_shows 'vnet12 .*in 1000 kB/s'
	unwatch INT
}

pictures() { grep -c '^NAME' /tmp/watched; }

# As many changes as the kernel takes in a second or more are some pictures, and the last is of how it is then.
bursts() {
	local i start=${EPOCHREALTIME/./} ms
	add_bridge br12
	watch
	start=${EPOCHREALTIME/./}
	for ((i = 0; i < 60; i++)); do
		echo "link add burst$i type bridge"
		((i < 20)) || echo "link delete burst$((i - 20))"
	done | ip -batch -
	wait_for 5 last_shows '^burst59 '
	ms=$(((${EPOCHREALTIME/./} - start) / 1000))
	last_lacks '^burst39 ' || fail "gone, and shown"
	(($(pictures) <= 2 + ms / 200)) || fail "$(pictures) pictures in $ms ms"
	unwatch
}

# Where nothing changes, nothing is done, and no time is waited for; that another one looks is no change.
idle() {
	add_bridge br13
	add_guest_port br13 vnet13
	tc qdisc add dev vnet13 ingress
	watch
	strace -o /tmp/calls -p "$watch_pid" 2>/tmp/strace &
	wait_for 5 grep -q ppoll /tmp/calls
	show >/tmp/picture
	show >/tmp/picture
	! grep -q 'sendmsg\|tv_sec' /tmp/calls || fail "awake: $(cat /tmp/calls)"
	ip link set vnet13 alias end
	wait_for 5 grep -q sendmsg /tmp/calls
	wait_for 5 watch_waits
	is "pictures" "$(pictures)" 1
	unwatch
}

watch_waits() { tail -n 1 /tmp/calls | grep -q 'ppoll(.*, NULL'; }

closed_stdout() {
	local status=0
	add_bridge br14
	mkfifo /tmp/pipe
	"$SHOW" show --watch >/tmp/pipe 2>/dev/null &
	watch_pid=$!
	head -n 1 </tmp/pipe >/dev/null
	wait_for 5 process_gone "$watch_pid"
	wait "$watch_pid" || status=$?
	is "status" "$status" 0
}

process_gone() { [ ! -e "/proc/$1/stat" ] || grep -q '^State:.Z' "/proc/$1/status"; }

# in_terminal COLUMNS LINES COMMAND: in a window of tmux of its own.
in_terminal() {
	tmux kill-server 2>/dev/null || :
	wait_for 5 no_terminal
	local shell="PS1='prompt ' HISTFILE= LC_ALL=C.UTF-8 exec bash --norc"
	LC_ALL=C.UTF-8 tmux -f /dev/null new-session -d -s shown -x "$1" -y "$2" "$shell"
	wait_for 10 screen_shows prompt
	tmux send-keys -t shown "$3" Enter
}

screen() { LC_ALL=C.UTF-8 tmux capture-pane -p -t shown; }
screen_shows() { screen | grep -qE -- "$1"; }
screen_lacks() { ! screen_shows "$1"; }
terminal_is() { [ "$(tmux display-message -p -t shown "#{$1}")" = "$2" ]; }
end_terminal() { tmux kill-server; }
no_terminal() { ! tmux has-session 2>/dev/null; }

# widest: how many columns the widest line of the screen has.
widest() { screen | LC_ALL=C.UTF-8 wc -L; }

wide_and_narrow() {
	local long='STP, new ports wait 30 s, root is [0-9a-f.]+'
	add_bridge br15 stp_state 1 forward_delay 1500
	add_better_root br15
	add_uplink br15 uplink15
	in_terminal 200 20 "$SHOW show 2>/dev/null"
	wait_for 5 screen_shows "^br15 +$long +nobody$"
	screen_lacks … || fail "cut: $(screen)"
	end_terminal
	in_terminal 60 20 "$SHOW show 2>/dev/null"
	wait_for 5 screen_shows '^br15 +STP, new[^…]*… +nobody$'
	screen_shows '─uplink15 ' || fail "$(screen)"
	(($(widest) <= 60)) || fail "too wide: $(screen)"
	end_terminal
	in_terminal 80 20 "$SHOW show 2>/dev/null"
	wait_for 5 screen_shows '^br15 +STP, new ports wait 30 s.*…'
	(($(widest) <= 80)) || fail "too wide: $(screen)"
	end_terminal
	in_terminal 60 20 "LC_ALL=C $SHOW show 2>/dev/null"
	wait_for 5 screen_shows '^br15 +STP, new[^.]*\.\.\. +nobody$'
	end_terminal
	in_terminal 200 20 "COLUMNS=60 $SHOW show 2>/dev/null"
	wait_for 5 screen_shows '^br15 +STP, new[^…]*… +nobody$'
	end_terminal
	show | grep -qE "^br15 +$long" || fail "cut where there is no terminal"
}

watch_on_a_terminal() {
	local i
	add_bridge br16 stp_state 1 forward_delay 200
	in_terminal 80 10 "$SHOW show --watch; echo status $?"
	wait_for 5 screen_shows '^br16 '
	screen_shows '^libvirt cannot be reached, so guests and networks have no names.$' || fail "$(screen)"
	screen_lacks prompt || fail "$(screen)"
	add_guest br16 vnet16
	wait_for 5 screen_shows 'vnet16 .*listening, [34] s left'
	wait_for 5 screen_shows 'vnet16 .*learning, 1 s left'
	wait_for 5 screen_shows 'vnet16 .*forwarding'
	kill "$taps_pid"
	wait_for 5 screen_lacks vnet16
	for i in {1..20}; do ip link add "many$i" type bridge; done
	wait_for 5 screen_shows '^\([0-9]+ more lines\)'
	terminal_is alternate_on 1 || fail "not on the other screen"
	terminal_is cursor_flag 0 || fail "with a cursor"
	tmux resize-window -t shown -x 40 -y 40
	wait_for 5 screen_shows '^many20 '
	(($(widest) <= 40)) || fail "too wide: $(screen)"
	tmux send-keys -t shown C-c
	wait_for 5 screen_shows '^status 0'
	screen_lacks '^many20 ' || fail "left behind: $(screen)"
	terminal_is alternate_on 0 || fail "still on the other screen"
	terminal_is cursor_flag 1 || fail "without a cursor"
	end_terminal
}

stopped_and_continued() {
	add_bridge br17
	in_terminal 80 10 "$SHOW show --watch"
	wait_for 5 screen_shows '^br17 '
	tmux send-keys -t shown C-z
	wait_for 5 screen_shows Stopped
	terminal_is cursor_flag 1 || fail "stopped, and without a cursor"
	tmux send-keys -t shown fg Enter
	wait_for 5 screen_shows '^br17 '
	ip link add br18 type bridge
	wait_for 5 screen_shows '^br18 '
	tmux send-keys -t shown C-c
	wait_for 5 terminal_is alternate_on 0
	tmux send-keys -t shown "TERM=dumb $SHOW show --watch" Enter
	wait_for 5 screen_shows '^br18 '
	terminal_is alternate_on 0 || fail "on another screen of a terminal that has none"
	tmux send-keys -t shown C-c
	end_terminal
}

cases no_libvirt tree root_and_delay port_that_is_held checksums limits names arguments not_root changes_nothing \
	watch_sees_a_port watch_sees_a_limit bursts idle closed_stdout wide_and_narrow watch_on_a_terminal stopped_and_continued \
	large_host
