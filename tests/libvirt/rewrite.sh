#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What `virt-netboot rewrite` makes of XML, with a real libvirt to judge it: of all that libvirt gave to hooks,
# and of a generated set with each type of interface, model and form of <driver>, in many layouts. The result
# is what generated-domains.py works out by rules of its own, and nothing else has changed; it is valid by
# libvirt's schemas if and only if the original was; libvirt takes it, and shows what was wanted. Once more
# changes nothing. The command as an editor for virsh, snapshots, and the stylesheets with xsltproc.

. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/hypervisor.sh"
sandbox "$@"
need xmllint xsltproc python3

GENERATED=$SRC/tests/lib/generated-domains.py
SCHEMAS=/usr/share/libvirt/schemas
ALL=/tmp/all # documents: domains/ and networks/
NEW=/tmp/new # what was made of them: NAME=OPTIONS.xml
PATH=$HOOKS:$PATH

for_domains=("--driver-qemu" "--guest-csum-off" "--driver-qemu --guest-csum-off"
	"--driver-qemu --interface 52:54:00:00:00:0A --interface br3 --interface net1"
	"--guest-csum-off --interface eth2 --interface 52:54:00:00:00:07")
for_networks=("--stp on" "--delay 2" "--stp off --delay 30")

# The recorded inputs: domains as they are, and the networks in <hookData>.
fixtures() {
	local file name
	for file in "$SRC"/tests/fixtures/hook-input/*/*.xml; do
		name=fixture-$(basename "$file")
		case $name in
		*-qemu-*) cp "$file" "$ALL/domains/$name" ;;
		*) sed -n '/^  <network[ >]/,/^  <\/network>/p' "$file" >"$ALL/networks/$name" ;;
		esac
	done
}

# rewrite_all KIND OPTIONS: each document of the kind, and a second time, which changes nothing. A line
# for each goes to /tmp/pairs.
rewrite_all() {
	local file new
	mkdir -p "$NEW/$1"
	for file in "$ALL/$1"/*.xml; do
		new="$NEW/$1/$(basename "$file" .xml)=${2// /}.xml"
		# shellcheck disable=SC2086 # the options
		virt-netboot rewrite $2 "$file" >"$new" 2>/dev/null || fail "$2 $file"
		# shellcheck disable=SC2086
		virt-netboot rewrite $2 "$new" 2>/dev/null | cmp - "$new" || fail "$2 $file: not the same a second time"
		printf '%s\t%s\t%s\n' "$2" "$file" "$new" >>/tmp/pairs
	done
}

# valid_ones SCHEMA FOLDER: the names of the documents that are, without the options in them.
valid_ones() {
	{ find "$2" -name '*.xml' -print0 | xargs -0 -n 100 xmllint --noout --relaxng "$SCHEMAS/$1.rng" 2>&1 || :; } |
		sed -n 's|^.*/\([^/]*\)\.xml validates$|\1|p' | sort
}

# as_valid_as_before SCHEMA KIND NUMBER: each new document, of which there are NUMBER of each old one. What is not
# valid does not become it.
as_valid_as_before() {
	valid_ones "$1" "$ALL/$2" >/tmp/valid
	valid_ones "$1" "$NEW/$2" | sed 's/=.*//' | sort | uniq -c |
		awk '{ print $2, $1 }' >/tmp/valid-new
	diff <(sed "s/\$/ $3/" /tmp/valid) /tmp/valid-new || fail "valid before (<), and with how many changes (>)"
	say "$(wc -l </tmp/valid) valid $2 of $(find "$ALL/$2" -name '*.xml' | wc -l), $3 changes each"
	[ -s /tmp/valid ] || fail "no valid document at all"
}

# libvirt_takes DEFINE UNDEFINE DUMP FILES OPTIONS...: libvirt is given each document that it is known to take,
# then the new one, and what it shows has changed as it should.
libvirt_takes() {
	local define=$1 undefine=$2 dump=$3 files=$4 kind=${4%%/*} file name count=0 options
	shift 4
	for file in "$ALL"/$files; do
		name=$(xmllint --xpath 'string(/*/name)' "$file")
		virsh "$define" "$file" >/dev/null || fail "libvirt does not take $file"
		virsh "$dump" --inactive "$name" >"/tmp/before-$name"
		for options; do
			virsh "$define" "$NEW/$kind/$(basename "$file" .xml)=${options// /}.xml" >/dev/null ||
				fail "libvirt does not take $file any more after $options"
			virsh "$dump" --inactive "$name" >"/tmp/after-$name-${options// /}"
			printf '%s\t%s\t%s\n' "$options" "/tmp/before-$name" "/tmp/after-$name-${options// /}" >>/tmp/pairs
			count=$((count + 1))
		done
		virsh "$undefine" "$name" >/dev/null
	done
	say "libvirt took $count new $kind"
	[ "$count" != 0 ] || fail "no document at all"
}

# check_pairs: all that was noted, by the generator's own rules.
check_pairs() {
	"$GENERATED" check </tmp/pairs >/tmp/wrong || fail "$(head -n 20 /tmp/wrong)"
	say "$(wc -l </tmp/pairs) pairs compared"
	: >/tmp/pairs
}

# A person sees the change and no more.
small_diff() {
	local lines
	lines=$(virt-netboot rewrite --driver-qemu --guest-csum-off --diff "$ALL/domains/fixture-30-qemu-many_odd-restore.xml" |
		grep '^[-+] ')
	is "lines of the diff that have nothing to do with the change" \
		"$(grep -vE "^[-+] +(<driver( name='(vhost|qemu)')?( queues='2')?/?>|<guest csum='off' tso4='off' tso6='off' ecn='off' ufo='off'/>|</driver>)$" <<<"$lines")" ""
	is "interfaces in the diff" "$(grep -c '^+.*<guest' <<<"$lines")" 8
}

