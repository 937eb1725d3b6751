#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A person follows a tutorial: wget -O, cp or tee to /etc/libvirt/hooks/qemu, which is a link of ours, so that our
# program is written over. Whatever happens then, and in whatever order, what that person has written is somewhere, and
# is run as long as it was, and our program comes back. And what the command does where it cannot look at a link.

. "$(dirname "$0")/../lib/testlib.sh"
sandbox "$@"
need python3 wget objcopy flock strace setpriv setfattr getfattr

ETC=/etc/libvirt/hooks
PROGRAM=/usr/sbin/virt-netboot-qemu-hook
SPARE=/usr/libexec/virt-netboot/qemu-hook

netboot() { "$HOOKS/virt-netboot" "$@"; }

# Each case starts with what is installed, and nothing linked.
before_each() {
	umount /etc/libvirt 2>/dev/null || :
	mkdir -p /etc/libvirt
	mount -t tmpfs -o mode=755 etc /etc/libvirt
	rm -f /etc/virt-netboot.conf /usr/sbin/.virt-netboot.* "$PROGRAM"
	rm -rf /run/virt-netboot
	cp "$HOOKS/virt-netboot-qemu-hook" "$PROGRAM"
	cp "$HOOKS/virt-netboot-qemu-hook" "$SPARE"
	printf '#!/bin/sh\necho "libvirtd (libvirt) 9.0.0"\n' >/usr/sbin/libvirtd
	chmod 755 /usr/sbin/libvirtd
	printf '#!/bin/bash\n# the hook of the tutorial\nexit 0\n' >/tmp/tutorial
	chmod 644 /tmp/tutorial
}

# links: what libvirt would look at, "NAME -> TARGET" or "NAME" for a file.
links() { (cd "$ETC" && find . -mindepth 1 ! -type d ! -name '.?*' -printf '%P -> %l\n' | sed 's/ -> $//' | sort | xargs); }

ours="network -> /usr/sbin/virt-netboot-network-hook qemu -> $PROGRAM"
beside="network -> /usr/sbin/virt-netboot-network-hook qemu qemu.d/50-virt-netboot -> $PROGRAM"
drop_ins="network.d/50-virt-netboot -> /usr/sbin/virt-netboot-network-hook qemu.d/50-virt-netboot -> $PROGRAM"

same() { cmp "$2" "$3" || fail "$1: $2 is not as $3"; }
program_is_back() {
	same "our program" "$PROGRAM" "$SPARE"
	is "mode of our program" "$(stat -c %a "$PROGRAM")" "$(stat -c %a "$SPARE")"
	is "left beside our program" "$(find /usr/sbin "$ETC" -name '.virt-netboot.??????')" ""
}

# status_is 0|1 [TEXT]: how it ends, and something that it says.
status_is() {
	local status=0 said
	said=$(netboot status 2>&1) || status=$?
	is "exit status of status, which said $said," "$status" "$1"
	[[ $said == *"${2:-}"* ]] || fail "status: '$said' instead of '$2'"
}

# says WANTED COMMAND...: it succeeds.
says() {
	local wanted=$1 said
	shift
	said=$("$@" 2>&1) || fail "$* failed: $said"
	[[ $said == *"$wanted"* ]] || fail "$*: '$said' instead of '$wanted'"
}

with_cp() { cp /tmp/tutorial "$ETC/qemu"; }
with_tee() { tee "$ETC/qemu" </tmp/tutorial >/dev/null; }
with_wget() {
	local pid
	python3 -m http.server --bind 127.0.0.1 --directory /tmp 8000 >/dev/null 2>&1 &
	pid=$!
	wget -q --tries 50 --retry-connrefused --waitretry 1 -O "$ETC/qemu" http://127.0.0.1:8000/tutorial
	kill "$pid"
}

# in_three_ways FUNCTION
in_three_ways() {
	local way
	for way in with_cp with_tee with_wget; do
		before_each
		says "" netboot enable
		"$way"
		[ -L "$ETC/qemu" ] || fail "$way does not write through a link"
		chmod +x "$ETC/qemu"
		status_is 2 "(hook-not-active: $PROGRAM is another program's, written over ours: virt-netboot enable"
		"$1"
	done
}

