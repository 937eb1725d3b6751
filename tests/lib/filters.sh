# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Filters of traffic control that fill checksums.

# filters DEVICE: those that are ours, as HOOK:PROTOCOL:SCOPE. One is for DHCP, and four more beside it are
# what scope "udp" comes to.
filters() {
	local hook places=(ingress)
	[[ $(tc qdisc show dev "$1") != *clsact* ]] || places=(ingress egress)
	for hook in "${places[@]}"; do
		tc filter show dev "$1" "$hook" | awk -v hook="$hook" '
			/^filter/ {
				protocol = / parent / ? $5 : $3
				number = ""
				if (/ pref 2825[89] u32 .*::6e[0-4] / && match($0, /::6e[0-4] /))
					number = substr($0, RSTART + 4, 1)
			}
			number != "" && /csum \(udp\) action continue/ { ours[protocol] = ours[protocol] number }
			END {
				for (protocol in ours) {
					scope = ours[protocol]
					if (scope == "0") scope = "dhcp"
					if (scope == "01234") scope = "udp"
					print hook ":" protocol ":" scope
				}
			}'
	done
}

# filters_are DEVICE [HOOK:PROTOCOL:SCOPE]...: exactly these are ours.
filters_are() { is "filters of $1" "$(filters "$1" | sort)" "$(printf '%s\n' "${@:2}" | sort)"; }

# qdiscs DEVICE [root]: without what they count.
qdiscs() { tc qdisc show dev "$@" | sed -E 's/ direct_packets_stat [0-9]+//'; }

# all_filters DEVICE: everybody's, and the qdiscs.
all_filters() {
	qdiscs "$1"
	tc filter show dev "$1"
	tc filter show dev "$1" ingress
	tc filter show dev "$1" egress
}
