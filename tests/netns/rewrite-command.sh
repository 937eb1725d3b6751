#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# `virt-netboot rewrite` as a person uses it, and misuses it: what is wrong is said, with what is accepted,
# and nothing is printed or changed by halves. What it makes of good input is the matter of
# tests/libvirt/rewrite.sh.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
sandbox "$@"
need setpriv dnsmasq
hooks_start

PATH=$HOOKS:$PATH
GUEST=/tmp/guest.xml
NETWORK=/tmp/network.xml

# wrong STATUS WANTED COMMAND...: ends with the status, says something with WANTED, and prints nothing.
wrong() {
	local status=$1 wanted=$2 got=0
	shift 2
	"$@" >/tmp/stdout 2>/tmp/stderr </dev/null || got=$?
	is "status of $*" "$got" "$status"
	[ ! -s /tmp/stdout ] || fail "$*: printed $(head -c 200 /tmp/stdout)"
	grep -qF -- "$wanted" /tmp/stderr || fail "$*: said '$(head -c 400 /tmp/stderr)' instead of '$wanted'"
}

rewrite() { virt-netboot rewrite "$@"; }

arguments() {
	wrong 64 "usage: virt-netboot VERB" virt-netboot
	wrong 64 "'mend' is not a verb" virt-netboot mend
	wrong 64 "nothing to change: give --driver-qemu" rewrite "$GUEST"
	wrong 64 "unrecognized option '--drivers'" rewrite --drivers "$GUEST"
	wrong 64 "requires an argument" rewrite --driver-qemu --interface
	wrong 64 "'--driver-qemu' doesn't allow an argument" rewrite --driver-qemu=yes "$GUEST"
	for delay in 31 -1 1.5 '' x 007; do
		wrong 64 "--delay '$delay': a whole number of seconds from 0 to 30 is accepted" rewrite --delay "$delay" "$NETWORK"
	done
	wrong 64 "--stp 'maybe': on or off is accepted" rewrite --stp maybe "$NETWORK"
	for interface in '' 'a b' 52:54:00:zz:00:00 $'br0\n'; do
		wrong 64 "--interface '$interface" rewrite --driver-qemu --interface "$interface" "$GUEST"
		wrong 64 "without spaces, is accepted" rewrite --driver-qemu --interface "$interface" "$GUEST"
	done
	wrong 64 "--interface goes with" rewrite --interface br0 --delay 0 "$NETWORK"
	wrong 64 "--auto chooses the change itself" rewrite --auto --driver-qemu "$GUEST"
	wrong 64 "rewrite takes one FILE only, not also '$NETWORK'" rewrite --driver-qemu "$GUEST" "$NETWORK"
	wrong 64 "--in-place needs a FILE" rewrite --driver-qemu --in-place
	wrong 64 "--in-place needs a FILE" rewrite --driver-qemu --in-place -
	wrong 64 "leave --in-place away" rewrite --driver-qemu --in-place --diff "$GUEST"
	[[ $(virt-netboot --version) == "virt-netboot $(cat "$SRC/VERSION")" ]] || fail "--version"
	[[ $(virt-netboot --help) == usage:* && $(rewrite --help) == *--driver-qemu* ]] || fail "--help"
}

# refuses WANTED FILE OPTION...: as a filter, as a diff and in place; the file stays as it is.
refuses() {
	local wanted=$1 file=$2
	cp "$file" /tmp/copy
	shift 2
	wrong 3 "$wanted" rewrite "$@" "$file"
	wrong 3 "$wanted" rewrite "$@" --diff "$file"
	wrong 3 "$wanted" rewrite "$@" --in-place "$file"
	cmp "$file" /tmp/copy
}