then_enable() {
	touch -d 2020-02-02 "$PROGRAM"
	chown 7:8 "$PROGRAM"
	says "that hook is now $ETC/qemu." netboot enable
	is "links" "$(links)" "$beside"
	same "the tutorial's hook" "$ETC/qemu" /tmp/tutorial
	is "its mode, owner and time" "$(stat -c '%a %u %g %y' "$ETC/qemu" | cut -d. -f1)" \
		"755 7 8 2020-02-02 00:00:00"
	program_is_back
	status_is 0 "$ETC/qemu.d/50-virt-netboot"
	says "" netboot enable
	is "links after enable twice" "$(links)" "$beside"
	says "" netboot disable
	is "links" "$(links)" qemu
	same "the tutorial's hook" "$ETC/qemu" /tmp/tutorial
	program_is_back
}
enable_after_it() { in_three_ways then_enable; }

then_disable() {
	says "that hook is now $ETC/qemu." netboot disable
	is "links" "$(links)" qemu
	same "the tutorial's hook" "$ETC/qemu" /tmp/tutorial
	program_is_back
	is "said by a second disable" "$(netboot disable 2>&1)" ""
	same "the tutorial's hook" "$ETC/qemu" /tmp/tutorial
	says "belongs to another program and was kept" netboot enable
	is "links" "$(links)" "$beside"
}
disable_after_it() { in_three_ways then_disable; }

# What a person has not made executable is not made so.
not_executable() {
	netboot enable
	with_cp
	chmod 640 "$ETC/qemu"
	netboot enable >/dev/null
	is "mode" "$(stat -c %a "$ETC/qemu")" 640
	program_is_back
	status_is 0
}

# A hook need not be a script; one may even name ours, to call it, or be larger than anything of ours.
program_of_a_person() {
	local kind
	for kind in elf calls-ours large other-hook; do
		before_each
		netboot enable
		cp /bin/true /tmp/tutorial
		case $kind in
		calls-ours) printf '%s\0' "$PROGRAM" "virt-netboot" >>/tmp/tutorial ;;
		large) truncate -s 20M /tmp/tutorial ;;
		other-hook) cp "$HOOKS/virt-netboot-network-hook" /tmp/tutorial ;;
		esac
		with_cp
		status_is 2 "is another program's"
		netboot enable >/dev/null
		is "$kind: links" "$(links)" "$beside"
		same "$kind" "$ETC/qemu" /tmp/tutorial
		program_is_back
	done
}

# Ours of another version is ours: as 0.1.0 had it, and as during an upgrade.
other_versions_of_ours() {
	local text
	netboot enable
	for text in 'virt-netboot-qemu-hook\0usage: %%s OBJECT OPERATION SUBOPERATION EXTRA <XML\n' \
		'/usr/libexec/virt-netboot/virt-netboot-qemu-hook'; do
		# shellcheck disable=SC2059 # it has escapes
		printf "$text" >/tmp/text
		objcopy --add-section text=/tmp/text /bin/true /tmp/earlier
		cp /tmp/earlier "$PROGRAM"
		is "said" "$(netboot enable 2>&1)" ""
		same "the earlier program" "$PROGRAM" /tmp/earlier
		status_is 2 "are of different versions: install virt-netboot again"
	done
	rm "$SPARE"
	status_is 0
	is "said without a spare program" "$(netboot enable 2>&1)" ""
	is "links" "$(links)" "$ours"
	cp "$PROGRAM" "$SPARE"
	cp "$HOOKS/virt-netboot-qemu-hook" "$PROGRAM"
	is "said with an old spare program" "$(netboot enable 2>&1)" ""
	same "our program" "$PROGRAM" "$HOOKS/virt-netboot-qemu-hook"
	netboot disable
	is "links" "$(links)" ""
}

# Equal programs of which the packager has changed the rest are equal.
same_build() {
	netboot enable
	printf 'another debuglink' >>"$SPARE"
	status_is 0
}

# What is added to the end of a program has no effect, and is still somebody's.
something_added() {
	netboot enable
	tail -n 1 /tmp/tutorial >>"$ETC/qemu"
	cp "$PROGRAM" /tmp/more
	status_is 2 "something was added to the end of $PROGRAM"
	says "with that it is now $ETC/qemu.saved." netboot enable
	is "links" "$(links)" "$ours qemu.saved"
	same "what was added" "$ETC/qemu.saved" /tmp/more
	program_is_back
	status_is 0
}

# wget leaves an empty file of what it does not find: libvirt could run nothing.
empty_program() {
	netboot enable
	: >"$ETC/qemu"
	status_is 2 "$PROGRAM is empty: virt-netboot enable repairs it"
	says "own $PROGRAM is back" netboot enable
	is "links" "$(links)" "$ours"
	program_is_back
	status_is 0
}

