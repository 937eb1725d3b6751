#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Names that are meant to be read as something else than they are, or to push everything else out of the log: they
# cost their own field and nothing more, in the log, in the reason that libvirt shows, and at the command.

. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
sandbox "$@"
hooks_start

HOOK=/usr/sbin/virt-netboot-qemu-hook
LONG=$(printf '%0300000d' 0)

# prepare NAME [XML]: the guest has that name, for libvirt's hook as for its XML.
prepare() { domain_xml "${2:-$1}" "$(nic leaf)" "$(nic twig)" | qemu_hook "$1" prepare begin -; }

# as_shown TEXT: the name as a line about either bridge has it.
as_shown() {
	local bridge
	for bridge in leaf twig; do
		grep -qF -- "guest=$1 interface=" <(log_lines | grep -E "bridge=$bridge .*evidence=.* advice=") ||
			fail "guest=$1 is not there: $(log_lines | cut -c 1-300)"
	done
}

# Nothing raw is in the log: not C1, no mark of direction, nothing that is not UTF-8.
nothing_raw() {
	iconv -f UTF-8 -t UTF-8 "$SYSLOG" >/dev/null || fail "the log is not UTF-8"
	! grep -aP '\xc2[\x80-\x9f]|\xd8\x9c|\xe2\x80[\x8b-\x8f\xa8-\xae]|\xe2\x81[\xa0-\xaf]|\xef\xbb\xbf|\xef\xbf\xbe' \
		"$SYSLOG" || fail "raw in the log"
}

odd_names() {
	local -A names=(
		[$'a\xc2\x9b[2Jb']='"a\xc2\x9b[2Jb"'
		[$'a\xe2\x80\xaetxt.exe']='"a\xe2\x80\xaetxt.exe"'
		[$'a\xe2\x80\x8e\xe2\x81\xa6b\xe2\x81\xa9']='"a\xe2\x80\x8e\xe2\x81\xa6b\xe2\x81\xa9"'
		[$'\xd8\x9ca\xef\xbb\xbf']='"\xd8\x9ca\xef\xbb\xbf"'
		[$'a\xe2\x80\xa8finding=forged']='"a\xe2\x80\xa8finding=forged"'
		[$'gr\xc3\xbc\xc3\x9f']=$'"gr\xc3\xbc\xc3\x9f"'
	)
	local name
	for name in "${!names[@]}"; do
		log_forget
		prepare "$name"
		as_shown "${names[$name]}"
		nothing_raw
	done
}

# In XML only: no program takes an argument of that length.
long_name() {
	local shift
	log_forget
	prepare web "$LONG"
	as_shown "\"${LONG:0:991}...[cut]\""
	for shift in '' x; do
		log_forget
		prepare web "$shift$(printf $'\xc3\xbc%.0s' {1..2000})"
		as_shown "\"$shift$(printf $'\xc3\xbc%.0s' {1..495})...[cut]\""
		nothing_raw
	done
}

# However many interfaces come before it, and however long the guest's name is: what the log has of one is there.
many_interfaces() {
	local name
	name=$(printf '%02000d' 0)
	log_forget
	domain_xml "$name" "$(bridges 'a:%s')" "$(nic twig)" | qemu_hook web prepare begin -
	logged '^warning="<source bridge=.a:10.> is not the name of'
	logged '^warning="990 more names in the XML are not names of interfaces" guest='
	logged '^finding=.* bridge=twig '
	not_logged 'bridge=.a:11'
	log_forget
	domain_xml "$name" "$(bridges 'absent%s')" "$(nic twig)" | qemu_hook web prepare begin -
	logged '^finding=.* bridge=absent1000 '
	logged '^finding=.* bridge=twig '
	not_logged 'messages were lost'
}

# bridges FORMAT: a thousand interfaces on bridges with such names.
bridges() {
	local names
	mapfile -t names < <(seq 1000)
	# shellcheck disable=SC2059 # the format
	printf "<interface type='bridge'><source bridge='$1'/></interface>" "${names[@]}"
}

# A name that is no interface's is cut at byte 64 or before, and says so.
byte_64() {
	local shift
	for shift in '' x; do
		log_forget
		domain_xml web "$(nic "$shift$(printf $'\xc3\xbc%.0s' {1..200})")" | qemu_hook web prepare begin -
		logged "^warning=\"<source bridge='$shift$(printf $'\xc3\xbc%.0s' {1..31})\.\.\.\[cut\]'> is not the name of"
		nothing_raw
	done
}

# The parser's own messages have names in them.
broken_xml() {
	log_forget
	printf '<domain><a%03000d></b></domain>' 0 | qemu_hook web prepare begin -
	logged '^error="XML not understood: line 1: .*\.\.\.\[cut\]" guest=web$'
}

# libvirt shows the reason to a person: what is wrong is in it, whatever the guest's name.
refusal() {
	local name said status
	printf '[bridge]\nhold = min-delay\n[hook]\non-unrepaired = refuse\n' >/etc/virt-netboot.conf
	for name in "$LONG" $'a\xc2\x9b[2Jb\xe2\x80\xae'; do
		status=0
		said=$(domain_xml "$name" "$(nic leaf)" | "$HOOK" web prepare begin - 2>&1) || status=$?
		is "status" "$status" 1
		[[ $said == "virt-netboot: guest '"*"' is not started: interface "*"bridge leaf: "*"; advice: "* ]] ||
			fail "$said"
		((${#said} < 1000)) || fail "${#said} characters"
		! grep -P '\xc2\x9b|\xe2\x80\xae' <<<"$said" || fail "raw in the reason"
	done
	rm /etc/virt-netboot.conf
}

command_shows() {
	local said
	said=$("$HOOKS/virt-netboot" rewrite --driver-qemu $'/tmp/\xc2\x9b[2J\xe2\x80\xae\xff' 2>&1) || :
	is "message" "$said" 'virt-netboot: /tmp/\xc2\x9b[2J\xe2\x80\xae\xff: No such file or directory'
}

add_bridge leaf stp_state 1 forward_delay 1500
add_bridge twig stp_state 1 forward_delay 1500
add_better_root leaf
add_better_root twig
printf '[bridge]\nhold = min-delay\n' >/etc/virt-netboot.conf

cases odd_names long_name many_interfaces byte_64 broken_xml refusal command_shows
