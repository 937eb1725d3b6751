#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What cure= has in the log can be pasted: it is commands and nothing else, in every golden plan. Where devices have
# hostile names, these arrive whole at the tool, as one argument, and nothing else runs; and the bridge really gets
# what the cure says, from the real tools.

. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
sandbox "$@"
need iptables ip6tables ethtool bridge
hooks_start
no_stp_program

GOLDEN=$SRC/tests/unit/golden
# The commands of all cures, as extended regular expressions. W is one word that the shell takes as it is. A command that
# is not among these needs a line here, and its effect a look at what the real tool does with such names.
W="([A-Za-z0-9_.@+,-]+|'[^']+')"
COMMANDS=(
	"ip link set dev $W (up|type bridge (stp_state [01]|forward_delay 200)|type bridge_slave state 3)"
	"bridge vlan add dev $W vid [0-9]+ pvid untagged"
	"ip6?tables -t mangle -I POSTROUTING -o $W -p udp( --dport (68|546))? -j CHECKSUM --checksum-fill"
	"ethtool -K $W tx off"
	"mstpctl -- setportadminedge $W $W yes"
	"modprobe (act_csum|-a xt_CHECKSUM ip6?table_mangle)"
)
TOOLS_OF_CURES=(ip bridge iptables ip6tables ethtool mstpctl modprobe)