# `chmod -x` goes through a link, too.
mode_of_our_program() {
	netboot enable
	chmod 640 "$ETC/qemu"
	status_is 2 "$PROGRAM cannot be executed: virt-netboot enable repairs it"
	is "said" "$(netboot enable 2>&1)" ""
	is "links" "$(links)" "$ours"
	program_is_back
	status_is 0
}

# libvirt before 6.5 runs one hook only: theirs.
old_libvirt() {
	netboot enable
	with_cp
	printf '#!/bin/sh\necho "libvirtd (libvirt) 6.4.0"\n' >/usr/sbin/libvirtd
	# shellcheck disable=SC2016 # it is for the hook
	refused 'add this to its end: [ ! -x /usr/sbin/virt-netboot-qemu-hook ] || exec /usr/sbin/virt-netboot-qemu-hook "$@"' \
		netboot enable
	is "links" "$(links)" "network -> /usr/sbin/virt-netboot-network-hook qemu"
	same "the tutorial's hook" "$ETC/qemu" /tmp/tutorial
	program_is_back
	refused "belongs to another program and was kept" netboot enable
	same "the tutorial's hook" "$ETC/qemu" /tmp/tutorial
}

# Where there is no obvious place for it: a name that nobody has. What was run is run, and what was not, is not.
no_obvious_place() {
	netboot enable
	with_cp
	rm "$ETC/qemu"
	echo another >"$ETC/qemu"
	echo mine >"$ETC/qemu.saved"
	says "that hook is now $ETC/qemu.saved.1." netboot enable
	is "links" "$(links)" \
		"network -> /usr/sbin/virt-netboot-network-hook qemu qemu.d/50-virt-netboot -> $PROGRAM qemu.saved qemu.saved.1"
	is "another's hook" "$(cat "$ETC/qemu")" another
	is "another's file" "$(cat "$ETC/qemu.saved")" mine
	same "the tutorial's hook" "$ETC/qemu.saved.1" /tmp/tutorial
	program_is_back
	# The same once more is there already.
	rm "$ETC/qemu.d/50-virt-netboot"
	cp /tmp/tutorial "$PROGRAM"
	netboot disable >/dev/null
	is "links" "$(links)" "qemu qemu.saved qemu.saved.1"
	program_is_back
	# Where there are no links of ours at all.
	rm -r "$ETC"/qemu*
	cp /tmp/tutorial "$PROGRAM"
	says "that hook is now $ETC/qemu.saved." netboot disable
	same "the tutorial's hook" "$ETC/qemu.saved" /tmp/tutorial
	program_is_back
}

drop_in_written_through() {
	netboot enable --drop-in
	cp /tmp/tutorial "$ETC/qemu.d/50-virt-netboot"
	status_is 2 "is another program's"
	says "that hook is now $ETC/qemu.d/50-virt-netboot-saved." netboot enable
	is "links" "$(links)" "$drop_ins qemu.d/50-virt-netboot-saved"
	same "the tutorial's hook" "$ETC/qemu.d/50-virt-netboot-saved" /tmp/tutorial
	program_is_back
	netboot disable
	is "links" "$(links)" qemu.d/50-virt-netboot-saved
}

# An installation elsewhere, whose link was written through.
link_of_another_place() {
	mkdir -p /tmp/opt "$ETC"
	cp "$HOOKS/virt-netboot-qemu-hook" /tmp/opt
	ln -s /tmp/opt/virt-netboot-qemu-hook "$ETC/qemu"
	with_cp
	status_is 2 "/tmp/opt/virt-netboot-qemu-hook is another program's"
	says "that hook is now $ETC/qemu." netboot enable
	is "links" "$(links)" "$beside"
	same "the tutorial's hook" "$ETC/qemu" /tmp/tutorial
	program_is_back
}

