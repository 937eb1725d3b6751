# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What `virt-netboot probe` sees; beside testlib.sh:
#
#     probe --bridge br0                         runs it; its document and exit status are kept
#     sees .servers[0].origin host               a value of the document, by jq's filter, is this
#     sees_about .servers[0].offer_seconds 3.0   a number is this, or up to 0.9 more
#     found dhcp-none                            a finding of this slug
#     found_not dhcp-none
#     leaves_nothing br0 LEASES -- COMMAND...    what the bridge and the server know is as before the command

# Copies of all documents, for who looks at their form.
DOCUMENTS=/tmp/documents

# probe [OPTION]...
probe() {
	probed=0
	PROBED=${PROBED:-$(mktemp)}
	"$HOOKS/virt-netboot" probe --format json "$@" >"$PROBED" 2>"$PROBED.errors" || probed=$?
	mkdir -p "$DOCUMENTS"
	cp "$PROBED" "$(mktemp "$DOCUMENTS/XXXXXX")"
	say "probe $*: $probed"
	[ "$probed" -le 2 ] && [ -s "$PROBED" ] || fail "probe $*: $(cat "$PROBED.errors")"
}

seen() { jq -r "$1" "$PROBED"; }

# probe_is WHAT GOT WANTED
probe_is() { [ "$2" = "$3" ] || fail "$1: got '$2', wanted '$3': $(jq -c . "$PROBED")"; }

sees() { probe_is "$1" "$(seen "$1")" "$2"; }
sees_about() { probe_is "$1 ($(seen "$1"))" "$(seen "$1 | . >= $2 - 0.1 and . < $2 + 0.9")" true; }

found() { probe_is "finding $1" "$(seen "any(.findings[]; .slug == \"$1\")")" true; }
found_not() { probe_is "finding $1" "$(seen "any(.findings[]; .slug == \"$1\")")" false; }

# known BRIDGE [FILE]...: its ports, its forwarding table, the host's neighbours there, and what is in the files. An
# address that a server has pinged in vain is nobody's. The bridge's own is there if the host advertises itself as router.
known() {
	ls "/sys/class/net/$1/brif"
	forwarding_table "$1"
	ip neighbour show dev "$1" | sed -e '/^fe80::1 /d' -e '/FAILED/d' -e '/INCOMPLETE/d' -e 's/ [A-Z]*$//' | sort
	ip link show dev "$1"
	# ISC's server begins a line before it has something to say.
	[ $# = 1 ] || sed '/^$/d' "${@:2}"
}

# forwarding_table BRIDGE: what it has learned. While others change theirs, a dump is not complete.
forwarding_table() {
	local table
	until table=$(bridge fdb show br "$1" 2>&1) && [[ $table != *interrupted* ]]; do :; done
	sed -n "/ master $1/p" <<<"$table" | sort
}

leaves_nothing() {
	local before files=()
	until [ "$1" = -- ]; do
		files+=("$1")
		shift
	done
	shift
	before=$(known "${files[@]}")
	"$@"
	diff <(cat <<<"$before") <(known "${files[@]}") || fail "what is known at ${files[0]} is not as before"
}