# fields LINE: of the log; sets field[KEY], to what is in its quotes, if it has any, and not unescaped.
declare -A field
fields() {
	local rest=$1 form='^([a-z]+)=("([^"\]|\\.)*"|[^" ]*)( |$)' value
	field=()
	while [ "$rest" ]; do
		[[ $rest =~ $form ]] || fail "no field: $rest"
		value=${BASH_REMATCH[2]#\"}
		field[${BASH_REMATCH[1]}]=${value%\"}
		rest=${rest:${#BASH_REMATCH[0]}}
	done
}

# is_command TEXT: it is one of COMMANDS.
is_command() {
	local form
	for form in "${COMMANDS[@]}"; do
		[[ ! $1 =~ ^$form$ ]] || return 0
	done
	return 1
}

# can_be_pasted CURE: as it is in the log. No name has a space in it, so none of what is between commands.
can_be_pasted() {
	local commands command
	[[ $1 != *[\"\\]* ]] || fail "the log does not show it as it is: $1"
	sh -n <<<"$1" || fail "sh cannot read it: $1"
	commands=${1//; /$'\n'}
	commands=${commands// || /$'\n'}
	while read -r command; do
		is_command "$command" || fail "'$command' is no command that is known, in: $1"
	done <<<"${commands// && /$'\n'}"
}

every_golden_plan() {
	local line
	local -A checked=()
	while IFS= read -r line; do
		fields "$line"
		[ "${field[severity]}" = debug ] || [ "${field[repaired]:-}" = yes ] ||
			[ "${field[cure]:-${field[advice]:-}}" ] || fail "nothing to be done: $line"
		[ "${field[cure]:-}" ] && [ -z "${checked[${field[cure]}]:-}" ] || continue
		can_be_pasted "${field[cure]}"
		checked[${field[cure]}]=yes
	done < <(cat "$GOLDEN"/*.txt | grep '^finding=' | sort -u)
	say "${#checked[@]} cures"
	[ "${#checked[@]}" -gt 300 ] || fail "only ${#checked[@]}"
}

# Sentences are found, also those that a shell can read.
sentences_are_found() {
	local sentence
	for sentence in "see whether the guest joins two of its interfaces by a bridge" \
		"bridge the guest" "ip link set dev br0 up, or let it be" "mstpctl -- setportadminedge br0 vnet0 yes where mstpd runs" \
		"ip link set dev IF\" up" "name a bridge, or use <interface type='direct'>" "modprobe act_csum here"; do
		! (can_be_pasted "$sentence") 2>/dev/null || fail "taken for a cure: $sentence"
	done
}

# hostile FUNCTION: calls it for each finding about a hostile name, with $device (bridge, port or uplink), $name and field.
# The first name is an ordinary one.
hostile() {
	local line device='' name
	while IFS= read -r line; do
		if [[ $line == "== "* ]]; then
			device=${line#== }
		else
			fields "$line"
			name=${field[port]:-}
			[ "$device" != bridge ] || name=${field[bridge]}
			"$1"
		fi
	done <"$GOLDEN/hostile.txt"
}

# session SHELL [OPTION]...: all lines of /tmp/pasted, one after the other, in a shell in which tools, and programs that
# hostile names are about, only note how they are called, and nothing else can be found. Writes /tmp/calls.
session() {
	local program
	{
		say "note() { printf %s \"\$1\"; shift; printf '\\037%s' \"\$@\"; printf '\\036'; } >>/tmp/calls"
		for program in "${TOOLS_OF_CURES[@]}" reboot id ls x; do say "$program() { note $program \"\$@\"; }"; done
		say 'next() { echo; } >>/tmp/calls'
		cat /tmp/pasted
	} >/tmp/session
	: >/tmp/calls
	(cd /tmp/here && env -i PATH=/nonexistent HOME=/nonexistent "$@" </tmp/session) 2>&1
}

collect() {
	[ "${field[cure]:-}" ] || return 0
	pasted_names+=("$name")
	pasted_devices+=("$device")
	printf '%s\nnext\n' "${field[cure]}" >>/tmp/pasted
}

# names_arrive SHELL [OPTION]...: what is called for a hostile name is what is called for the ordinary one, but for the name.
names_arrive() {
	local called calls index ordinary=$'\n'
	is "said by $1" "$(session "$@")" ""
	mapfile -t called </tmp/calls
	is "cures that were pasted into $1" "${#called[@]}" "${#pasted_names[@]}"
	for index in "${!called[@]}"; do
		calls=${pasted_devices[index]}:${called[index]}
		[[ $calls == *$'\036' ]] || fail "nothing is called"
		if [ "${pasted_names[index]}" = plain0 ]; then
			ordinary+=$calls$'\n'
		else
			[[ ${ordinary//plain0/"${pasted_names[index]}"} == *$'\n'"$calls"$'\n'* ]] ||
				fail "called for the ${pasted_devices[index]} '${pasted_names[index]}': $(tr '\036\037' '\n ' <<<"$calls")"
		fi
	done
	is "files" "$(cd /tmp/here && echo *)" "-x a dev plain0"
}

# A name that the log cannot show as it is has no cure, for what a shell makes of the log's line could be run. The second
# of these is a person's, which knows "!1".
names_arrive_whole() {
	local pasted_names=() pasted_devices=()
	mkdir /tmp/here
	touch /tmp/here/{-x,a,plain0,dev} # for "*" to match
	: >/tmp/pasted
	hostile collect
	say "${#pasted_names[@]} cures"
	[ "${#pasted_names[@]}" -gt 300 ] || fail "only ${#pasted_names[@]}"
	names_arrive /bin/sh
	names_arrive /bin/bash --norc -o history -o histexpand
	# shellcheck disable=SC2016 # these are names
	printf '%s\nnext\n' "ip link set dev \$(reboot) up" 'ip link set dev `id` up' 'ip link set dev a;ls up' >/tmp/pasted
	pasted_names=(a a a) pasted_devices=(bridge bridge bridge)
	! (names_arrive /bin/sh) 2>/dev/null || fail "names that are run are not found"
}

forwards() { [[ $(ip -d link show dev "$1") == *"bridge_slave state forwarding"* ]]; }
listens() { [[ $(ip -d link show dev "$1") == *"bridge_slave state listening"* ]]; }
is_up() { [[ $(ip link show dev "$1") == *[\<,]UP[,\>]* ]]; }
bridge_has() { [[ $(ip -d link show dev "$1") == *" $2 "* ]]; }
sends_filled() { [[ $(ethtool -k "$1") == *"tx-checksumming: off"* ]]; }
has_vlan() { [[ $(bridge vlan show dev "$1") == *"7 PVID Egress Untagged"* ]]; }
has_rule() { "$1-save" -t mangle | grep -F -- "-A POSTROUTING -o $2 -p udp" | grep "$3" | grep -q CHECKSUM; }

# add_port BRIDGE NAME FAR: with carrier, by a cable to FAR.
add_port() {
	ip link add name "$2" type veth peer name "$3" || return
	ip link set dev "$2" master "$1"
	ip link set dev "$2" up
	ip link set dev "$3" up
	wait_for 5 listens "$2"
}

# host BRIDGE PORT UPLINK: the host that the cures are about; fails where the kernel does not take a name.
host() {
	ip link add name "$1" type bridge stp_state 1 forward_delay 1500 || return
	ip link set dev "$1" up
	add_port "$1" "$2" far1 && add_port "$1" "$3" far2 || return
	ip link set dev "$1" type bridge vlan_filtering 1 2>/dev/null || vlans=''
}

no_host() {
	local index
	for index in far1 far2 "$1"; do ip link del dev "$index" 2>/dev/null || :; done
	iptables -t mangle -F POSTROUTING
	ip6tables -t mangle -F POSTROUTING
}

# effect BRIDGE PORT FORWARDING: pastes the cure for the real tools, and looks; FORWARDING is the port that it is about.
effect() {
	local said
	case ${field[cure]:-} in
	"" | mstpctl*) return 0 ;;
	"bridge vlan"*) [ "$vlans" ] || return 0 ;;
	*" up") ip link set dev "$1" down ;;
	esac
	said=$(sh 2>&1 <<<"${field[cure]}") || fail "${field[cure]}: $said"
	case ${field[cure]} in
	*" up") is_up "$1" ;;
	*bridge_slave*) forwards "$3" && bridge_has "$1" "stp_state 1" ;;
	*forward_delay*) bridge_has "$1" "forward_delay 200" ;;
	*stp_state*) bridge_has "$1" "stp_state 0" ;;
	"bridge vlan"*) has_vlan "$2" ;;
	ethtool*) sends_filled "$1" ;;
	*tables*) has_rule "${field[cure]%% *}" "$1" "$(grep -oE -- 'dport [0-9]+|udp -j' <<<"${field[cure]}")" ;;
	esac || fail "${field[cure]} has no effect"
	effects=$((effects + 1))
}

# Of names that are only the shell's matter one is enough.
with_real_tools() {
	local -A names=([bridge]=br0 [port]=vnet0 [uplink]=eth0)
	names[$device]=$name
	# shellcheck disable=SC2016 # a name
	case $name in
	'$(reboot)' | -x | '*' | dev | up) ;;
	*) return 0 ;;
	esac
	[ "$device" != uplink ] || return 0 # another port
	if [ "$last" != "$device $name" ]; then
		no_host "$bridge"
		last="$device $name" bridge=${names[bridge]}
		taken=yes
		host "${names[bridge]}" "${names[port]}" "${names[uplink]}" 2>/dev/null || taken=''
	fi
	[ ! "$taken" ] || effect "$bridge" "${names[port]}" "${field[port]}"
}

real_tools() {
	local last='' bridge=br0 taken='' vlans=yes effects=0
	hostile with_real_tools
	no_host "$bridge"
	say "$effects effects"
	[ "$effects" -gt 50 ] || fail "only $effects"
}

# From the log of the hook itself.
from_the_log() {
	local name
	# shellcheck disable=SC2016 # these are names
	for name in br0 '$(reboot)' '-x' '*'; do
		down "$name"
		sh <<<"$(log_lines | sed -n 's/.*finding=bridge-down .* cure="\([^"]*\)".*/\1/p')"
		is_up "$name" || fail "$name is down"
	done
	# shellcheck disable=SC2016
	for name in "a'b" "'\$(reboot)'" 'a\b'; do
		down "$name"
		logged '^finding=bridge-down .* advice="no command can be given'
		not_logged cure=
	done
}

# down NAME: the log of the start of a guest on a bridge of that name, which is down.
down() {
	ip link add name "$1" type bridge
	ip link add name down-web type veth peer name down-far
	ip link set dev down-web master "$1"
	log_forget
	domain_xml web "$(target=down-web nic "${1//"'"/"&apos;"}")" | qemu_hook web start begin -
	ip link del dev down-web
}

cases every_golden_plan sentences_are_found names_arrive_whole real_tools from_the_log