# Links to links, and to each other.
link_to_a_link() {
	local root=/tmp/tree-of-links
	mkdir -p /tmp/far "$ETC" "$root/tmp/far" "$root$ETC" "$root/usr/sbin" "$root${SPARE%/*}"
	cp "$SPARE" "$root$PROGRAM"
	cp "$SPARE" "$root$SPARE"
	for tree in "" "$root"; do
		ln -s "$PROGRAM" "$tree/tmp/far/virt-netboot-qemu-hook"
		ln -s ../../../tmp/far/virt-netboot-qemu-hook "$tree$ETC/qemu"
		cp /tmp/tutorial "$tree$PROGRAM"
		says "that hook is now $tree$ETC/qemu." netboot enable --root "$tree/"
		same "the tutorial's hook" "$tree$ETC/qemu" /tmp/tutorial
		same "our program" "$tree$PROGRAM" "$SPARE"
	done
	status_is 0
	program_is_back
	# Our program is itself a link.
	mv "$PROGRAM" /tmp/far/program
	ln -s /tmp/far/program "$PROGRAM"
	rm "$ETC/qemu"
	cp /tmp/tutorial "$ETC/qemu.d/50-virt-netboot"
	netboot enable >/dev/null
	same "our program" /tmp/far/program "$SPARE"
	same "the tutorial's hook" "$ETC/qemu.d/50-virt-netboot-saved" /tmp/tutorial
	rm -r "$PROGRAM" "$ETC"/qemu*
	cp "$SPARE" "$PROGRAM"
	ln -sf virt-netboot-qemu-hook /tmp/far/virt-netboot-qemu-hook
	ln -s /tmp/far/virt-netboot-qemu-hook "$ETC/qemu"
	status_is 2 "what the link leads to is missing"
	netboot disable
	is "links" "$(links)" ""
}

# The spare program is gone, or the disk is full: theirs stays where it is run, once.
nothing_to_put_back() {
	local verb
	netboot enable
	with_cp
	rm "$SPARE"
	refused "cannot put our program back to $PROGRAM from $SPARE" netboot enable
	same "the tutorial's hook" "$ETC/qemu" /tmp/tutorial
	is "links" "$(links)" "network -> /usr/sbin/virt-netboot-network-hook qemu"
	cp "$HOOKS/virt-netboot-qemu-hook" "$SPARE"
	netboot enable >/dev/null
	is "links" "$(links)" "$beside"
	program_is_back
	cp /tmp/tutorial "$PROGRAM"
	rm "$SPARE" "$ETC/qemu"
	for verb in enable disable; do
		refused "cannot put our program back to $PROGRAM from $SPARE" netboot "$verb"
		[[ $(links) == *"qemu.d/50-virt-netboot -> $PROGRAM" ]] || fail "$verb: links: $(links)"
	done
}

full_disk() {
	netboot enable
	head -c 100000 /dev/zero >>/tmp/tutorial
	with_cp
	mount -o remount,size=64k /etc/libvirt
	for verb in enable disable; do
		refused "$PROGRAM is not ours, and cannot be saved: No space left on device" netboot "$verb"
		same "the tutorial's hook" "$PROGRAM" /tmp/tutorial
		[[ $(links) == *"qemu -> $PROGRAM" ]] || fail "$verb: what was run is not any more: $(links)"
	done
	is "left of it" "$(find "$ETC" -name '.virt-netboot.*')" ""
	mount -o remount,size=1M /etc/libvirt
	netboot disable >/dev/null
	same "the tutorial's hook" "$ETC/qemu" /tmp/tutorial
	program_is_back
}

# A download that goes on is waited for, or left alone.
still_being_written() {
	netboot enable
	exec 9>"$PROGRAM"
	head -c 10 /tmp/tutorial >&9
	refused "cannot be saved: Text file busy" netboot enable
	is "links" "$(links)" "$ours"
	netboot enable >/tmp/said 9>&- &
	sleep 0.2
	tail -c +11 /tmp/tutorial >&9
	exec 9>&-
	wait "$!" || fail "enable"
	same "the tutorial's hook" "$ETC/qemu" /tmp/tutorial
	program_is_back
}

# Two at once, of which one is always second.
two_at_once() {
	local verbs verb
	for verbs in "enable enable" "enable disable" "disable disable"; do
		for _ in {1..8}; do
			before_each
			netboot enable
			with_cp
			for verb in $verbs; do start netboot "$verb" >/dev/null; done
			join
			same "the tutorial's hook" "$ETC/qemu" /tmp/tutorial
			netboot "${verb:?}" >/dev/null
			program_is_back
		done
	done
}

# what_is_written: the tutorial's hook has a name as a whole.
what_is_written() {
	local file
	for file in "$PROGRAM" "$ETC/qemu" "$ETC"/.virt-netboot.?????? /usr/sbin/.virt-netboot.??????; do
		[ ! -f "$file" ] || ! cmp -s "$file" /tmp/tutorial || return 0
	done
	fail "what was written is lost"
}