documents() {
	local doctype
	refuses "has no network: --stp and --delay are for networks" "$GUEST" --stp off
	refuses "has no guest: --driver-qemu, --guest-csum-off and --interface are for guests" "$NETWORK" --driver-qemu
	refuses "has no network" "$GUEST" --stp off --driver-qemu
	echo '<pool/>' >/tmp/bad
	refuses "is a <pool>; <domain>, <network>, <domainsnapshot> and <hookData> are accepted" /tmp/bad --driver-qemu
	: >/tmp/bad
	refuses "/tmp/bad not understood" /tmp/bad --driver-qemu
	head -c 100000 /dev/urandom >/tmp/bad
	refuses "/tmp/bad not understood" /tmp/bad --driver-qemu
	head -c 200 "$GUEST" >/tmp/bad
	refuses "/tmp/bad not understood: line" /tmp/bad --driver-qemu
	head -c 20000000 /dev/zero | tr '\0' ' ' >/tmp/bad
	refuses "File too large" /tmp/bad --driver-qemu
	echo "<secret>top secret</secret>" >/tmp/secret
	for doctype in '<!DOCTYPE domain>' '<!DOCTYPE domain [<!ENTITY x SYSTEM "file:///tmp/secret">]>' \
		'<!DOCTYPE domain SYSTEM "/tmp/secret">'; do
		(echo "$doctype" && sed 's|<name>web|<name>\&x;|' "$GUEST") >/tmp/bad
		refuses "/tmp/bad with a DTD is refused" /tmp/bad --driver-qemu
		! grep 'top secret' /tmp/stdout /tmp/stderr || fail "an entity was read"
	done
	wrong 3 "standard input not understood" rewrite --driver-qemu
	wrong 3 "/tmp/absent: No such file or directory" rewrite --driver-qemu /tmp/absent
	wrong 3 "/tmp: Is a directory" rewrite --driver-qemu /tmp
	chmod 600 "$GUEST"
	wrong 3 "$GUEST: Permission denied" setpriv --reuid 1000 --clear-groups "$HOOKS/virt-netboot" rewrite --driver-qemu "$GUEST"
	chmod 644 "$GUEST"
	wrong 3 "--auto looks at the rules of this host, which takes root" setpriv --reuid 1000 --clear-groups \
		"$HOOKS/virt-netboot" rewrite --auto "$GUEST"
}

# What is not there, or cannot be changed, is said, and the document comes as it is.
notes() {
	local stylesheet=/etc/virt-netboot/xslt/driver-qemu.xsl
	rewrite --driver-qemu --interface br9 --interface br0 "$GUEST" >/tmp/out 2>/tmp/stderr
	is "note" "$(cat /tmp/stderr)" "virt-netboot: --interface br9: the guest has none; it has 52:54:00:00:00:99 (br0)"
	grep -q "<driver name='qemu'/>" /tmp/out || fail "the interface that is there was not changed"
	sed "s/'br0'/'br\&#10;virt-netboot: fake\&#x9b;'/" "$GUEST" >/tmp/forger.xml
	rewrite --driver-qemu --interface br9 /tmp/forger.xml 2>/tmp/stderr >/dev/null
	is "lines" "$(wc -l </tmp/stderr)" 1
	grep -qF '(br\x0avirt-netboot: fake\xc2\x9b)' /tmp/stderr || fail "said $(cat -v /tmp/stderr)"
	rewrite --driver-qemu --interface "a'b\"c" "$GUEST" 2>/tmp/stderr | cmp - "$GUEST"
	grep -qF "a'b\"c: the guest has none" /tmp/stderr || fail "quotes: $(cat /tmp/stderr)"
	sed "s/nat/bridge/" "$NETWORK" >/tmp/host.xml
	rewrite --stp off /tmp/host.xml 2>/tmp/stderr | cmp - /tmp/host.xml
	grep -qF "libvirt does not make this network's bridge" /tmp/stderr || fail "bridge network: $(cat /tmp/stderr)"

	mkdir -p "${stylesheet%/*}"
	sed "s|<xsl:output|<xsl:import href='/tmp/good.xsl'/>&|" "$SRC/xslt/driver-qemu.xsl" >"$stylesheet"
	cp "$SRC/xslt/driver-qemu.xsl" /tmp/good.xsl
	refuses "xsl:import: read rights for /tmp/good.xsl denied" "$GUEST" --driver-qemu
	chown 1000 "$stylesheet"
	refuses "$stylesheet is not used: a stylesheet must be a file that belongs to root" "$GUEST" --driver-qemu
	rm -r /etc/virt-netboot
}

