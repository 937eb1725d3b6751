#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Input that libvirt would never send: every run ends in time, with status 0 and in silence,
# and leaves the kernel's state as it was, on a host where the same hook with good input has work to do.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
sandbox "$@"
need iptables-legacy ip6tables-legacy
hooks_start

GOOD_NETWORK=/tmp/network.xml
GOOD_GUEST=/tmp/guest.xml
BAD=/tmp/bad # one file per kind of bad input

# Both hooks, with the operations that look at the input; $1 is the input.
all_hooks() {
	network_hook net started begin - <"$1"
	network_hook net stopped end - <"$1"
	qemu_hook web prepare begin - <"$1"
	qemu_hook web migrate begin - <"$1"
}

unchanged() { same_state "$1" "$BEFORE"; }

cut_off() {
	local size
	for size in 1 9 40 150 300; do
		head -c "$size" "$GOOD_NETWORK" >"$BAD/network-cut-after-$size"
		head -c "$size" "$GOOD_GUEST" >"$BAD/guest-cut-after-$size"
	done
	head -c -1 "$GOOD_NETWORK" >"$BAD/network-cut-at-end"
	head -c -1 "$GOOD_GUEST" >"$BAD/guest-cut-at-end"
}

not_xml() {
	: >"$BAD/empty"
	printf '\n' >"$BAD/newline"
	head -c 100000 /dev/urandom >"$BAD/random"
	head -c 100000 /dev/zero >"$BAD/zeros"
	(printf '\0' && cat "$GOOD_NETWORK") >"$BAD/zero-before"
	(cat "$GOOD_NETWORK" && printf '<x/>') >"$BAD/two-roots"
	tr 'n' '\377' <"$GOOD_NETWORK" >"$BAD/not-utf8"
}

# 40 MB, well-formed, with something to repair at its end: too long is too long. No single part of it
# is, or the parser would have a limit of its own to find it by.
too_long() {
	local hog
	hog=$(printf '<description>%01000d</description>\n' {1..40000})
	sed "s|<name>.*</name>|&@|" "$GOOD_NETWORK" | insert "$hog" >"$BAD/40-MB-network"
	sed "s|<name>.*</name>|&@|" "$GOOD_GUEST" | insert "$hog" >"$BAD/40-MB-guest"
}

# insert TEXT: stdin with TEXT instead of @.
insert() {
	local all
	all=$(cat)
	printf '%s' "${all%%@*}" "$1" "${all#*@}"
}

deep() {
	head -c 900000 < <(yes '<a>' | tr -d '\n') >"$BAD/deep"
	(printf '<hookData>' && cat "$BAD/deep") >"$BAD/deep-hookdata"
	(printf '<domain ' && for i in {1..20000}; do printf "a%d='' " "$i"; done && printf '/>') >"$BAD/harmless-wide"
}

# A document with a DTD is refused, however harmless. These would have: good content, content
# from a file, exponential size.
with_dtd() {
	local doctype lol='' i
	echo "<bridge name='br0' stp='on'/>" >/tmp/secret
	for i in {1..9}; do lol+="<!ENTITY l$i '&l$((i - 1));&l$((i - 1));&l$((i - 1));&l$((i - 1));'>"; done
	(echo '<!DOCTYPE hookData>' && cat "$GOOD_NETWORK") >"$BAD/dtd-empty"
	doctype="<!DOCTYPE hookData [<!ENTITY n 'net'>]>"
	(echo "$doctype" && sed 's|<name>net|<name>\&n;|' "$GOOD_NETWORK") >"$BAD/dtd-entity"
	doctype="<!DOCTYPE hookData [<!ENTITY x SYSTEM 'file:///tmp/secret'>]>"
	(echo "$doctype" && sed 's|<bridge .*/>|\&x;|' "$GOOD_NETWORK") >"$BAD/dtd-file"
	doctype="<!DOCTYPE domain SYSTEM 'http://127.0.0.1/x.dtd'>"
	(echo "$doctype" && cat "$GOOD_GUEST") >"$BAD/dtd-net"
	doctype="<!DOCTYPE hookData [<!ENTITY l0 'lollollol'>$lol]>"
	(echo "$doctype" && sed 's|<name>net|<name>\&l9;|' "$GOOD_NETWORK") >"$BAD/dtd-laughs"
}

# Names that are no interface's, where the XML has br0; and three that might be.
bad_names() {
	# shellcheck disable=SC2016 # not to be expanded, neither here nor there
	names '' '' . .. ../../x /etc/passwd 'br0 br0' 'br0:1' 0123456789abcdef \
		"$(printf 'b%.0s' {1..5000})" 'br0&#10;' '$(touch /tmp/owned)'
	names harmless- 'br0;reboot' '%n%s%n%s' 'bré'
}

# names PREFIX NAME...: both inputs with each of the names.
names() {
	local i=0 name
	for name in "${@:2}"; do
		i=$((i + 1))
		sed "s|'br0'|'${name//&/\\&}'|" "$GOOD_NETWORK" >"$BAD/${1}network-name-$i"
		sed "s|'br0'|'${name//&/\\&}'|" "$GOOD_GUEST" >"$BAD/${1}guest-name-$i"
	done
}