# Killed at each call that changes something; then as if nothing had been.
killed() {
	local verb call n
	for verb in enable disable; do
		for call in renameat2 unlink fsync write symlink; do
			for n in {1..40}; do
				before_each
				netboot enable
				with_cp
				strace -o /tmp/trace -qq -e "inject=$call:signal=KILL:when=$n" "$HOOKS/virt-netboot" "$verb" \
					>/dev/null 2>&1 || :
				grep -q '+++ killed by SIGKILL' /tmp/trace || break
				what_is_written
				netboot "$verb" >/dev/null || fail "$verb after one that was killed at $call $n"
				same "$verb, killed at $call $n" "$ETC/qemu" /tmp/tutorial
				(program_is_back) || fail "$verb, killed at $call $n: $(find /usr/sbin "$ETC" -name '.virt-netboot.*' -ls)"
			done
		done
	done
}

a_copy_is_made() { ls "$ETC"/.virt-netboot.??????; }

# daemon_starts: a daemon for whose sake a link that goes is waited for.
daemon_starts() {
	cp "$(readlink -f "$(command -v python3)")" /tmp/virtqemud
	/tmp/virtqemud -c 'import signal
signal.signal(signal.SIGHUP, lambda *_: None)
open("/tmp/started", "w")
while True: signal.pause()' &
	daemon=$!
	wait_for 10 test -e /tmp/started
}
daemon_ends() {
	kill "$daemon"
	rm /tmp/started
}

one_is_at_work() { ! flock --nonblock /run/virt-netboot true; }

# Two commands that want different things: the one after the other.
one_after_the_other() {
	daemon_starts
	start netboot enable --drop-in
	wait_for 10 test -L "$ETC/qemu.d/50-virt-netboot"
	start netboot enable
	join
	is "links after two enables" "$(links)" "$drop_ins"
	status_is 0
	start netboot disable
	wait_for 10 one_is_at_work
	start netboot enable
	join
	is "links after disable and enable" "$(links)" "$ours"
	status_is 0
	daemon_ends
}

# While libvirt is waited for, a person takes the name that was to be ours.
name_is_taken_meanwhile() {
	netboot enable
	mkdir "$ETC/qemu.d"
	ln -s "$PROGRAM" "$ETC/qemu.d/50-virt-netboot"
	daemon_starts
	start netboot enable
	sleep 1
	rm "$ETC/qemu"
	cp /tmp/tutorial "$ETC/qemu"
	join
	is "links" "$(links)" "$beside"
	same "the tutorial's hook" "$ETC/qemu" /tmp/tutorial
	status_is 0
	daemon_ends
}

# delayed VERB WHEN: runs it, two seconds later at that call of renameat2(2) than it would; join waits for it.
delayed() {
	start strace -o /tmp/trace -qq -e "inject=renameat2:delay_enter=2000000:when=$2" "$HOOKS/virt-netboot" "$1" >/tmp/said 2>&1
}
no_link_of_network() { [ ! -L "$ETC/network" ]; }

# Without links there is nothing to tell a daemon. What a package's script noted before an unpacking that failed goes.
nothing_to_reload() {
	printf 'virt-netboot-qemu-hook\0 OBJECT OPERATION SUBOPERATION EXTRA <XML' >/tmp/text
	objcopy --add-section text=/tmp/text /bin/true "$PROGRAM"
	: >/run/virt-netboot.returned
	mkdir "$ETC"
	daemon_starts
	strace -o /tmp/trace -qq -e trace=kill,pidfd_send_signal "$HOOKS/virt-netboot" disable
	is "signals" "$(cat /tmp/trace)" ""
	[ ! -e /run/virt-netboot.returned ] || fail "the note is left"
	daemon_ends
}

# Between the look at our link and its removal.
link_is_replaced_meanwhile() {
	netboot enable
	delayed disable 2
	wait_for 10 no_link_of_network
	mv /tmp/tutorial "$ETC/qemu"
	cp "$ETC/qemu" /tmp/tutorial
	join
	is "links" "$(links)" qemu
	same "the tutorial's hook" "$ETC/qemu" /tmp/tutorial
	is "left" "$(find "$ETC" -name '.?*')" ""
}

program_is_about_to_be_back() { cmp /usr/sbin/.virt-netboot.?????? "$SPARE"; }

