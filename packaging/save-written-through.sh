# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Tutorials install a hook with `wget -O /etc/libvirt/hooks/qemu`, `cp` or `tee`. Where that name is our link they
# write through it, and our program's file then holds another person's hook. An upgrade would replace it and a
# removal delete it, so it is saved before either.
#
# The Makefile reads this file, and packaging/packages.mk puts it into the packages' scripts, which call it before
# anything is unpacked or removed: it needs a POSIX shell, coreutils, diffutils and grep, and nothing of ours. rpm would
# take a percent sign for a macro.
#
# libvirt may run a hook at any moment, and this may be killed at any moment: a hook's name always leads to a whole file.

# is_our_link LINK HOOK: it leads to a file with our program's name, wherever that is.
is_our_link() {
	case $(readlink "$1" || :) in
	*/"virt-netboot-$2-hook") ;;
	*) return 1 ;;
	esac
}

# hooks_are_on HOOKDIR
hooks_are_on() {
	for hook in network qemu; do
		is_our_link "$1/$hook" "$hook" && return 0
		is_our_link "$1/$hook.d/50-virt-netboot" "$hook" && return 0
	done
	return 1
}

# is_written_through PROGRAM HOOK: a file that is no program of ours. Each version of ours says how it is used, or runs a
# second one under its own name; another's may name ours, to run it. An empty file is nobody's hook.
is_written_through() {
	[ -f "$1" ] && [ -s "$1" ] || return 1
	[ "$(od -A n -t x1 -N 4 "$1" | tr -d ' \n')" = 7f454c46 ] || return 0
	! LC_ALL=C grep -q -e ' OBJECT OPERATION SUBOPERATION EXTRA <XML' -e "/virt-netboot/virt-netboot-$2-hook" "$1"
}

# has_more PROGRAM: something follows the table of sections, which is the end of our programs: `tee -a` has added it. It
# was never run, and what it belongs to is not known. Programs of 32 bits are not looked at.
has_more() {
	[ "$(od -A n -t x1 -N 5 "$1" 2>/dev/null | tr -d ' \n')" = 7f454c4602 ] || return 1
	# shellcheck disable=SC2046 # where the table begins, the size of a section's part, and how many there are
	set -- "$1" $(od -A n -t u8 -j 40 -N 8 "$1") $(od -A n -t u2 -j 58 -N 4 "$1")
	[ "$(($2 + $3 * $4))" -lt "$(wc -c <"$1")" ]
}

# any_is_written_through SBINDIR
any_is_written_through() {
	for hook in network qemu; do
		is_written_through "$1/virt-netboot-$hook-hook" "$hook" && return 0
	done
	return 1
}

# flush FILE: to the disk, where the file system can do that. What replaces our program will be there as soon.
flush() { sync "$1" 2>/dev/null || :; }

# leads_to ROOT LINK HOOK PROGRAM: it is our link, to that file or to one like it.
leads_to() {
	is_our_link "$2" "$3" || return 1
	case $(readlink "$2") in
	/*) cmp -s "$1$(readlink "$2")" "$4" ;;
	*) cmp -s "$2" "$4" ;;
	esac
}

# is_copy FILE PROGRAM
is_copy() { [ -f "$1" ] && [ ! -L "$1" ] && cmp -s "$1" "$2"; }

# copy PROGRAM FOLDER: as $new, with mode, owner and times. It fails if the program is written to meanwhile.
copy() { mkdir -p "$2" && cp -p "$1" "$new" && flush "$new" && is_copy "$new" "$1"; }

# say_saved ROOT PROGRAM FILE
say_saved() {
	if [ "$more" ]; then
		echo "Something was added to the end of ${2#"$1"}, by way of a link of ours; with that it is now ${3#"$1"}."
		return
	fi
	echo "${2#"$1"} was written over by another program's hook, by way of a link of ours; that hook is now ${3#"$1"}."
}

# save_over_link ROOT PROGRAM FOLDER HOOK: our link becomes the file that was meant; unless it has become another's while
# the disk was waited for.
save_over_link() {
	copy "$2" "$3" || return 1
	if ! leads_to "$1" "$3/$4" "$4" "$2"; then
		rm -f "$new" && save_as "$1" "$2" "$3" "$4.saved"
		return
	fi
	mv -f "$new" "$3/$4" || return 1
	flush "$3"
	say_saved "$1" "$2" "$3/$4"
}

# save_as ROOT PROGRAM FOLDER NAME: in FOLDER, or below; with .1, .2 ... where others have that name.
save_as() {
	saved=$3/$4
	number=0
	while [ -e "$saved" ] || [ -L "$saved" ]; do
		! is_copy "$saved" "$2" || return 0
		number=$((number + 1))
		saved=$3/$4.$number
	done
	# Unlike mv, ln does not replace what comes there meanwhile.
	copy "$2" "$3" && ln "$new" "$saved" && rm -f "$new" || return 1
	flush "$(dirname "$saved")"
	say_saved "$1" "$2" "$saved"
}

# save_hook ROOT PROGRAM FOLDER HOOK: what libvirt ran by way of a link of ours it still runs, and nothing else.
save_hook() {
	more=
	is_written_through "$2" "$4" || { has_more "$2" && more=yes; } || return 0
	# What a run that was killed has left. `virt-netboot` has the same name for what is half made.
	new=$3/.virt-netboot-$4.new
	rm -f "$new" || return 1
	if [ "$more" ]; then
		save_as "$1" "$2" "$3" "$4.saved"
	elif leads_to "$1" "$3/$4" "$4" "$2"; then
		save_over_link "$@"
	elif is_copy "$3/$4" "$2"; then
		return 0
	elif leads_to "$1" "$3/$4.d/50-virt-netboot" "$4" "$2"; then
		save_as "$1" "$2" "$3" "$4.d/50-virt-netboot-saved"
	else
		save_as "$1" "$2" "$3" "$4.saved"
	fi
}

# save_written_through ROOT SBINDIR HOOKDIR: what is another's in the place of our programs. Says what is saved where. Fails if
# something could not be saved; it must not be replaced or removed then.
save_written_through() {
	for hook in network qemu; do
		save_hook "$1" "$1$2/virt-netboot-$hook-hook" "$1$3" "$hook" && continue
		echo "$2/virt-netboot-$hook-hook was written over by another program's hook, which cannot be saved:" \
			"move it away" >&2
		return 1
	done
}

# save_before_unpacking SBINDIR HOOKDIR: the same for a package's script. The note tells the script that runs after
# unpacking that our hooks were on and have to be switched on again: a person's hook has taken the place of one.
save_before_unpacking() {
	if any_is_written_through "$1" && hooks_are_on "$2"; then
		touch /run/virt-netboot.returned || :
	fi
	save_written_through "" "$1" "$2" && return 0
	rm -f /run/virt-netboot.returned
	return 1
}
