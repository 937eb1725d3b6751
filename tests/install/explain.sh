#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# virt-netboot explain: it knows all that the code can find and ask, each text is whole and fits the terminal, and what
# it gives to be typed is right: what only looks runs here, and changes nothing.

. "$(dirname "$0")/../lib/testlib.sh"
sandbox "$@"

PATH=$HOOKS:$PATH
export VIRSH_DEFAULT_CONNECT_URI=test:///default

explain() { "$HOOKS/virt-netboot" explain "$@"; }
names() { explain | cut -d' ' -f1; }
is_check_line() { [[ $(explain "$1" | head -n 1) == "$1 (check)" ]]; }

# The strings of the code that have the form of a name.
strings() { find "$@" -name '*.c' -exec grep -hoE '"[a-z]+(-[a-z]+)+"' {} + | tr -d '"' | sort -u; }

# tests/install/documents.sh compares the manual, which is made of the same texts, with the code's findings.
known_to_the_code() {
	is "explained, and in no code" "$(comm -23 <(names | sort) <(strings common/plan cli))" ""
	is "twice" "$(names | sort | uniq -d)" ""
	[ "$(names | wc -l)" -gt 40 ] || fail "only $(names | wc -l)"
}

headings() { explain "$1" | grep -E '^[A-Z]' | paste -sd,; }

sections() {
	local name wanted
	for name in $(names); do
		wanted="Cause,How to see it,What it means,What to do,References"
		! is_check_line "$name" || wanted="Question,Results,Findings"
		is "sections of $name" "$(headings "$name")" "$wanted"
		# The name, its severity, which may need two lines, and the title.
		wanted=$(explain | sed -n "s/^$name  *[a-z]*  */    /p")
		[[ $'\n'$(explain "$name" | head -n 3) == *$'\n'"$wanted"* ]] || fail "$name: no title '$wanted'"
	done
}

# What a text of a finding says of clients, and what is named is there.
contents() {
	local name text mentioned section
	for name in $(names); do
		text=$(explain "$name")
		[[ $name == *-checksum* || $text != *"How to see it"* || $text =~ iPXE|client|Nothing\ is\ wrong ]] ||
			fail "$name: nothing about clients"
		while read -r mentioned; do
			explain "$mentioned" >/dev/null || fail "$name names $mentioned"
		done < <(sed -n '/^Findings$/,$p' <<<"$text" | grep -oE '[a-z]+(-[a-z]+)+')
		while IFS='()' read -r mentioned section _; do
			[ -e "docs/man/$mentioned.$section" ] || [ -e "$HOOKS/man/$mentioned.$section" ] ||
				fail "$name: no $mentioned($section)"
		done < <(grep -oE 'virt-netboot[a-z.-]*\([1-8]\)' <<<"$text")
	done
	is "lines that are not ASCII" "$(LC_ALL=C grep -nP '[^\x20-\x7e\t]' docs/findings/*)" ""
}

# wrong STATUS WANTED NAME...
wrong() {
	local status=0
	explain "${@:3}" >/tmp/stdout 2>/tmp/stderr || status=$?
	is "status of ${*:3}" "$status" "$1"
	is "said of ${*:3}" "$(cat /tmp/stderr)" "$2"
}

arguments() {
	wrong 64 "virt-netboot: unknown finding 'bridge-hol'; did you mean: bridge-hold, bridge-hold-not-root, bridge-hold-time" \
		bridge-hol
	[ ! -s /tmp/stdout ] || fail "printed"
	wrong 64 "virt-netboot: unknown finding 'chekcsum-zeroed'; did you mean: checksum-zeroed" chekcsum-zeroed
	wrong 64 "virt-netboot: unknown finding 'zone'; did you mean: firewalld-zone, bridge-zone" zone
	wrong 64 "virt-netboot: unknown finding 'x'; virt-netboot explain lists all" x
	wrong 64 "virt-netboot: unknown finding ''; virt-netboot explain lists all" ""
	wrong 64 "virt-netboot: unknown finding '\\x1b[1m'; virt-netboot explain lists all" $'\e[1m'
	wrong 64 "virt-netboot: unknown finding '$(printf 'a%.0s' {1..3000})'; virt-netboot explain lists all" \
		"$(printf 'a%.0s' {1..3000})"
	wrong 64 "virt-netboot: unknown finding 'x'; virt-netboot explain lists all" uplink-held x bridge-down
	is "explained beside it" "$(grep -E '^[a-z-]+ \(' /tmp/stdout | cut -d' ' -f1 | xargs)" "uplink-held bridge-down"
	explain --all 2>/tmp/stderr && fail "--all"
	grep -q "explain --help says more" /tmp/stderr || fail "$(cat /tmp/stderr)"
	[[ $(explain --help) == "usage: virt-netboot explain [NAME]..."* ]] || fail "--help"
	is "an end of the options" "$(explain -- bridge-down)" "$(explain bridge-down)"
}

