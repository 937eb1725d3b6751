#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A thousand hooks are killed at any instant of their work, while others run, ports come and go, bridges are renamed
# and made anew, and three administrators write rules with iptables-legacy, rules with iptables-nft, and filters with
# tc. Through it all, every bridge has STP as its owner left it, on or off, with its delay; at most one rule of ours is
# for each device and family; and no rule, qdisc or filter of the others is lost or doubled. A hook that nobody kills
# says nothing and ends with 0. When it is over, one hook each is enough for every guest and network, and nothing of
# ours goes on.
#
# All go on until KILLS hooks were killed that had not ended.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
sandbox "$@"
need dnsmasq iptables-legacy ip6tables-legacy iptables-nft tc
hooks_start
no_stp_program

: "${KILLS:=1000}"
KILLERS=4
STEADY=(steady1 steady2) # bridges that stay, with DHCP servers and three guests each
LOOSE=(loose1 loose2)    # bridges that are renamed and made anew, with one guest each

# A hook that has to wait for others takes longer here, and what nobody waits for may be watched by several at once.
config <<<$'[hook]\ndeadline = 20'

tap_of() { say "$1-tap$2"; }

# The MAC address that a guest's tap has, and the guest.
mac_of() { printf '%02x:54:00:%02x:%02x:%02x' "$1" "$2" "$3" "$4"; }

# guest_xml BRIDGE TAP N M: a guest with one interface there.
guest_xml() {
	domain_xml "$2" "$(target=$2 nic "$1")" | sed "s/address='[^']*'/address='$(mac_of 0x52 "$3" "$4" 0)'/"
}

make_hosts() {
	local n m bridge taps=()
	for n in 1 2; do
		bridge=steady$n
		add_bridge "$bridge" stp_state 1 forward_delay 1500
		add_uplink "$bridge" "eth$n"
		serve "$bridge" $((60 + n))
		for m in 1 2 3; do taps+=("$(tap_of "$bridge" $m)"); done
		network_xml "$bridge" "$bridge" $((60 + n)) dhcp6 >"/tmp/$bridge.net"
		add_bridge "loose$n" stp_state 1 forward_delay 1500
		taps+=("$(tap_of "loose$n" 1)")
	done
	open_taps "${taps[@]}"
	for n in 1 2; do
		for m in 1 2 3; do
			plug_tap "steady$n" "steady$n-tap$m" "$(mac_of 0xfe $n $m 0)"
			guest_xml "steady$n" "steady$n-tap$m" $n $m >"/tmp/steady$n-tap$m.xml"
		done
		plug_tap "loose$n" "loose$n-tap1" "$(mac_of 0xfe $((n + 8)) 1 0)"
		guest_xml "loose$n" "loose$n-tap1" $((n + 8)) 1 >"/tmp/loose$n-tap1.xml"
	done
	guests=("${taps[@]}")
	: >/dev/vhost-net
}

# nap MICROSECONDS, without starting a program.
nap() { read -rt "$(printf %d.%06d $(($1 / 1000000)) $(($1 % 1000000)))" -u 8 || :; }

over() { [ -e /tmp/over ]; }

# choose_hook: sets $arguments and $input of any hook.
choose_hook() {
	local guest=${guests[RANDOM % ${#guests[@]}]} bridge=${STEADY[RANDOM % ${#STEADY[@]}]}
	case $((RANDOM % 8)) in
	0) arguments=(network-hook "$bridge" started begin -) input=/tmp/$bridge.net ;;
	1) arguments=(network-hook "$bridge" stopped end -) input=/tmp/$bridge.net ;;
	2) arguments=(qemu-hook "$guest" prepare begin -) input=/tmp/$guest.xml ;;
	3) arguments=(qemu-hook "$guest" release end -) input=/tmp/$guest.xml ;;
	*) arguments=(qemu-hook "$guest" start begin -) input=/tmp/$guest.xml ;;
	esac
}

# killer: kills its share of hooks. Most take 20 to 60 ms.
killer() {
	local killed=0 status arguments input pid
	while ((killed < KILLS / KILLERS)); do
		choose_hook
		"/usr/sbin/virt-netboot-${arguments[0]}" "${arguments[@]:1}" <"$input" >/dev/null 2>&1 &
		pid=$!
		nap $((RANDOM % 60000))
		kill -KILL "$pid" 2>/dev/null || :
		status=0
		wait "$pid" 2>/dev/null || status=$?
		case $status in
		0) ;;
		137) killed=$((killed + 1)) ;;
		*) fail "${arguments[*]}: status $status" ;;
		esac
	done
}

# runner: what libvirtd does meanwhile. The log is not looked at: what was repaired may be gone by now.
runner() {
	local runs=0 arguments input SYSLOG='' DEADLINE=60
	until over; do
		choose_hook
		run_hook "${arguments[0]%-hook}" "${arguments[@]:1}" <"$input"
		runs=$((runs + 1))
	done
	say "$runs hooks that nobody killed"
}

# ports: guests come and go.
ports() {
	local tap bridge rounds=0
	until over; do
		for bridge in "${STEADY[@]}"; do
			tap=$bridge-tap$((RANDOM % 3 + 1))
			printf 'link set %s nomaster\nlink set %s down\nlink set %s master %s\nlink set %s up\n' \
				"$tap" "$tap" "$tap" "$bridge" "$tap" | ip -batch -
		done
		rounds=$((rounds + 1))
		nap 20000
	done
	say "$rounds rounds of ports that came and went"
}

