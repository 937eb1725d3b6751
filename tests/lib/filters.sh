# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Filters of traffic control that fill checksums.

# filters DEVICE: those that are ours, as HOOK:PROTOCOL:SCOPE. One is for DHCP, and four more beside it are
# what scope "udp" comes to; each has its like for frames with a VLAN's tag.
filters() {
	local hook places=(ingress)
	[[ $(tc qdisc show dev "$1") != *clsact* ]] || places=(ingress egress)
	for hook in "${places[@]}"; do
		tc filter show dev "$1" "$hook" | awk -v hook="$hook" '
			/^filter/ {
				protocol = / parent / ? $5 : $3
				tag = number = ""
				if (/ pref [0-9]+ u32 .*::6e[0-9a-f] / && match($0, /::6e[0-9a-f] /))
					number = index("0123456789abcdef", substr($0, RSTART + 4, 1)) - 1
				if (protocol == "802.1Q") {
					tag = "tagged"
					protocol = number < 8 ? "ip" : "ipv6"
					number = number % 8
				}
			}
			number != "" && /csum \(udp\) action continue/ { ours[protocol tag] = ours[protocol tag] number }
			END {
				for (protocol in ours) {
					if (protocol ~ /tagged/)
						continue
					scope = ours[protocol]
					if (scope == "0") scope = "dhcp"
					if (scope == "01234") scope = "udp"
					if (ours[protocol] != ours[protocol "tagged"])
						scope = scope "-and-" ours[protocol "tagged"] "-tagged"
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
