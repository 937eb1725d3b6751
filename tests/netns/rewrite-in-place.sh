#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# virt-netboot rewrite --in-place, as root, on files that others may change, replace by links or have open
# meanwhile: no other file is written or read, no version of anybody's is lost, and nothing is left beside the file.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
sandbox "$@"
need setpriv strace setfattr getfattr python3
hooks_start

PATH=$HOOKS:$PATH
SECRET=/run/secret.xml

in_place() { virt-netboot rewrite --delay 3 --in-place "$@"; }
as_nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }

# fresh FILE: the network's XML in it, and $ORIGINAL and $WANTED beside other things.
fresh() {
	rm -rf "$1"
	cp "$ORIGINAL" "$1"
}

ORIGINAL=/run/original.xml
WANTED=/run/wanted.xml
network_xml net virbr7 90 >"$ORIGINAL"
sed "s/delay='15'/delay='3'/" "$ORIGINAL" >"$WANTED"

# refuses WANTED FILE: with this message, and nothing appears in the folder.
refuses() {
	local before status=0
	before=$(ls -A "${2%/*}" 2>&1) || :
	timeout 10 virt-netboot rewrite --delay 3 --in-place "$2" >/tmp/stdout 2>/tmp/stderr || status=$?
	is "status for $2" "$status" 3
	[ ! -s /tmp/stdout ] || fail "printed $(cat /tmp/stdout)"
	grep -qF -- "$1" /tmp/stderr || fail "$2: said '$(cat /tmp/stderr)' instead of '$1'"
	is "lines said" "$(wc -l </tmp/stderr)" 1
	is "the folder" "$(ls -A "${2%/*}" 2>&1 || :)" "$before"
}

kinds() {
	mkdir /tmp/kinds
	cd /tmp/kinds
	fresh file.xml
	ln -s file.xml link.xml
	ln -s /nowhere dangling.xml
	mkfifo fifo
	python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket")'
	refuses "/tmp/kinds/link.xml is a symbolic link to 'file.xml'" /tmp/kinds/link.xml
	refuses "/tmp/kinds/dangling.xml is a symbolic link to '/nowhere'" /tmp/kinds/dangling.xml
	refuses "/tmp/kinds/fifo is a FIFO" /tmp/kinds/fifo
	refuses "/tmp/kinds/socket is a socket" /tmp/kinds/socket
	refuses "/dev/null is a device" /dev/null
	refuses "/tmp/kinds is a directory" /tmp/kinds
	refuses "/tmp/kinds/ is a directory" /tmp/kinds/
	refuses "/tmp/kinds/file.xml/ was not changed: Not a directory" /tmp/kinds/file.xml/
	refuses "/tmp/kinds/absent was not changed: No such file or directory" /tmp/kinds/absent
	cmp file.xml "$ORIGINAL"
	ln file.xml other.xml
	refuses "/tmp/kinds/file.xml has 2 names (hard links)" /tmp/kinds/file.xml
	cmp file.xml "$ORIGINAL"
	rm other.xml
	in_place ./file.xml
	cmp file.xml "$WANTED"
	fresh file.xml
	in_place ../kinds//./file.xml
	cmp file.xml "$WANTED"
	refuses "is a symbolic link to" /dev/stdin
}

# Those that only root can have made are followed.
links_on_the_way() {
	mkdir -p /run/disk/xml /tmp/public/real
	ln -s ../run/./disk /etc/ours
	ln -s xml /run/disk/further
	fresh /run/disk/xml/net.xml
	in_place /etc/ours/further/net.xml
	cmp /run/disk/xml/net.xml "$WANTED"
	ln -s loop /etc/loop
	refuses "/etc/loop/net.xml was not changed: too many symbolic links in it" /etc/loop/net.xml
	rm /etc/loop

	fresh /run/disk/xml/net.xml
	ln -s /run/disk/xml /tmp/way
	refuses "/tmp/way/net.xml was not changed: 'way' in it is a symbolic link to '/run/disk/xml'" /tmp/way/net.xml
	chmod 777 /run/disk
	refuses "'further' in it is a symbolic link" /etc/ours/further/net.xml
	chmod 755 /run/disk
	chown 65534 /run/disk
	refuses "'further' in it is a symbolic link" /run/disk/further/net.xml
	# the folder itself may belong to anybody
	in_place /run/disk/xml/net.xml
	cmp /run/disk/xml/net.xml "$WANTED"
	fresh /run/disk/xml/net.xml
	cd /run/disk
	refuses "'further' in it is a symbolic link" ./further/net.xml
	cd /
	chown -h 65534 /etc/ours
	refuses "'ours' in it is a symbolic link" /etc/ours/xml/net.xml
	cmp /run/disk/xml/net.xml "$ORIGINAL"
	# for a user, the own links are as good as root's
	chown -R 65534:65534 /run/disk
	chown -h 0 /etc/ours
	as_nobody "$HOOKS/virt-netboot" rewrite --delay 3 --in-place /etc/ours/further/net.xml
	cmp /run/disk/xml/net.xml "$WANTED"
}

# One entry of an access list is a tag, permissions and an id: here user 1000 may read.
ACL=0x02000000$(printf %s 01000600ffffffff 02000400e8030000 04000400ffffffff 10000400ffffffff 20000000ffffffff)
DEFAULT_ACL=0x02000000$(printf %s 01000700ffffffff 02000700e9030000 04000700ffffffff 10000700ffffffff 20000700ffffffff)

keeps() {
	local attributes
	mkdir /tmp/keeps
	fresh /tmp/keeps/net.xml
	chown 1000:1001 /tmp/keeps/net.xml
	chmod 6751 /tmp/keeps/net.xml
	setfattr -n trusted.note -v kept /tmp/keeps/net.xml
	setfattr -n security.selinux -v system_u:object_r:virt_etc_t:s0 /tmp/keeps/net.xml
	# what a new file there would have
	setfattr -n system.posix_acl_default -v "$DEFAULT_ACL" /tmp/keeps
	attributes=$(getfattr -d -m - -e hex /tmp/keeps/net.xml)
	in_place /tmp/keeps/net.xml
	cmp /tmp/keeps/net.xml "$WANTED"
	is "attributes" "$(getfattr -d -m - -e hex /tmp/keeps/net.xml)" "$attributes"
	is "owner and mode" "$(stat -c '%u:%g %a' /tmp/keeps/net.xml)" "1000:1001 6751"

	cp "$ORIGINAL" /tmp/keeps/net.xml
	chmod 640 /tmp/keeps/net.xml
	setfattr -n system.posix_acl_access -v "$ACL" /tmp/keeps/net.xml
	attributes=$(getfattr -d -m - -e hex /tmp/keeps/net.xml)
	[[ $attributes == *posix_acl_access* ]] || fail "no access list: $attributes"
	in_place /tmp/keeps/net.xml
	cmp /tmp/keeps/net.xml "$WANTED"
	is "attributes" "$(getfattr -d -m - -e hex /tmp/keeps/net.xml)" "$attributes"
	is "owner and mode" "$(stat -c '%u:%g %a' /tmp/keeps/net.xml)" "1000:1001 640"

	cp "$ORIGINAL" /tmp/keeps/net.xml
	chown 1000:1001 /tmp/keeps/net.xml
	for failing in fchown fchmod fsetxattr fsync write renameat2; do
		# only once: what is printed is written, too
		! traced inject="$failing:error=EIO:when=1" /tmp/keeps/net.xml 2>/tmp/stderr ||
			fail "done without $failing"
		grep -q "/tmp/keeps/net.xml was not changed: Input/output error" /tmp/stderr || fail "$failing: $(cat /tmp/stderr)"
		grep -q INJECTED /tmp/trace || fail "$failing was not called"
		cmp /tmp/keeps/net.xml "$ORIGINAL"
		is "files after $failing" "$(ls /tmp/keeps)" net.xml
	done
	! traced inject=fsetxattr:error=EPERM /tmp/keeps/net.xml 2>/tmp/stderr || fail "done without the access list"
	grep -q 'the attribute system.posix_acl_access cannot be kept: Operation not permitted' /tmp/stderr ||
		fail "said $(cat /tmp/stderr)"
}

# traced STRACE-EXPRESSION FILE: rewrites it; the trace is in /tmp/trace.
traced() {
	ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 strace -qq -o /tmp/trace -e "$1" \
		virt-netboot rewrite --delay 3 --in-place "$2"
}

# meanwhile FILE COMMAND...: runs the command when the new file is complete, before the names are exchanged, and after;
# rewrite must fail, and say that.
meanwhile() {
	local file=$1 rewriting
	shift
	traced inject=renameat2:delay_enter=2000000:when=1 "$file" 2>/tmp/stderr &
	rewriting=$!
	wait_for 10 is_there "$file.virt-netboot-*"
	# the look before the step is over as well
	sleep 0.7
	"$@"
	! wait "$rewriting" || fail "rewrite succeeded although: $*"
	grep -q "$file was not changed: " /tmp/stderr || fail "said $(cat /tmp/stderr)"
}
is_there() { compgen -G "$1"; }

changed_meanwhile() {
	local file=/tmp/changed/net.xml
	mkdir /tmp/changed
	fresh "$file"
	meanwhile "$file" append "$file"
	cmp "$file" <(cat "$ORIGINAL" <(echo '<!-- more -->'))
	only "$file"

	fresh "$file"
	echo another >/tmp/changed/another
	meanwhile "$file" mv /tmp/changed/another "$file"
	is "content" "$(cat "$file")" another
	only "$file"

	fresh "$file"
	meanwhile "$file" chmod 600 "$file"
	is "mode" "$(stat -c %a "$file")" 600
	cmp "$file" "$ORIGINAL"
	only "$file"

	fresh "$file"
	meanwhile "$file" ln -sf "$SECRET" "$file"
	is "link" "$(readlink "$file")" "$SECRET"
	is "what it leads to" "$(cat "$SECRET")" "not for everybody"
	only "$file"

	fresh "$file"
	meanwhile "$file" ln "$file" /tmp/changed/second
	cmp /tmp/changed/second "$ORIGINAL"
	is "names" "$(stat -c %h "$file")" 2
	rm /tmp/changed/second
	only "$file"

	fresh "$file"
	meanwhile "$file" rm "$file"
	is "files" "$(ls /tmp/changed)" ""

	# of the same length and time: only the bytes tell
	fresh "$file"
	meanwhile "$file" forge "$file"
	grep -q ne2 "$file" || fail "the change is lost"
	only "$file"

	# with the file open, it could still change
	fresh "$file"
	exec 7>>"$file"
	refuses "or has it open for writing" "$file"
	echo '<!-- late -->' >&7
	exec 7>&-
	grep -q late "$file" || fail "what was written later is lost"
	only "$file"
	# to have it open for reading is no reason
	exec 7<"$file"
	in_place "$file"
	exec 7<&-
}
# afterwards FILE INJECTION COMMAND...: the same, after the names were exchanged.
afterwards() {
	local file=$1 rewriting
	traced "inject=renameat2:$2" "$file" 2>/tmp/stderr 7>&- &
	rewriting=$!
	shift 2
	wait_for 10 cmp "$file" "$WANTED"
	"$@"
	! wait "$rewriting" || fail "rewrite succeeded although: $*"
	grep -q "$file was not changed: another program" /tmp/stderr || fail "said $(cat /tmp/stderr)"
	is "lines said" "$(wc -l </tmp/stderr)" 1
}

# Who replaces or removes the new version is the last one, also where the exchange is just being undone.
changed_afterwards() {
	local file=/tmp/afterwards/net.xml
	mkdir /tmp/afterwards
	fresh "$file"
	echo another >/tmp/another
	afterwards "$file" delay_exit=2000000:when=1 mv /tmp/another "$file"
	is "content" "$(cat "$file")" another
	is "files" "$(ls /tmp/afterwards)" net.xml

	fresh "$file"
	afterwards "$file" delay_exit=2000000:when=1 rm "$file"
	is "files" "$(ls /tmp/afterwards)" ""

	fresh "$file"
	echo another >/tmp/another
	exec 7>>"$file"
	afterwards "$file" delay_enter=2000000:when=2 mv /tmp/another "$file"
	exec 7>&-
	is "content" "$(cat "$file")" another
	is "files" "$(ls /tmp/afterwards)" net.xml
}

append() { echo '<!-- more -->' >>"$1"; }
only() { is "files" "$(ls /tmp/changed)" "${1##*/}"; }
forge() {
	touch -r "$1" /tmp/time
	sed 's/net</ne2</' "$1" >/tmp/forged
	dd if=/tmp/forged of="$1" conv=notrunc status=none
	touch -r /tmp/time "$1"
}

# NFS cannot exchange names: plain renaming, after a last look.
without_exchange() {
	local file=/tmp/plain/net.xml error
	mkdir /tmp/plain
	for error in EINVAL ENOSYS; do
		fresh "$file"
		traced inject=renameat2:error="$error" "$file"
		grep -q INJECTED /tmp/trace || fail "not injected"
		cmp "$file" "$WANTED"
		is "files" "$(ls /tmp/plain)" net.xml
		fresh "$file"
		exec 7>>"$file"
		! traced inject=renameat2:error="$error" "$file" 2>/tmp/stderr ||
			fail "replaced a file that is open for writing"
		exec 7>&-
		cmp "$file" "$ORIGINAL"
		is "files" "$(ls /tmp/plain)" net.xml
	done
}

# swapping ROUNDS ONE OTHER: rewrites ONE so many times, while nobody exchanges it with OTHER.
swapping() {
	local swapper round
	mkfifo /tmp/begins
	setpriv --reuid 65534 --regid 65534 --clear-groups "$TOOLS/swap-names" "$2" "$3" >/tmp/begins &
	swapper=$!
	read -r _ </tmp/begins
	rm /tmp/begins
	for ((round = 0; round < $1; round++)); do
		if in_place "$2" >/tmp/stdout 2>/tmp/stderr; then done=$((done + 1)); fi
		[ ! -s /tmp/stdout ] || fail "printed $(cat /tmp/stdout)"
		! grep "not for everybody" /tmp/stderr || fail "the secret was read"
	done
	kill "$swapper"
}

# In a sticky folder, where protected_symlinks does not help: nothing is opened through the link.
swapped_for_a_link() {
	local done=0
	as_nobody cp "$ORIGINAL" /tmp/swap.xml
	as_nobody ln -s "$SECRET" /tmp/swap-link
	swapping 200 /tmp/swap.xml /tmp/swap-link
	is "root's file" "$(cat "$SECRET") $(stat -c '%u %a' "$SECRET")" "not for everybody 0 600"
	is "kinds" "$(stat -c %F /tmp/swap.xml /tmp/swap-link | sort | xargs)" "regular file symbolic link"
	is "files" "$(cd /tmp && echo swap*)" "swap-link swap.xml"
	say "swapped for a link: $done of 200 times the file was changed, root's never"
}

# A folder on the way.
folder_swapped_for_a_link() {
	local done=0
	mkdir /run/root
	cp "$ORIGINAL" /run/root/net.xml
	as_nobody mkdir /tmp/way1
	as_nobody cp "$ORIGINAL" /tmp/way1/net.xml
	as_nobody ln -s /run/root /tmp/way2
	setpriv --reuid 65534 --regid 65534 --clear-groups "$TOOLS/swap-names" /tmp/way1 /tmp/way2 >/dev/null &
	local swapper=$!
	for _ in {1..50}; do
		if in_place /tmp/way1/net.xml 2>/dev/null; then done=$((done + 1)); fi
	done
	kill "$swapper"
	cmp /run/root/net.xml "$ORIGINAL"
	is "files of root" "$(ls /run/root)" net.xml
	say "a folder swapped for a link: $done of 50 times the file was changed, root's never"
}

# For another file: both stay whole, the one or the other version.
swapped_for_a_file() {
	local done=0 file
	fresh /tmp/two1.xml
	sed 's/net</two</' "$ORIGINAL" >/tmp/two2.xml
	chown 65534 /tmp/two?.xml
	swapping 50 /tmp/two1.xml /tmp/two2.xml
	is "files" "$(cd /tmp && echo two*)" "two1.xml two2.xml"
	is "one of each" "$(sed -n 's|.*<name>\(.*\)</name>.*|\1|p' /tmp/two?.xml | sort | xargs)" "net two"
	for file in /tmp/two?.xml; do
		is "lines of $file" "$(wc -l <"$file")" "$(wc -l <"$ORIGINAL")"
	done
	say "swapped for another file: changed $done of 50 times"
}

# Each line that somebody adds is still there in the end.
lines_of_another() {
	local adding round done=0 delay
	fresh /tmp/lines.xml
	for ((round = 0; ; round++)); do
		echo "<!-- line $round -->" >>/tmp/lines.xml
		echo "$round" >/tmp/rounds
		sleep 0.02
	done &
	adding=$!
	for round in {1..60}; do
		delay=$((round % 2 + 3))
		if virt-netboot rewrite --delay "$delay" --in-place /tmp/lines.xml 2>/dev/null; then done=$((done + 1)); fi
	done
	kill "$adding"
	wait "$adding" 2>/dev/null || :
	is "lines" "$(grep -c '<!-- line' /tmp/lines.xml)" "$(($(tail -n 1 /tmp/lines.xml | tr -dc 0-9) + 1))"
	(($(grep -c '<!-- line' /tmp/lines.xml) >= $(cat /tmp/rounds))) || fail "lines are lost"
	is "files" "$(cd /tmp && echo lines*)" lines.xml
	((done > 0)) || fail "the file was never changed"
	say "changed $done of 60 times beside $(cat /tmp/rounds) additions"
}

# By what can be caught nothing is left; by what cannot, at most a file whose name says whose it is.
killed() {
	local signal round pid file=/tmp/killed/net.xml left=0
	mkdir /tmp/killed
	for signal in INT TERM HUP QUIT XFSZ IO KILL; do
		for round in {1..10}; do
			fresh "$file"
			virt-netboot rewrite --delay 3 --in-place "$file" &
			pid=$!
			sleep "0.0$((round % 4))$((round % 10))"
			kill -"$signal" "$pid" 2>/dev/null || :
			wait "$pid" 2>/dev/null || :
			cmp -s "$file" "$ORIGINAL" || cmp "$file" "$WANTED"
			if [ "$signal" = KILL ]; then
				left=$((left + $(find /tmp/killed -name 'net.xml.virt-netboot-????????' -delete -print | wc -l)))
			fi
			is "files after $signal" "$(ls /tmp/killed)" net.xml
		done
	done
	fresh "$file"
	(ulimit -f 0 && ! in_place "$file" 2>/tmp/stderr) 3>&- || fail "a limit of files' sizes was passed"
	cmp "$file" "$ORIGINAL"
	is "files after a limit" "$(ls /tmp/killed)" net.xml
	say "after $round times SIGKILL a file was left $left times"
}

before_each() {
	echo "not for everybody" >"$SECRET"
	chmod 600 "$SECRET"
	chown 0:0 "$SECRET"
}

cases kinds links_on_the_way keeps changed_meanwhile changed_afterwards without_exchange swapped_for_a_link folder_swapped_for_a_link \
	swapped_for_a_file lines_of_another killed
