#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Many probes, of which some are killed at any instant of their work, beside 20 guests that start, three administrators
# who write rules, and other clients who ask the same servers. They are on bridges with a server, with a delay, with
# drops of nftables and of legacy tables, without a server, and on macvtaps. Through it all, no packet of anybody else's
# is traced, who asks gets an answer, and no rule is lost. When it is over nothing is left of any probe, and the counters
# of others' rules say how many packets others sent.
#
# What cannot be avoided: a probe's own packets are counted by the rules that they meet, as a guest's are.
#
# PROBES=200 KILLED=50 for more of them.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
sandbox "$@"
need dnsmasq iptables-legacy iptables-nft nft python3 bridge
hooks_start
no_stp_program

: "${PROBES:=40}" "${KILLED:=12}"
LANES=8 # side by side
SERVED=(plain held nft legacy)
GUESTS=20
LOGGER=/proc/sys/net/netfilter/nf_log/2
OURS=02:00:5e:00 # how the MAC addresses of probes begin

make_hosts() {
	local n=0 bridge taps=()
	add_bridge plain
	add_bridge held stp_state 1 forward_delay 200
	add_bridge nft
	add_bridge legacy
	add_bridge none
	for bridge in "${SERVED[@]}"; do
		add_uplink "$bridge" "eth-$bridge"
		serve "$bridge" $((71 + n++)) ip4
	done
	add_card card0
	add_macvlan card0 host0
	serve host0 79 ip4
	for ((n = 0; n < GUESTS; n++)); do taps+=("guest$n"); done
	open_taps "${taps[@]}" still
	for ((n = 0; n < GUESTS; n++)); do
		plug_tap plain "guest$n" "$(printf 'fe:54:00:00:01:%02x' "$n")"
		domain_xml "guest$n" "$(target=guest$n nic plain)" |
			sed "s/address='[^']*'/address='$(printf '52:54:00:00:01:%02x' "$n")'/" >"/tmp/guest$n.xml"
	done
	plug_tap plain still
	wait_for 15 port_is eth-held forwarding
	: >/dev/vhost-net
}

# make_rules: two bridges are cut off; and what counts packets of others. Nobody sends anything from "still".
make_rules() {
	nft -f - <<-'END'
		table inet site {
			chain in {
				type filter hook input priority 0; policy accept;
				iifname "lo" udp dport 9990 counter
				iifname "nft" udp dport 67 counter drop
			}
		}
		table bridge site {
			chain pre {
				type filter hook prerouting priority 0; policy accept;
				iifname "still" counter
				ether saddr 52:54:00:00:00:99 counter
			}
		}
	END
	iptables-nft -A INPUT -i lo -p udp --dport 9991 -j ACCEPT
	iptables-legacy -A INPUT -i lo -p udp --dport 9992 -j ACCEPT
	iptables-legacy -A INPUT -i legacy -p udp --dport 67 -j DROP
}

# The counters of rules that are about others' packets, in the order of make_rules.
counted() {
	nft list table inet site | sed -n 's/.*udp dport 9990 counter packets \([0-9]*\).*/\1/p'
	nft list table bridge site | sed -n 's/.*counter packets \([0-9]*\).*/\1/p'
	iptables-nft -vnxL INPUT | awk '/dpt:9991/ { print $1 }'
	iptables-legacy -vnxL INPUT | awk '/dpt:9992/ { print $1 }'
}

# What a probe could leave. The limits of a bridge for segments are those of its ports, or none once it had some.
state() {
	ip -d link | sed -E 's/(_timer|topology_change[_a-z]*|config_pending|ageing_time| state|tso_max_size|tso_max_segs) +[^ ]+/\1/g'
	tc qdisc show
	nft list tables
	cat "$LOGGER" /proc/self/mountinfo
	sysctl -a 2>/dev/null | grep -E '^net\.(ipv4|ipv6)\.conf\.|^net\.bridge|^net\.netfilter\.nf_log'
}

over() { [ -e /tmp/over ]; }

# nap MICROSECONDS, without starting a program.
nap() { read -rt "$(printf %d.%06d $(($1 / 1000000)) $(($1 % 1000000)))" -u 8 || :; }

