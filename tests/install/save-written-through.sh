#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# packaging/save-written-through.sh, by each shell that is here: what counts as another program's hook in our
# program's place, where it is saved, that nothing is lost whenever it is killed; and that `make install` and
# `make uninstall` run it. Trees of files, so a tutorial's `cp` here writes to where the link leads in the tree.

. "$(dirname "$0")/../lib/testlib.sh"

need objcopy

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# dash and busybox are /bin/sh of distributions; bash is when it is called sh.
ln -s "$(command -v bash)" "$scratch/sh"
shells=("$scratch/sh" "$(command -v dash)")
! command -v busybox >/dev/null || shells+=("busybox sh")

# new_tree NAME: the qemu hook and its link as `make install` makes them.
new_tree() {
	root="$scratch/a tree/$1"
	hooks=$root/etc/libvirt/hooks
	program=$root/usr/sbin/virt-netboot-qemu-hook
	rm -rf "$root"
	mkdir -p "$hooks" "$root/usr/sbin"
	cp "$HOOKS/virt-netboot-qemu-hook" "$program"
	ln -s /usr/sbin/virt-netboot-qemu-hook "$hooks/qemu"
}

# tutorial [TEXT]: a person's hook is written through our link, which keeps the mode of what was there.
tutorial() {
	printf '#!/bin/sh\necho %s\n' "${1:-theirs}" >"$scratch/theirs"
	tee "$program" <"$scratch/theirs" >/dev/null
	chmod 750 "$program"
	touch -d '2020-01-02 03:04:05' "$program"
	[ "$(id -u)" != 0 ] || chown 12:34 "$program"
	attributes=$(stat -c '%a %u %g %y' "$program")
}

# save: prints what it says; its status is that of the function.
# shellcheck disable=SC2086 # the words of "busybox sh"
save() {
	${shell:-sh} -c '. packaging/save-written-through.sh && save_written_through "$@"' save \
		"$root" /usr/sbin /etc/libvirt/hooks
}

# says FILE: where it is saved.
says() {
	is "said" "$(save)" "/usr/sbin/virt-netboot-qemu-hook was written over by another program's hook, by way of a link \
of ours; that hook is now $1."
}

# theirs_is FILE: whole, and as it was.
theirs_is() {
	[ -f "$1" ] && [ ! -L "$1" ] || fail "$1 is no file: $(ls -l "$hooks")"
	cmp "$1" "$scratch/theirs"
	is "mode, owner and time of $1" "$(stat -c '%a %u %g %y' "$1")" "$attributes"
}

listing() { (cd "$hooks" && find . -mindepth 1 -printf '%P\n' | sort | xargs); }

# nothing_saved: and nothing said.
nothing_saved() {
	local before
	before=$(find "$root" -printf '%p %y %i %l %s %T@\n' | sort)
	is "said" "$(save 2>&1)" ""
	is "tree" "$(find "$root" -printf '%p %y %i %l %s %T@\n' | sort)" "$before"
}

by_each_shell() {
	for shell in "${shells[@]}"; do
		new_tree by-shell
		nothing_saved
		tutorial
		says /etc/libvirt/hooks/qemu
		theirs_is "$hooks/qemu"
		is "hooks" "$(listing)" qemu
		# As after an upgrade that was aborted, and tried again.
		nothing_saved
	done
}

# Ours are programs that know our name, of whatever version. A person's hook need not be a script.
whose_it_is() {
	new_tree ours
	sed -i 's/A hook that libvirtd runs/A Hook that libvirtd runs/' "$program"
	nothing_saved
	echo /usr/libexec/virt-netboot/virt-netboot-qemu-hook >"$scratch/text"
	objcopy --add-section text="$scratch/text" "$(command -v cat)" "$program"
	nothing_saved
	: >"$program"
	nothing_saved
	rm "$program"
	nothing_saved
	ln -s /nowhere "$program"
	nothing_saved
	new_tree compiled
	{ cat "$(command -v cat)" && echo /usr/sbin/virt-netboot-qemu-hook; } >"$scratch/theirs"
	cat "$scratch/theirs" >"$program"
	save >/dev/null
	cmp "$hooks/qemu" "$scratch/theirs"
	new_tree mentioned
	printf '#!/bin/sh\n[ ! -x /usr/sbin/virt-netboot-qemu-hook ] || exec /usr/sbin/virt-netboot-qemu-hook "$@"\n' >"$program"
	save >/dev/null
	[ ! -L "$hooks/qemu" ] || fail "a script that names our program was not saved"
	new_tree short
	printf x >"$program"
	save >/dev/null
	is "a hook of one byte" "$(cat "$hooks/qemu")" x
}