# on_terminal COLUMNS NAME...: what a terminal of that width gets.
on_terminal() {
	script -qec "stty cols $1; '$HOOKS/virt-netboot' explain ${*:2}" /dev/null </dev/null | tr -d '\r'
}

# Commands are not broken.
longest() { sed 's/\x1b\[[01]m//g' | grep -vE '^(        |    - <)' | awk '{if (length > longest) longest = length} END {print longest}'; }

width() {
	local all columns longest
	mapfile -t all < <(names)
	is "longer than 80, beside commands or not" "$(explain "${all[@]}" | awk 'length > 80')" ""
	is "longer than 80 in the list" "$(explain | awk 'length > 80')" ""
	need script
	for columns in 50 80 100 200; do
		longest=$(TERM=xterm on_terminal "$columns" "${all[@]}" | longest)
		[ "$columns" -lt 200 ] || columns=100
		((longest <= columns && longest > columns - 5)) || fail "longest line of $columns columns: $longest"
	done
	[ "$(TERM=xterm on_terminal 5 bridge-down | wc -l)" -gt 50 ] || fail "a narrow terminal"
}

bold() {
	need script
	! explain bridge-hold | grep $'\e' || fail "bold in a pipe"
	! TERM=dumb on_terminal 80 bridge-hold | grep $'\e' || fail "bold on a dumb terminal"
	TERM=xterm on_terminal 80 bridge-hold >/tmp/bold
	grep -x $'\e\\[1mCause\e\\[0m' /tmp/bold || fail "no bold heading"
	grep $' \e\\[1mstp_state\e\\[0m \e\\[1m1\e\\[0m and' /tmp/bold || fail "no bold words"
	is "the same but for that" "$(sed 's/\x1b\[[01]m//g' /tmp/bold)" "$(explain bridge-hold)"
}

# Whoever runs it, and whatever is missing.
alone() {
	local status=0
	need setpriv
	rm -r /usr/libexec/virt-netboot
	is "as nobody" "$(cd / && setpriv --reuid nobody --clear-groups --no-new-privs \
		env -i "$HOOKS/virt-netboot" explain bridge-hold)" "$(explain bridge-hold)"
	explain bridge-hold >/dev/full 2>/tmp/stderr || status=$?
	is "status with a full disk" "$status" 1
	! ldd "$HOOKS/virt-netboot" | grep -E 'libvirt|json-c|nftables' || fail "linked with what only check needs"
}

# --- what is to be typed ---

# commands SECTION FILE...: what is in its ``` ... ```, a command each.
commands() {
	awk -v section="## $1" '/^#/ {here = $0 == section} /^ *```/ {code = !code; next}
		here && code {sub(/^ +/, ""); if (sub(/\\$/, "")) {printf "%s", $0; next} print}' "${@:2}"
}

# The devices and objects that the texts are about, as far as the kernel has their kinds.
stage() {
	local device
	[ ! -e /sys/class/net/br0 ] || return 0
	ip link add name br0 type bridge stp_state 1
	ip link add name vnet0 type veth peer name far0
	ip link add name eth0 type veth peer name far1
	ip link add name eth1 type veth peer name far2
	ip link add link eth1 name macvtap0 type macvtap mode bridge || :
	ip link set dev vnet0 master br0
	ip link set dev eth0 master br0
	for device in br0 vnet0 far0 eth0 far1 eth1; do ip link set dev "$device" up; done
	# The kernel takes up to a second to say so.
	for device in vnet0 far0 eth0 far1; do wait_for 5 grep -qx up "/sys/class/net/$device/operstate"; done
}

# staged COMMAND: about these. tcpdump would wait for packets: it understands the line, and ends.
staged() {
	sed -E 's/\bBRIDGE\b/br0/g; s/\bPORT\b/vnet0/g; s/\bUPLINK\b/eth0/g; s/\bPARENT\b/eth1/g; s/\bGUEST\b/test/g
		s/\bNETWORK\b/default/g; s/^tcpdump /&-d /' <<<"$1"
}

# All but what STP's timers do.
picture() {
	ip -d link | sed -E 's/[a-z_]+_timer +[0-9.]+|state (listening|learning|forwarding)|topology_change[a-z_]* [01]//g'
	bridge vlan || :
	tc qdisc
	nft list ruleset
	find /etc /run -newer /tmp/before
}