# A person opens our program for writing when all is ready for it to come back.
written_again_meanwhile() {
	netboot enable
	with_cp
	delayed enable 2
	wait_for 10 program_is_about_to_be_back
	exec 9>>"$PROGRAM"
	sleep 2.5
	echo "# more" | tee -a /tmp/tutorial >&9
	exec 9>&-
	join
	same "what was written in the end" "$ETC/qemu.saved" /tmp/tutorial
	program_is_back
	status_is 0
}

# A person is faster: what came to the name meanwhile is not lost.
overtaken() {
	local pid
	netboot enable
	with_cp
	# The copy is made; the exchange comes a second later.
	strace -o /tmp/trace -qq -e inject=renameat2:delay_enter=1000000:when=1 "$HOOKS/virt-netboot" enable >/tmp/said 2>&1 &
	pid=$!
	wait_for 10 a_copy_is_made
	echo another >/tmp/another
	mv /tmp/another "$ETC/qemu"
	wait "$pid" || fail "enable: $(cat /tmp/said)"
	is "another's hook" "$(cat "$ETC/qemu")" another
	same "the tutorial's hook" "$ETC/qemu.saved" /tmp/tutorial
	program_is_back
}

# A label is what lets libvirt run a file.
labels() {
	netboot enable
	setfattr -n security.selinux -v system_u:object_r:virt_hook_t:s0 "$PROGRAM"
	with_cp
	netboot enable >/dev/null
	for file in "$PROGRAM" "$ETC/qemu"; do
		is "label of $file" "$(getfattr --only-values -n security.selinux "$file" 2>/dev/null | tr -d '\0')" \
			system_u:object_r:virt_hook_t:s0
	done
}

# A tree of files, out of which nothing leads.
tree_of_files() {
	local root=/tmp/tree
	mkdir -p "$root/usr/sbin" "$root/usr/libexec/virt-netboot"
	cp "$HOOKS/virt-netboot-qemu-hook" "$root$SPARE"
	cp "$HOOKS/virt-netboot-qemu-hook" "$root$PROGRAM"
	netboot enable --root "$root"
	cp /tmp/tutorial "$root$PROGRAM"
	refused "is another program's" netboot status --root "$root"
	netboot enable --root "$root" >/dev/null
	same "the tutorial's hook" "$root$ETC/qemu" /tmp/tutorial
	same "our program" "$root$PROGRAM" "$root$SPARE"
	same "the host's own program" "$PROGRAM" "$SPARE"
	is "link" "$(readlink "$root$ETC/qemu.d/50-virt-netboot")" "$PROGRAM"
	cp /tmp/tutorial "$PROGRAM"
	rm -r "$root/usr/sbin"
	ln -s /usr/sbin "$root/usr/sbin"
	refused "cannot put our program back" netboot enable --root "$root"
	same "what is not in the tree" "$PROGRAM" /tmp/tutorial
}

# The choice of the administrator holds until disable has removed the links, also where one could not be put there.
drop_in() {
	is "said" "$(netboot enable --drop-in 2>&1)" ""
	is "links" "$(links)" "$drop_ins"
	status_is 0 "for the hook $ETC/qemu.d/50-virt-netboot"
	is "said" "$(netboot enable 2>&1)" ""
	is "links after a plain enable" "$(links)" "$drop_ins"
	cp /tmp/tutorial "$ETC/qemu"
	netboot enable
	status_is 0
	is "links" "$(links)" "network.d/50-virt-netboot -> /usr/sbin/virt-netboot-network-hook qemu qemu.d/50-virt-netboot -> $PROGRAM"
	program_is_back
	netboot disable
	is "left after disable" "$(cd "$ETC" && find . -mindepth 1)" ./qemu
	rm "$ETC/qemu"
	netboot enable
	is "links after disable and enable" "$(links)" "$ours"
	netboot enable --drop-in
	is "links after a change" "$(links)" "$drop_ins"
	netboot disable
	printf '[hook]\nplace = drop-in\n' >/etc/virt-netboot.conf
	netboot enable
	is "links by the configuration" "$(links)" "$drop_ins"
	printf '[hook]\nplace = first\n' >/etc/virt-netboot.conf
	netboot enable
	is "links that are already there" "$(links)" "$drop_ins"
	status_is 0
	netboot disable
	netboot enable
	is "links by the configuration" "$(links)" "$ours"
	printf '[hook]\nplace = drop-in\n' >/etc/virt-netboot.conf
	status_is 2 "(hook-not-active: place = drop-in, and the link is elsewhere: virt-netboot enable)"
	netboot enable
	is "links by the configuration" "$(links)" "$drop_ins"
	status_is 0
	rm /etc/virt-netboot.conf
	netboot disable
	mkdir "$ETC/qemu.d"
	echo mine >"$ETC/qemu.d/50-virt-netboot"
	refused "50-virt-netboot belongs to another program and was kept; our hook is not there" netboot enable --drop-in
	rm "$ETC/qemu.d/50-virt-netboot"
	netboot enable
	is "links, of which one could not be put there" "$(links)" \
		"network.d/50-virt-netboot -> /usr/sbin/virt-netboot-network-hook qemu -> $PROGRAM"
	printf '#!/bin/sh\necho "libvirtd (libvirt) 6.4.0"\n' >/usr/sbin/libvirtd
	netboot enable
	is "links with an old libvirt" "$(links)" "$ours"
	netboot disable
	printf '#!/bin/sh\necho "libvirtd (libvirt) 6.4.0"\n' >/usr/sbin/libvirtd
	refused "this libvirt, older than 6.5, does not run $ETC/qemu.d/50-virt-netboot" netboot enable --drop-in
	is "links" "$(links)" ""
	refused "unrecognized option" netboot disable --drop-in
}