# By `tee -a`. Our program goes on running.
added_to_our_program() {
	new_tree added
	echo "echo theirs" >>"$program"
	cp "$program" "$scratch/theirs"
	attributes=$(stat -c '%a %u %g %y' "$program")
	is "said" "$(save)" "Something was added to the end of /usr/sbin/virt-netboot-qemu-hook, by way of a link of ours; \
with that it is now /etc/libvirt/hooks/qemu.saved."
	theirs_is "$hooks/qemu.saved"
	nothing_saved
	is "hooks" "$(listing)" "qemu qemu.saved"
	run_make install uninstall
	is "left" "$(find "$root" ! -type d)" "$hooks/qemu.saved"
}

# However the link is written. Only one that leads to that very hook is replaced by it.
by_each_link() {
	for link in /usr/sbin ../../../usr/sbin /sbin; do
		new_tree link
		ln -s usr/sbin "$root/sbin"
		ln -sfT "$link/virt-netboot-qemu-hook" "$hooks/qemu"
		tutorial
		save >/dev/null
		theirs_is "$hooks/qemu"
	done
	for link in /opt/sbin/virt-netboot-qemu-hook /opt/sbin/other /usr/sbin/virt-netboot-network-hook; do
		new_tree elsewhere
		mkdir -p "$root/opt/sbin"
		cp "$HOOKS/virt-netboot-qemu-hook" "$root/opt/sbin"
		ln -sfT "$link" "$hooks/qemu"
		tutorial
		save >/dev/null
		is "link" "$(readlink "$hooks/qemu")" "$link"
		theirs_is "$hooks/qemu.saved"
	done
}

# Another's link that comes to our program by a way of its own is no place to put anything.
by_a_link_to_the_link() {
	new_tree chain
	mkdir "$root/etc/alternatives"
	mv "$hooks/qemu" "$root/etc/alternatives/hook"
	ln -s ../../alternatives/hook "$hooks/qemu"
	ln -sfT ../../usr/sbin/virt-netboot-qemu-hook "$root/etc/alternatives/hook"
	tutorial
	save >/dev/null
	is "link" "$(readlink "$hooks/qemu")" ../../alternatives/hook
	theirs_is "$hooks/qemu.saved"
}

# What libvirt runs beside it stays so.
beside_another_hook() {
	new_tree another
	rm "$hooks/qemu"
	echo another >"$hooks/qemu"
	mkdir "$hooks/qemu.d"
	ln -s /usr/sbin/virt-netboot-qemu-hook "$hooks/qemu.d/50-virt-netboot"
	tutorial
	says /etc/libvirt/hooks/qemu.d/50-virt-netboot-saved
	theirs_is "$hooks/qemu.d/50-virt-netboot-saved"
	nothing_saved
	is "another's" "$(cat "$hooks/qemu")" another
	is "hooks" "$(listing)" "qemu qemu.d qemu.d/50-virt-netboot qemu.d/50-virt-netboot-saved"
}

# Under a name that nobody has, once.
names_that_are_taken() {
	new_tree taken
	rm "$hooks/qemu"
	echo another >"$hooks/qemu"
	echo earlier >"$hooks/qemu.saved"
	ln -s "$program" "$hooks/qemu.saved.1"
	mkdir "$hooks/qemu.saved.2"
	tutorial
	says /etc/libvirt/hooks/qemu.saved.3
	theirs_is "$hooks/qemu.saved.3"
	nothing_saved
	tutorial again
	says /etc/libvirt/hooks/qemu.saved.4
	theirs_is "$hooks/qemu.saved.4"
	is "others' files" "$(cat "$hooks/qemu" "$hooks/qemu.saved" | xargs) $(readlink "$hooks/qemu.saved.1")" \
		"another earlier $program"
}

# It is not put into force where our hooks are off, even where the directory is gone.
hooks_that_are_off() {
	new_tree off
	rm -r "$hooks"
	tutorial
	save >/dev/null
	is "hooks" "$(listing)" qemu.saved
	theirs_is "$hooks/qemu.saved"
}

what_cannot_be_saved() {
	new_tree full
	tutorial
	rm -r "$hooks"
	echo "no directory" >"$hooks"
	refused "/usr/sbin/virt-netboot-qemu-hook was written over by another program's hook, which cannot be saved" save
	refused "cannot be saved" run_make install
	theirs_is "$program"
}

# Ends the shell that calls it before the Nth of the calls that change something; with half of a copy.
make_killers() {
	local name
	mkdir -p "$scratch/killers"
	for name in mkdir rm cp mv ln sync; do
		# shellcheck disable=SC2016 # for that shell
		printf '#!/bin/sh\nreal=%s\n' "$(command -v "$name")" >"$scratch/killers/$name"
		cat >>"$scratch/killers/$name" <<-'END'
			echo >>"$CALLS"
			[ "$(wc -l <"$CALLS")" = "$KILL_AT" ] || exec "$real" "$@"
			[ "${0##*/}" != cp ] || head -c 5 "$2" >"$3"
			kill -KILL $PPID
		END
		chmod 755 "$scratch/killers/$name"
	done
}