# Of the others it depends on the host whether they succeed: it may have no firewalld.
looking() {
	local command said status strict='^(ip|bridge|tc|iptables|nft|virsh|tcpdump|ethtool|ss) ' ran=0
	need nft iptables virsh tcpdump ethtool ss
	stage
	touch /tmp/before
	picture >/tmp/picture
	while read -r command; do
		command=$(staged "$command")
		[[ ! $command =~ [A-Z]{3} || $command =~ \ (POSTROUTING|FORWARD|INPUT)$|xt_CHECKSUM ]] || fail "what is that: $command"
		command -v "${command%% *}" >/dev/null || continue
		status=0
		said=$(timeout 10 sh -c "$command" 2>&1 </dev/null) || status=$?
		[[ ! $command =~ $strict || $status == 0 ]] || fail "$command: $said"
		[[ ! $said =~ [Uu]sage:|unrecognized|"invalid option"|"command not found" ]] || fail "$command: $said"
		ran=$((ran + 1))
	done < <(commands "How to see it" docs/findings/*.md | sort -u)
	is "changed" "$(picture | diff /tmp/picture -)" ""
	[ "$ran" -gt 30 ] || fail "only $ran were run"
}

# What changes something is not run, but for what these devices can take.
changing() {
	local command vlans=yes known="virt-netboot|ip|bridge|tc|iptables|nft|virsh|ethtool|modprobe|mstpctl|ovs-vsctl|firewall-cmd|ufw|sysctl|systemctl"
	stage
	ip link set dev br0 type bridge vlan_filtering 1 2>/dev/null || vlans=''
	commands "What to do" docs/findings/*.md >/tmp/commands
	[ "$(wc -l </tmp/commands)" -gt 20 ] || fail "only $(wc -l </tmp/commands)"
	while read -r command; do
		sh -n <<<"$command" || fail "sh cannot read it: $command"
		[[ $command =~ ^($known)\  ]] || fail "what is that: $command"
	done </tmp/commands
	while read -r command; do
		[[ $command != "bridge vlan"* || $vlans ]] || continue
		[[ $command != *macvlan* ]] || [ -e /sys/class/net/macvtap0 ] || continue
		command=$(staged "${command/NAME/macvlan0}")
		sh -c "${command/VID/7}" || fail "$command"
	done < <(grep -E '^(ip|bridge) |^ethtool -K BRIDGE|^iptables -t' /tmp/commands)
}

# --- how the texts are read ---

explanations() { "${AWK[@]}" -v to="$1" -f scripts/explanations.awk "${@:2}"; }

# refused_text WANTED TEXT: with the line it is in.
refused_text() {
	printf '# a-b (info)\nTitle\n\n## Cause\n%b' "$2" >/tmp/text.md
	! explanations c /tmp/text.md >/tmp/stdout 2>/tmp/stderr && ! explanations man /tmp/text.md >/dev/null 2>&1 ||
		fail "accepted: $2"
	is "said of $2" "$(cat /tmp/stderr)" "/tmp/text.md:$1"
}

# shellcheck disable=SC2016 # the ` is Markdown's
generator() {
	local AWK wanted=''
	for AWK in awk mawk gawk original-awk "busybox awk"; do
		read -ra AWK <<<"$AWK"
		command -v "${AWK[0]}" >/dev/null || continue
		say "${AWK[*]}"
		[ "$wanted" ] || wanted=$(explanations c docs/findings/*.md; explanations man docs/findings/head.mdoc docs/findings/*.md)
		[ "$(explanations c docs/findings/*.md; explanations man docs/findings/head.mdoc docs/findings/*.md)" = "$wanted" ] ||
			fail "${AWK[*]} makes something else"
		refused_text "6: a \` is missing before this line" 'a `b\n\n'
		refused_text "8: not '# NAME (SEVERITY)': x y" 'text\n\n\n# x y\n'
		refused_text "6: an item ends in an empty line, or goes on indented" '- a\nb\n'
		refused_text "6: \`\`\` is missing at the end" '```\nip link\n'
		refused_text "5: there is no item to which this belongs" '   ```\n'
		printf '%s\n' '# a-b (info)' 'Title' '' '## Cause' 'a \b "c" `\d "e"`' >/tmp/text.md
		explanations c /tmp/text.md >/tmp/text.c
		grep -F '"a \\b \"c\" `\\d \"e\"`"' /tmp/text.c || fail "not quoted: $(cat /tmp/text.c)"
		explanations man /tmp/text.md >/tmp/text.7
		grep -xF '.Li \ed \(dqe\(dq' /tmp/text.7 || fail "not escaped: $(cat /tmp/text.7)"
	done
}

cases known_to_the_code sections contents arguments width bold alone looking changing generator