# What cannot be looked at is not taken for nothing.
file_instead_of_a_directory() {
	local verb file
	for file in /etc/libvirt/hooks/qemu.d /etc/libvirt/hooks; do
		rm -rf "$file"
		mkdir -p "${file%/*}"
		echo mine >"$file"
		for verb in enable status disable; do
			refused "$file is a file, not a directory" netboot "$verb"
		done
		is "the file" "$(cat "$file")" mine
	done
	umount /etc/libvirt
	rm -rf /etc/libvirt
	echo mine >/etc/libvirt
	for verb in enable status disable; do refused "/etc/libvirt is a file, not a directory" netboot "$verb"; done
	is "the file" "$(cat /etc/libvirt)" mine
	rm /etc/libvirt
}

# One link that cannot be read keeps nothing of the other hook from being done.
links_that_cannot_be_read() {
	local verb pair file call error text
	for pair in "readlink EIO Input/output error" "readlink EACCES Permission denied" \
		"newfstatat ELOOP Too many levels of symbolic links" "newfstatat EIO Input/output error"; do
		read -r call error text <<<"$pair"
		for file in "$ETC/qemu" "$ETC/qemu.d/50-virt-netboot"; do
			# There is no link to be read there.
			[[ $file != */50-* || $call != readlink ]] || continue
			before_each
			netboot enable
			for verb in enable status disable; do
				refused "cannot read $file: $text" strace -o /tmp/trace -qq -P "$file" \
					-e "inject=$call:error=$error" "$HOOKS/virt-netboot" "$verb"
			done
			[[ $(links) != *network* ]] || fail "$pair: disable has not removed the link that it can read"
			netboot disable
			is "links" "$(links)" ""
		done
	done
}

# As somebody who may not look into the directory, and where it leads to itself.
directory_that_cannot_be_searched() {
	local verb root=/tmp/locked
	mkdir -p "$root/etc/libvirt"
	netboot enable --root "$root"
	chmod 700 "$root/etc/libvirt"
	for verb in status enable disable; do
		refused "cannot read $root$ETC/qemu: Permission denied" \
			setpriv --reuid 65534 --clear-groups "$HOOKS/virt-netboot" "$verb" --root "$root"
	done
	is "link" "$(readlink "$root$ETC/qemu")" "$PROGRAM"
	ln -s hooks /etc/libvirt/hooks
	for verb in status enable disable; do
		refused "cannot read $ETC/qemu: Too many levels of symbolic links" netboot "$verb"
	done
}

cases enable_after_it disable_after_it not_executable program_of_a_person other_versions_of_ours same_build \
	something_added empty_program mode_of_our_program old_libvirt no_obvious_place drop_in_written_through \
	link_of_another_place link_to_a_link nothing_to_put_back full_disk still_being_written two_at_once one_after_the_other name_is_taken_meanwhile nothing_to_reload \
	link_is_replaced_meanwhile written_again_meanwhile killed overtaken labels tree_of_files drop_in \
	file_instead_of_a_directory links_that_cannot_be_read directory_that_cannot_be_searched