# rule_writer TOOL: adds rules, and right after each takes the one before away. A delete fails when that was lost.
rule_writer() {
	local i
	for ((i = 1; ; i++)); do
		"$1" -w -A FORWARD -m mark --mark "$i" -j ACCEPT || fail "$1: add of rule $i"
		((i == 1)) || "$1" -w -D FORWARD -m mark --mark $((i - 1)) -j ACCEPT || fail "$1: rule $((i - 1)) was lost"
		! over || break
		nap 20000
	done
	is "rules by $1" "$("$1" -w -S FORWARD | grep -c 'mark --mark')" 1
	"$1" -w -D FORWARD -m mark --mark "$i" -j ACCEPT
	say "$1: $i rules"
}

nft_writer() {
	local rounds=0
	until over; do
		nft add table ip other
		nft add chain ip other in '{ type filter hook input priority 5; }'
		nft add rule ip other in tcp dport 22 accept
		nft delete table ip other || fail "nft: a table was lost"
		rounds=$((rounds + 1))
		nap 10000
	done
	say "nft: $rounds tables"
}

# sender: what the counters are about.
sender() {
	local sent=0
	until over; do
		echo >/dev/udp/127.0.0.1/9990
		echo >/dev/udp/127.0.0.1/9991
		echo >/dev/udp/127.0.0.1/9992
		sent=$((sent + 1))
		nap 5000
	done
	echo "$sent" >/tmp/sent
} 2>/dev/null

# clients BRIDGE: other guests ask. The process id is the number of their question.
clients() {
	local asked=0 said=/tmp/client-$1
	until over; do
		"$TOOLS/guest-nic" -w 8 -b "$1" "client-$1" dhcp >"$said" 2>&1 &
		echo $! >>/tmp/clients
		wait $! || fail "a client on $1: $(cat "$said")"
		asked=$((asked + 1))
	done
	say "$asked clients on $1 got an answer"
}

# starter: guests that start, as libvirt says it to the hook.
starter() {
	local n runs=0 SYSLOG=''
	until over; do
		n=$((runs % GUESTS))
		DEADLINE=60 run_hook qemu "guest$n" start begin - <"/tmp/guest$n.xml"
		runs=$((runs + 1))
	done
	say "$runs guests started"
}

# choose I: sets $target of a probe.
choose() {
	case $(($1 % 8)) in
	0) target=(--bridge plain --ipv6) ;;
	1) target=(--bridge held) ;;
	2) target=(--bridge nft) ;;
	3) target=(--bridge legacy) ;;
	4) target=(--bridge none) ;;
	5) target=(--direct card0 --timeout 1) ;;
	6) target=(--bridge legacy --arch efi) ;;
	7) target=(--bridge plain --format json) ;;
	esac
}

# lane N: its share of the probes. Of those that are to be killed, most are while they wait.
lane() {
	local i status target pid signals=(KILL TERM INT KILL)
	for ((i = $1; i < PROBES; i += LANES)); do
		choose $((i / LANES + i))
		"$HOOKS/virt-netboot" probe "${target[@]}" --timeout 1 --mac "$(printf '%s:%02x:%02x' $OURS "$1" $((i / LANES)))" \
			>"/tmp/probe$i" 2>&1 &
		pid=$!
		if ((i * KILLED / PROBES != (i + 1) * KILLED / PROBES)); then
			nap $((RANDOM * 45))
			kill -"${signals[RANDOM % 4]}" "$pid" 2>/dev/null || :
		fi
		status=0
		wait "$pid" 2>/dev/null || status=$?
		echo "$status" >>"/tmp/statuses$1"
		case $status in
		[0-2] | 137) ;;
		# Before it has begun.
		143) [ ! -s "/tmp/probe$i" ] || fail "${target[*]}: $(cat "/tmp/probe$i")" ;;
		3) grep -q 'interrupted' "/tmp/probe$i" || fail "${target[*]}: $(cat "/tmp/probe$i")" ;;
		*) fail "${target[*]}: status $status: $(cat "/tmp/probe$i")" ;;
		esac
	done
}

