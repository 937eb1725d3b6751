# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Filters of traffic control that fill checksums.

# filters DEVICE: those that are ours, as HOOK:PROTOCOL:SCOPE.
filters() {
	local hook hooks=(ingress)
	[[ $(tc qdisc show dev "$1") != *clsact* ]] || hooks=(ingress egress)
	for hook in "${hooks[@]}"; do
		tc filter show dev "$1" "$hook" | awk -v hook="$hook" '
			/^filter/ {
				ours = / pref 2825[89] u32 .* fh [0-9a-f]*::6e[12] /
				filter = hook ":" $3 ":" (/::6e2 / ? "udp" : "dhcp")
			}
			ours && /csum \(udp\) action continue/ { print filter }'
	done
}

# filters_are DEVICE [HOOK:PROTOCOL:SCOPE]...: exactly these are ours.
filters_are() { is "filters of $1" "$(filters "$1" | sort)" "$(printf '%s\n' "${@:2}" | sort)"; }

# all_filters DEVICE: everybody's, and the qdiscs.
all_filters() {
	tc qdisc show dev "$1"
	tc filter show dev "$1"
	tc filter show dev "$1" ingress
	tc filter show dev "$1" egress
}