# The stylesheets by themselves.
with_xsltproc() {
	local file
	for file in "$ALL"/domains/fixture-*restore.xml "$ALL"/domains/taken-some-*.xml; do
		case $file in *-latin-1.xml | *-utf-16.xml) continue ;; esac
		same_document "$(xsltproc "$SRC/xslt/driver-qemu.xsl" "$file")" "$file" --driver-qemu
		same_document "$(xsltproc --stringparam interfaces 'br2 52:54:00:00:00:07' "$SRC/xslt/guest-csum-off.xsl" "$file")" \
			"$file" --guest-csum-off --interface br2 --interface 52:54:00:00:00:07
	done
	for file in "$ALL"/networks/taken-*-libvirt.xml; do
		same_document "$(xsltproc --stringparam stp off --stringparam delay 3 "$SRC/xslt/bridge-hold.xsl" "$file")" \
			"$file" --stp off --delay 3
	done
}

same_document() {
	is "$2 by xsltproc" "$(xmllint --c14n - <<<"$1")" \
		"$(virt-netboot rewrite "${@:3}" "$2" 2>/dev/null | xmllint --c14n -)"
}

# edited COMMAND OBJECT EDITOR: what virsh says.
edited() { EDITOR=$3 command virsh --connect qemu:///system "$1" "$2"; }

as_an_editor() {
	local editor='virt-netboot rewrite --driver-qemu --in-place' said
	guest_define web network=net "<driver name='vhost' queues='4'/>"
	said=$(edited edit web "$editor")
	[[ $said == *"'web' XML configuration edited"* ]] || fail "virsh edit: $said"
	[[ $(virsh dumpxml web) == *"<driver name='qemu' queues='4'/>"* ]] || fail "after virsh edit: $(virsh dumpxml web)"
	said=$(edited edit web "$editor")
	[[ $said == *"'web' XML configuration not changed"* ]] || fail "virsh edit once more: $said"

	edited_network
	said=$(edited net-edit net 'virt-netboot rewrite --stp off --delay 0 --in-place')
	[[ $said == *"Network net XML configuration edited"* ]] || fail "virsh net-edit: $said"
	[[ $(virsh net-dumpxml net) == *"<bridge name='virbr7' stp='off' delay='0'/>"* ]] ||
		fail "after virsh net-edit: $(virsh net-dumpxml net)"
	said=$(edited net-edit net 'virt-netboot rewrite --stp off --delay 0 --in-place')
	[[ $said == *"Network net XML configuration not changed"* ]] || fail "virsh net-edit once more: $said"
	virsh net-start net
	is "forward delay and STP of the network" "$(link_get virbr7 forward_delay) $(link_get virbr7 stp_state)" "0 0"
	# Not for that kind of document: the editor fails, and virsh keeps what there was.
	refused "has no network: --stp and --delay are for networks" edited edit web 'virt-netboot rewrite --stp off --in-place'
	[[ $(virsh dumpxml web) == *"<driver name='qemu' queues='4'/>"* ]] || fail "an editor that failed changed the guest"
}

# A snapshot of a guest that runs, of its memory too, has it twice: as it ran, and as it is defined.
snapshot() {
	local new
	edited_network
	[[ $(virsh net-list --name) == *net* ]] || virsh net-start net
	guest_define shot network=net "<driver queues='2'/>"
	virsh start --paused shot
	virsh snapshot-create-as shot s1 --memspec file=/tmp/shot.memory --atomic --live 2>/tmp/snapshot ||
		fail "snapshot: $(cat /tmp/snapshot)"
	virsh snapshot-dumpxml shot s1 >/tmp/snapshot.xml
	is "guests in the snapshot" "$(grep -cE '<(domain|inactiveDomain) ' /tmp/snapshot.xml)" 2
	new=$(virt-netboot rewrite --driver-qemu /tmp/snapshot.xml)
	is "changed guests in the snapshot" "$(grep -cF "<driver name='qemu' queues='2'/>" <<<"$new")" 2
	xmllint --noout --relaxng "$SCHEMAS/domainsnapshot.rng" - <<<"$new" 2>/tmp/validation || fail "$(cat /tmp/validation)"
	cat <<<"$new" >/tmp/new-snapshot.xml
	virsh snapshot-create --redefine shot /tmp/new-snapshot.xml
	is "changed guests in libvirt's snapshot" "$(virsh snapshot-dumpxml shot s1 | grep -cF "<driver name='qemu' queues='2'/>")" 2
	virsh destroy shot
}

# edited_network: the network of the next two cases.
edited_network() {
	virsh net-info net >/dev/null 2>&1 || {
		network_create net virbr7 on 15
		virsh net-destroy net
		virsh net-define /tmp/network-net.xml
	}
}

all_documents() {
	local options
	: >/tmp/pairs
	for options in "${for_domains[@]}"; do rewrite_all domains "$options"; done
	for options in "${for_networks[@]}"; do rewrite_all networks "$options"; done
	check_pairs
	as_valid_as_before domain domains "${#for_domains[@]}"
	as_valid_as_before network networks "${#for_networks[@]}"
	libvirt_takes define undefine dumpxml "domains/taken-*.xml" "${for_domains[@]:2:2}"
	libvirt_takes net-define net-undefine net-dumpxml "networks/taken-*-libvirt.xml" "${for_networks[@]:2}"
	check_pairs
}

hypervisor_start
"$GENERATED" write "$ALL"
fixtures
cases all_documents small_diff with_xsltproc as_an_editor snapshot