# others_traced: packets that are neither a probe's nor answers to one.
others_traced() {
	awk -v ours="$OURS" 'FILENAME == ARGV[1] { theirs[$1]; next }
		/^ready/ || ($1 != "-" && index($1, ours) == 1 && !($4 in theirs)) { next }
		$2 == 67 && $3 == 68 && !($4 in theirs) { next }
		{ print }' /tmp/clients /tmp/traced
}

# watch_sees: the fault is shown. A client is traced by somebody, and that is told.
watch_sees() {
	nft add table bridge fault
	nft add chain bridge fault pre '{ type filter hook prerouting priority 0; }'
	nft add rule bridge fault pre iifname client meta nftrace set 1
	"$TOOLS/guest-nic" -w 8 -b plain client dhcp &
	echo $! >/tmp/clients
	wait $!
	nft delete table bridge fault
	wait_for 5 grep -q ' 67 ' /tmp/traced
	[ "$(others_traced)" ] || fail "a client that is traced is not seen"
	kill "$watch"
	wait "$watch" 2>/dev/null || :
}

start_watch() {
	: >/tmp/traced
	python3 "$SRC/tests/lib/trace-watch.py" /tmp/traced &
	watch=$!
	wait_for 10 grep -q ready /tmp/traced
}

# probes_left: pids of probes, and of what they have started.
probes_left() {
	local exe
	for exe in /proc/[0-9]*/exe; do
		[ ! "$exe" -ef "$HOOKS/virt-netboot" ] || echo "$exe"
	done
}
no_probes_left() { [ -z "$(probes_left)" ]; }
lock_is_free() { flock --nonblock "$1" true; }

# nothing_left BEFORE
nothing_left() {
	local file differences
	wait_for 10 no_probes_left
	differences=$(diff <(cat <<<"$1") <(state)) || fail "something is left: $differences"
	is "entries of forwarding tables" "$(bridge fdb show | grep -E "$OURS|vnbprobe" || :)" ''
	# Of one that was killed while it read a file, the host still knows the address that it was offered.
	is "neighbours" "$(ip neighbour show | grep "$OURS" | grep -Ev '^192\.168\.7[1-9]\.' || :)" ''
	for file in /run/virt-netboot/*.trace; do lock_is_free "$file" || fail "$file is locked"; done
	is "locks" "$(lslocks -no COMMAND,PATH | grep virt-netboot || :)" ''
}

# meanwhile COMMAND...: until the last probe has ended.
meanwhile() {
	"$@" &
	others+=($!)
}

mkfifo /tmp/nothing
exec 8<>/tmp/nothing # to wait without starting a program

make_hosts
make_rules
start_watch
watch_sees
start_watch
: >/tmp/clients
# What these make once, and what stays of it.
"$HOOKS/virt-netboot" probe --bridge legacy --timeout 1 --mac $OURS:ff:ff >/dev/null 2>&1 || :
for ((n = 0; n < GUESTS; n++)); do qemu_hook "guest$n" start begin - <"/tmp/guest$n.xml"; done
wait_for 60 no_watchers qemu
before=$(state)
others=()
begin=${EPOCHREALTIME/./}
for other in "rule_writer iptables-legacy" "rule_writer iptables-nft" nft_writer sender "clients plain" "clients held" starter; do
	# shellcheck disable=SC2086 # words
	meanwhile $other
done
for ((n = 0; n < LANES; n++)); do start lane "$n"; done
join
: >/tmp/over
for pid in "${others[@]}"; do wait "$pid" || fail "one of those beside them"; done
say "$PROBES probes in $(((${EPOCHREALTIME/./} - begin) / 1000)) ms; how often each exit status:" \
	"$(sort -n /tmp/statuses* | uniq -c | awk '{ printf "%s: %s; ", $2, $1 }')"
wait_for 60 no_watchers qemu
nothing_left "$before"
is "counters" "$(counted | xargs)" "$(cat /tmp/sent) 0 0 $(cat /tmp/sent) $(cat /tmp/sent)"
is "packets of others that were traced" "$(others_traced)" ''
grep -q "^$OURS.* 68 67 " /tmp/traced || fail "nothing was traced"
say "$(cat /tmp/sent) packets of others counted; $(wc -l </tmp/traced) kinds of packets traced, ours only"
