#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# enable --at-boot and disable of files alone: which links systemctl and we make and remove in a tree, and that no other
# one is touched. With a systemd that runs: tests/packages/at-boot.sh.

. "$(dirname "$0")/../lib/testlib.sh"
need systemctl

UNIT=virt-netboot-repair.service
UNITS=/usr/lib/systemd/system
WANTS=/etc/systemd/system
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

new_root() {
	root=$(mktemp -d -p "$scratch")
	mkdir -p "$root$UNITS"
	cp "$SRC/packaging/systemd/$UNIT" "$root$UNITS"
}

in_root() { "$HOOKS/virt-netboot" "$@" --root "$root" >"$scratch/said" 2>&1; }
# ends STATUS VERB...
ends() {
	local status=0
	in_root "${@:2}" || status=$?
	is "exit status of $2: $(cat "$scratch/said")" "$status" "$1"
}
links() { find "$root/etc/systemd" -name "$UNIT" -printf '%P\n' 2>/dev/null | sort; }
wanted() { sed -n 's/^WantedBy=//p' "$SRC/packaging/systemd/$UNIT" | tr ' ' '\n' | sort | sed "s,.*,system/&.wants/$UNIT,"; }
state() {
	in_root status || :
	sed -n 's/^ *BOOT: Checking for repairs at boot *: //p' "$scratch/said"
}

# The unit waits for all that want it, so that it never runs before they are there again.
unit() {
	new_root
	is "After=" "$(sed -n 's/^After=//p' "$root$UNITS/$UNIT")" "$(sed -n 's/^WantedBy=//p' "$root$UNITS/$UNIT")"
}

on_and_off() {
	new_root
	ends 0 enable
	is "links of enable without the option" "$(links)" ""
	[[ $(state) == NOTE* ]] || fail "state: $(state)"
	for _ in once twice; do
		ends 0 enable --at-boot
		is "links" "$(links)" "$(wanted)"
		is "state" "$(state)" PASS
	done
	ends 0 enable
	is "links after an enable without the option" "$(links)" "$(wanted)"
	for _ in once twice; do
		ends 0 disable
		is "links after disable" "$(links)" ""
		is "directories after disable" "$(find "$root$WANTS" -name '*.wants')" ""
	done
}

# As an administrator enables it, and with wants of his own.
by_systemctl() {
	new_root
	systemctl --quiet --root="$root" enable "$UNIT"
	is "state" "$(state)" PASS
	mkdir -p "$root$WANTS/ufw.service.wants"
	ln -s "$UNITS/$UNIT" "$root$WANTS/ufw.service.wants"
	ln -s /usr/lib/systemd/system/other.service "$root$WANTS/ufw.service.wants"
	ends 0 disable
	is "what is left" "$(find "$root/etc/systemd" -type l -printf '%P\n')" system/ufw.service.wants/other.service
}

# Of a systemctl that was killed, and of a version that wanted less.
some_of_the_links() {
	new_root
	ends 0 enable --at-boot
	rm "$root$WANTS/docker.service.wants/$UNIT" "$root$WANTS/libvirtd.service.wants/$UNIT"
	ends 0 enable --at-boot
	is "links" "$(links)" "$(wanted)"
}

masked() {
	new_root
	ends 0 enable --at-boot
	ln -s /dev/null "$root$WANTS/$UNIT"
	ends 3 enable --at-boot
	grep -q 'is masked' "$scratch/said" || fail "$(cat "$scratch/said")"
	[[ $(state) == *"$UNIT is masked"* ]] || fail "state: $(state)"
	# If it is unmasked later, it is off.
	ends 0 disable
	is "links" "$(links)" "system/$UNIT"
	is "mask" "$(readlink "$root$WANTS/$UNIT")" /dev/null
}

# A link there leads to another system's units.
out_of_the_tree() {
	new_root
	mkdir -p "$scratch/other/system/docker.service.wants"
	ln -s "$UNITS/$UNIT" "$scratch/other/system/docker.service.wants"
	mkdir "$root/etc"
	ln -s "$scratch/other" "$root/etc/systemd"
	ends 3 enable --at-boot
	grep -q 'a link leads out of it' "$scratch/said" || fail "$(cat "$scratch/said")"
	[[ $(state) == NOTE* ]] || fail "state: $(state)"
	ends 0 disable
	is "another system's links" "$(find "$scratch/other" -type l -printf '%P\n')" "system/docker.service.wants/$UNIT"
}

without_systemctl() {
	new_root
	local status=0
	mkdir -p "$scratch/nothing"
	PATH=$scratch/nothing "$HOOKS/virt-netboot" enable --at-boot --root "$root" 2>"$scratch/said" || status=$?
	is "exit status" "$status" 3
	grep -q 'there is no systemctl' "$scratch/said" || fail "$(cat "$scratch/said")"
	ends 0 enable --at-boot
	PATH=$scratch/nothing "$HOOKS/virt-netboot" disable --root "$root"
	is "links" "$(links)" ""
}

without_unit() {
	new_root
	rm "$root$UNITS/$UNIT"
	ends 3 enable --at-boot
	ends 0 disable
}

cases unit on_and_off by_systemctl some_of_the_links masked out_of_the_tree without_systemctl without_unit