# Where it goes: whole, or said.
output() {
	local before
	wrong 3 "standard output: Bad file descriptor" bash -c "virt-netboot rewrite --driver-qemu $GUEST >&-"
	wrong 3 "standard output: No space left on device" bash -c "virt-netboot rewrite --driver-qemu $GUEST >/dev/full"
	wrong 3 "No space left on device" bash -c "virt-netboot rewrite --driver-qemu --diff $GUEST >/dev/full"
	wrong 3 "Bad file descriptor" bash -c "virt-netboot rewrite --driver-qemu --diff $GUEST >&-"
	wrong 3 "standard input: Bad file descriptor" bash -c "virt-netboot rewrite --driver-qemu <&-"
	wrong 3 "/dev/urandom: File too large" rewrite --driver-qemu /dev/urandom
	rewrite --driver-qemu "$GUEST" | cmp - /tmp/wanted
	rewrite --driver-qemu <"$GUEST" | cmp - /tmp/wanted
	rewrite --driver-qemu - <"$GUEST" | cmp - /tmp/wanted

	mkdir /tmp/place
	cp "$GUEST" /tmp/place/guest.xml
	chown 1000:1001 /tmp/place/guest.xml
	chmod 640 /tmp/place/guest.xml
	rewrite --driver-qemu --in-place /tmp/place/guest.xml
	cmp /tmp/place/guest.xml /tmp/wanted
	is "owner and mode" "$(stat -c '%u:%g %a' /tmp/place/guest.xml)" "1000:1001 640"
	before=$(stat -c '%i %y' /tmp/place/guest.xml)
	rewrite --driver-qemu --in-place /tmp/place/guest.xml
	is "file where nothing is to be changed" "$(stat -c '%i %y' /tmp/place/guest.xml)" "$before"
	is "files beside it" "$(ls /tmp/place)" guest.xml

	chmod 777 /tmp/place
	chown 0:1001 /tmp/place/guest.xml
	cp "$GUEST" /tmp/place/guest.xml
	chmod 644 /tmp/place/guest.xml
	wrong 3 "/tmp/place/guest.xml was not changed: Operation not permitted" setpriv --reuid 1000 --clear-groups \
		"$HOOKS/virt-netboot" rewrite --driver-qemu --in-place /tmp/place/guest.xml
	is "owner of another's file" "$(stat -c '%u:%g %a' /tmp/place/guest.xml) $(ls /tmp/place)" "0:1001 644 guest.xml"

	mount -t tmpfs -o size=8k small /mnt
	cp "$GUEST" /mnt/guest.xml
	dd if=/dev/zero of=/mnt/fill bs=4k status=none 2>/dev/null || :
	wrong 3 "/mnt/guest.xml was not changed: No space left on device" rewrite --driver-qemu --in-place /mnt/guest.xml
	cmp /mnt/guest.xml "$GUEST"
	mount -o remount,ro /mnt
	wrong 3 "/mnt/guest.xml was not changed: Read-only file system" rewrite --driver-qemu --in-place /mnt/guest.xml
	is "files beside it" "$(echo /mnt/*)" "/mnt/fill /mnt/guest.xml"
	umount /mnt
}

# A diff that can be applied; where diff is missing that is said.
diffs() {
	rewrite --driver-qemu --diff "$GUEST" >/tmp/diff
	is "removed and added lines" "$(grep -c '^[-+] ' /tmp/diff)" 2
	is "names" "$(sed -n 's/^\(---\|+++\) //p' /tmp/diff | sort -u)" "$GUEST"
	rewrite --driver-qemu --diff --interface 52:54:00:ff:ff:ff "$GUEST" >/tmp/diff 2>/dev/null
	[ ! -s /tmp/diff ] || fail "a diff of nothing: $(cat /tmp/diff)"
	wrong 3 "diff: No such file or directory" env PATH=/nowhere "$HOOKS/virt-netboot" rewrite --driver-qemu --diff "$GUEST"
}