# theirs_is_somewhere: whole.
theirs_is_somewhere() {
	local file found=''
	for file in "$program" "$hooks/qemu" "$hooks"/qemu.saved*; do
		[ ! -f "$file" ] || ! cmp -s "$file" "$scratch/theirs" || found=1
	done
	[ "$found" ] || fail "lost: $(ls -l "$hooks")"
}

# killed_and_again BEFORE RESULT: at each call, and then run to the end.
killed_and_again() {
	local call
	for ((call = 1; ; call++)); do
		new_tree killed
		"$1"
		tutorial
		: >"$scratch/calls"
		if CALLS=$scratch/calls KILL_AT=$call PATH="$scratch/killers:$PATH" save >/dev/null 2>&1; then
			[ "$call" -gt 5 ] || fail "it ended at call $call"
			return
		fi
		theirs_is_somewhere
		[ "$1" != : ] || [ -L "$hooks/qemu" ] || cmp "$hooks/qemu" "$scratch/theirs"
		save >/dev/null
		theirs_is "$hooks/$2"
		is "hooks" "$(listing)" "$2"
	done
}

link_removed() { rm "$hooks/qemu"; }

killed_at_any_moment() {
	make_killers
	killed_and_again : qemu
	killed_and_again link_removed qemu.saved
}

# meanwhile COMMAND: what a person does while the copy is given to the disk.
meanwhile() {
	mkdir -p "$scratch/meanwhile"
	printf '#!/bin/sh\n[ -e "%s" ] || { : >"%s"; %s; }\n' "$scratch/done" "$scratch/done" "$1" >"$scratch/meanwhile/sync"
	chmod 755 "$scratch/meanwhile/sync"
	rm -f "$scratch/done"
}

a_person_is_faster() {
	new_tree faster
	tutorial
	meanwhile "rm '$hooks/qemu'; echo another >'$hooks/qemu'"
	PATH="$scratch/meanwhile:$PATH" says /etc/libvirt/hooks/qemu.saved
	is "another's hook" "$(cat "$hooks/qemu")" another
	theirs_is "$hooks/qemu.saved"
	new_tree longer
	tutorial
	meanwhile "echo more >>'$program'"
	PATH="$scratch/meanwhile:$PATH" refused "cannot be saved" save
	[ -L "$hooks/qemu" ] || fail "half of it was saved"
	cp "$program" "$scratch/theirs"
	save >/dev/null
	cmp "$hooks/qemu" "$scratch/theirs"
	is "hooks" "$(listing)" qemu
}

# run_make TARGET: without the compiler, what is installed has been built.
run_make() { make --silent -C "$SRC" DESTDIR="$root" PREFIX=/usr SYSCONFDIR=/etc "$@"; }

make_install() {
	new_tree install
	tutorial
	said=$(run_make install)
	[[ $said == *"that hook is now /etc/libvirt/hooks/qemu."*"/etc/libvirt/hooks/qemu.d/50-virt-netboot"* ]] ||
		fail "said: $said"
	theirs_is "$hooks/qemu"
	cmp "$program" "$HOOKS/virt-netboot-qemu-hook"
	is "our hook" "$(readlink "$hooks/qemu.d/50-virt-netboot")" /usr/sbin/virt-netboot-qemu-hook
	"$HOOKS/virt-netboot" status --root "$root" >/dev/null || fail "status"
	# Written once more, now through nothing.
	tutorial again
	mv "$program" "$hooks/qemu"
	run_make install
	theirs_is "$hooks/qemu"
	run_make uninstall
	is "left" "$(find "$root" ! -type d)" "$hooks/qemu"
}

# With the command that is built, and where the installed one knows nothing of this.
make_uninstall() {
	for from in "" an-earlier-version; do
		new_tree uninstall
		run_make install
		[ -z "$from" ] || rm "$root"/usr/libexec/virt-netboot/*-hook
		tutorial
		said=$(run_make uninstall)
		theirs_is "$hooks/qemu"
		[[ $said == *"/etc/libvirt/hooks/qemu"* ]] || fail "said: '$said'"
		is "left" "$(find "$root" ! -type d)" "$hooks/qemu"
	done
}

cases by_each_shell whose_it_is added_to_our_program by_each_link by_a_link_to_the_link beside_another_hook names_that_are_taken hooks_that_are_off \
	what_cannot_be_saved killed_at_any_moment a_person_is_faster make_install make_uninstall