wrong_document() {
	network_hook net started begin - <"$GOOD_GUEST"
	qemu_hook web prepare begin - <"$GOOD_NETWORK"
	unchanged "the other hook's document"
}

# Well-formed, but not what the hook is promised.
incomplete() {
	echo '<hookData/>' >"$BAD/hookdata-alone"
	echo '<hookData><network/></hookData>' >"$BAD/harmless-network"
	echo '<domain><devices><interface/><interface type="bridge"/></devices></domain>' >"$BAD/harmless-interface"
}

bad_input() {
	local file
	for file in "$BAD"/*; do
		log_forget
		all_hooks "$file"
		unchanged "${file##*/}"
		said_what_is_wrong "${file##*/}"
		not_logged secret # nobody reads a file on behalf of the XML
	done
	say "$(find "$BAD" -type f | wc -l) bad inputs"
}

# said_what_is_wrong NAME: both hooks did, about the input of that name; with a harmless one nothing is
# wrong but that there is nothing to do.
said_what_is_wrong() {
	local what='(error|warning)='
	case $1 in 40-MB-*) what='error="XML not read: File too large"' ;; esac
	case $1 in harmless-*) return ;; esac
	logged "^$what.* network=net"
	logged "^$what.* guest=web"
}

# Any text may be an object's name. Nothing but the log sees it, in one line.
bad_objects() {
	local name
	# shellcheck disable=SC2016 # not to be expanded, neither here nor there
	for name in 'x$(reboot)' '../../x' '`touch /tmp/owned`' '$(touch /tmp/owned)' '%n%n%s%s' '' - -- \
		--help $'two\nfinding=forged' 'a" finding="forged' "$(printf 'n%.0s' {1..100000})"; do
		network_hook "$name" started begin - <"$BAD/empty"
		network_hook "$name" unheard-of begin - <"$GOOD_NETWORK"
		qemu_hook "$name" prepare begin - <"$BAD/empty"
		qemu_hook "$name" "$name" "$name" "$name" <"$GOOD_GUEST"
		unchanged "object ${name:0:40}"
	done
	[ ! -e /tmp/owned ] || fail "a name was run as a command"
	log_settled
	! grep -av '^<' "$SYSLOG" || fail "a name made a line of its own in the log"
	! log_lines | grep -aE '(^| )finding="?forged' || fail "a name made a field of its own in the log"
}

# says_usage STATUS HOOK ARGUMENT...: too few of them, so a person is at the keyboard.
says_usage() {
	local said status=0 hook=/usr/sbin/virt-netboot-$2-hook
	said=$("$hook" "${@:3}" 2>&1 >/tmp/stdout <"$GOOD_NETWORK") || status=$?
	is "exit status of ${*:2}" "$status" "$1"
	[ ! -s /tmp/stdout ] || fail "stdout of ${*:2}: $(od -c /tmp/stdout)"
	[[ $said == *[Uu]sage* ]] || fail "no usage: $said"
}

bad_arguments() {
	says_usage 2 network
	says_usage 2 qemu
	says_usage 0 network net
	says_usage 0 qemu web
	log_forget
	local operation
	for operation in dance star starte starte\ d Started ''; do
		network_hook net "$operation" begin - <"$GOOD_NETWORK"
		qemu_hook web "$operation" begin - <"$GOOD_GUEST"
	done
	nothing_logged
	unchanged "bad arguments"
	qemu_hook web started begin - more and more <"$BAD/empty"
	unchanged "too many arguments"
}

# Standard streams that are closed, or stay open for ever.
bad_streams() {
	network_hook net started begin - <&-
	qemu_hook web prepare begin - <&-
	/usr/sbin/virt-netboot-network-hook net started begin - <"$BAD/empty" >&- 2>&-
	/usr/sbin/virt-netboot-qemu-hook web prepare begin - <&- >&- 2>&-
	network_hook net started begin - </tmp # a folder
	unchanged "closed streams"
	mkfifo /tmp/endless
	exec 9<>/tmp/endless
	cat "$GOOD_NETWORK" >&9
	printf '[hook]\ndeadline = 2\n' >/etc/virt-netboot.conf
	network_hook net started begin - </tmp/endless
	qemu_hook web start begin - </tmp/endless
	rm /etc/virt-netboot.conf
	unchanged "an input that never ends"
	exec 9>&-
}

# All of the above proves nothing unless the good input does something.
good_input() {
	network_hook net started begin - <"$GOOD_NETWORK"
	is "forward delay after good input" "$(link_get br0 forward_delay)" 200
	expect_rules br0 ip4:68 ip6:546
}

add_bridge br0 stp_state 1 forward_delay 1500
network_xml net br0 150 dhcp6 >"$GOOD_NETWORK"
domain_xml web "$(nic br0)" >"$GOOD_GUEST"
mkdir "$BAD"
BEFORE=$(kernel_state)

cut_off
not_xml
too_long
deep
with_dtd
bad_names
incomplete

cases wrong_document bad_input bad_objects bad_arguments bad_streams good_input