# bridges_anew BRIDGE N: is renamed and back, or made anew with STP on or off, with the number that it had, or its
# administrator switches STP; /tmp/BRIDGE.stp says how that was left.
bridges_anew() {
	local bridge=$1 n=$2 tap=$1-tap1 index stp rounds=0
	until over; do
		stp=$((RANDOM % 2))
		case $((RANDOM % 4)) in
		0) printf 'link set %s down\nlink set %s name other%s\nlink set other%s name %s\nlink set %s up\n' \
			"$bridge" "$bridge" "$n" "$n" "$bridge" "$bridge" | ip -batch - ;;
		1)
			ip link set "$bridge" type bridge stp_state "$stp"
			say "$stp" >"/tmp/$bridge.stp"
			;;
		*)
			index=$(<"/sys/class/net/$bridge/ifindex")
			printf 'link del %s\nlink add %s index %s address 02:00:00:00:10:0%s type bridge stp_state %s forward_delay 1500
				link set %s up\nlink set %s master %s\nlink set %s up\n' \
				"$bridge" "$bridge" "$index" "$n" "$stp" "$bridge" "$tap" "$bridge" "$tap" | ip -batch -
			say "$stp" >"/tmp/$bridge.stp"
			;;
		esac
		rounds=$((rounds + 1))
		nap 30000
	done
	say "$bridge was renamed, made anew or switched $rounds times"
}

# rule_writer TOOL: adds rules, and right after each takes the one before away. A delete fails when that was lost.
rule_writer() {
	local i
	for ((i = 1; ; i++)); do
		"$1" -w -t mangle -A POSTROUTING -m mark --mark "$i" -j ACCEPT || fail "$1: add of rule $i"
		((i == 1)) || "$1" -w -t mangle -D POSTROUTING -m mark --mark $((i - 1)) -j ACCEPT ||
			fail "$1: rule $((i - 1)) was lost"
		! over || break
		nap 20000
	done
	is "rules by $1" "$("$1" -w -t mangle -S POSTROUTING | grep -c 'mark --mark')" 1
	say "$1: $i rules"
}

# filter_writer: a clsact and a filter on each steady bridge, made and taken away.
filter_writer() {
	local bridge rounds=0
	until over; do
		for bridge in "${STEADY[@]}"; do
			tc qdisc add dev "$bridge" clsact || fail "tc: clsact of $bridge"
			tc filter add dev "$bridge" egress protocol ip prio 7 u32 match u32 0 0 flowid 1:1 ||
				fail "tc: filter of $bridge"
			nap 10000
			is "filters of $bridge" "$(tc filter show dev "$bridge" egress | grep -c 'pref 7 u32.*flowid 1:1')" 1
			tc qdisc del dev "$bridge" clsact || fail "tc: clsact of $bridge was lost"
		done
		rounds=$((rounds + 1))
	done
	say "tc: $rounds rounds"
}

stp_is_on() {
	local state
	read -r state <"/sys/class/net/$1/bridge/stp_state"
	[ "$state" = 1 ]
}

# stp_is_kept: of the steady bridges, looked at all the time; and no rule twice. A look may fall between the messages
# of one sendmsg(2), and this machine is busy.
stp_is_kept() {
	local bridge looks=0 double
	until over; do
		for bridge in "${STEADY[@]}"; do
			stp_is_on "$bridge" || wait_for 5 stp_is_on "$bridge"
		done
		((looks++ % 10)) || {
			double=$(rules 'steady.' | sed 's/--mark .*//' | sort | uniq -d)
			is "rules that are there twice" "$double" ""
		}
		nap 20000
	done
	say "$looks looks at STP"
}

# after_the_storm: one hook each.
after_the_storm() {
	local bridge tap stp delay
	wait_for 60 no_watchers qemu
	wait_for 60 no_watchers network
	for bridge in "${LOOSE[@]}"; do
		is "STP of $bridge" "$(link_get "$bridge" stp_state)" "$(<"/tmp/$bridge.stp")"
		is "forward delay of $bridge" "$(link_get "$bridge" forward_delay)" 1500
	done
	for bridge in "${STEADY[@]}"; do
		delay=$(link_get "$bridge" forward_delay)
		[[ $delay =~ ^(1500|200)$ ]] || fail "forward delay of $bridge: $delay"
		network_hook "$bridge" started begin - <"/tmp/$bridge.net"
		expect_rules "$bridge" ip4:68 ip6:546
		ip link set "$bridge" type bridge forward_delay 1500
		for tap in "$bridge"-tap{1,2,3}; do
			ip link set "$tap" nomaster
			plug_tap "$bridge" "$tap"
			port_is "$tap" listening || fail "$tap does not wait before its guest starts"
			qemu_hook "$tap" start begin - <"/tmp/$tap.xml"
			wait_for 15 port_is "$tap" forwarding
		done
		is "STP of $bridge" "$(link_get "$bridge" stp_state)" 1
	done
	wait_for 60 no_watchers qemu
	is "half-made files" "$(find /run/virt-netboot -type f -regextype posix-extended ! -regex '.*/[0-9]+(\.devices)?')" ""
}

mkfifo /tmp/nothing
exec 8<>/tmp/nothing # to wait without starting a program

# meanwhile COMMAND...: until the last hook was killed.
meanwhile() {
	"$@" &
	others+=($!)
}

make_hosts
others=()
meanwhile rule_writer iptables-legacy
meanwhile rule_writer iptables-nft
meanwhile filter_writer
meanwhile ports
meanwhile stp_is_kept
for n in 1 2; do
	say 1 >"/tmp/loose$n.stp"
	meanwhile bridges_anew "loose$n" $n
done
meanwhile runner
for ((n = 0; n < KILLERS; n++)); do start killer; done
begin=$SECONDS
join
: >/tmp/over
for pid in "${others[@]}"; do wait "$pid" || fail "one of those beside them"; done
say "$KILLS hooks were killed in $((SECONDS - begin)) s"
after_the_storm