# --auto: as the hooks would do it here, which is a guest on a macvtap with mechanism = ethtool; see
# rewrite-hook.sh.
auto() {
	: >/dev/vhost-net
	add_card eth8
	add_macvlan eth8 host8
	serve host8 90
	domain_xml web "$(interface direct "<source dev='eth8' mode='bridge'/>")" >/tmp/direct.xml
	rewrite --auto /tmp/direct.xml >/tmp/out 2>/tmp/stderr
	if has_act_csum || iptables-legacy -t mangle -S >/dev/null 2>&1; then
		cmp /tmp/out /tmp/direct.xml
	fi
	config <<<$'[checksum]\nmechanism = ethtool'
	rewrite --auto /tmp/direct.xml >/tmp/out 2>/tmp/stderr
	cmp /tmp/out <(sed "s/name='vhost'/name='qemu'/" /tmp/direct.xml)
	grep -q '^virt-netboot: finding=vhost-exposed .*interface=52:54:00:00:00:99 .*repaired=yes' /tmp/stderr ||
		fail "--auto said $(cat /tmp/stderr)"
	rewrite --auto "$GUEST" | cmp - "$GUEST"
	snapshot direct.xml
	rewrite --auto /tmp/snapshot.xml 2>/dev/null | cmp - <(sed "s/name='vhost'/name='qemu'/" /tmp/snapshot.xml)
	sed "s|</name>|&<metadata><n:netboot xmlns:n='urn:virt-netboot:1' rewrite='no'/></metadata>|" /tmp/direct.xml >/tmp/forbids.xml
	rewrite --auto /tmp/forbids.xml | cmp - /tmp/forbids.xml
	snapshot forbids.xml
	rewrite --auto /tmp/snapshot.xml | cmp - /tmp/snapshot.xml

	rewrite --auto "$NETWORK" 2>/tmp/stderr | cmp - <(sed "s/delay='15'/delay='0'/" "$NETWORK")
	grep -q '^virt-netboot: finding=bridge-hold .*network=net ' /tmp/stderr || fail "--auto said $(cat /tmp/stderr)"
	config <<<$'[bridge]\nhold = stp-off'
	rewrite --auto "$NETWORK" 2>/dev/null | cmp - <(sed "s/stp='on'/stp='off'/" "$NETWORK")
	for hold in report edge; do
		config <<<"[bridge]"$'\n'"hold = $hold"
		rewrite --auto "$NETWORK" 2>/dev/null | cmp - "$NETWORK"
	done
	: >/etc/virt-netboot.conf
	sed "s|<name>net</name>|&<metadata><n:netboot xmlns:n='urn:virt-netboot:1' hold='report'/></metadata>|" "$NETWORK" >/tmp/quiet.xml
	rewrite --auto /tmp/quiet.xml 2>/dev/null | cmp - /tmp/quiet.xml
}

# snapshot FILE: one in which the guest stands twice.
snapshot() {
	{
		echo '<domainsnapshot><name>s1</name>'
		cat "/tmp/$1"
		sed 's/domain/inactiveDomain/g' "/tmp/$1"
		echo '</domainsnapshot>'
	} >/tmp/snapshot.xml
}

# Interrupted at any moment, the file is the old one or the new one, and nothing lies beside it.
interrupted() {
	local i pid old=0 new=0
	mkdir /tmp/interrupted
	for i in {1..100}; do
		cp "$GUEST" /tmp/interrupted/guest.xml
		virt-netboot rewrite --driver-qemu --in-place /tmp/interrupted/guest.xml &
		pid=$!
		sleep "0.00$((i % 10))"
		kill -TERM "$pid" 2>/dev/null || :
		wait "$pid" 2>/dev/null || :
		if cmp -s /tmp/interrupted/guest.xml "$GUEST"; then
			old=$((old + 1))
		else
			cmp /tmp/interrupted/guest.xml /tmp/wanted
			new=$((new + 1))
		fi
		is "files beside it" "$(ls /tmp/interrupted)" guest.xml
	done
	say "interrupted 100 times: $old times the old file, $new times the new one"
}

domain_xml web "$(nic br0)" >"$GUEST"
network_xml net virbr7 90 >"$NETWORK"
sed "s/name='vhost'/name='qemu'/" "$GUEST" >/tmp/wanted

before_each() { rm -rf /etc/virt-netboot /etc/virt-netboot.conf; }

cases arguments documents notes output diffs auto interrupted
