#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# make install and uninstall into a tree of their own: names, links, and that nothing of
# anybody else's is overwritten or removed.

. "$(dirname "$0")/../lib/testlib.sh"

# Without the compiler: what is installed has been built.
run_make() { make --silent -C "$SRC" DESTDIR="$root" PREFIX=/usr SYSCONFDIR=/etc "$@"; }

new_root() { root=$(mktemp -d -p "$scratch"); }

link_target() { is "$1" "$(readlink "$root/etc/libvirt/hooks/$1")" "$2"; }

absent() { [ ! -e "$root$1" ] && [ ! -L "$root$1" ] || fail "$1 is there"; }

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# An empty tree, twice.
empty_tree_twice() {
	new_root
	for _ in once twice; do
		run_make install
		link_target network /usr/sbin/virt-netboot-network-hook
		link_target qemu /usr/sbin/virt-netboot-qemu-hook
		for hook in network qemu; do
			[ -x "$root/usr/sbin/virt-netboot-$hook-hook" ] || fail "no $hook hook"
			[ -x "$root/usr/libexec/virt-netboot/$hook-worker.so" ] || fail "no worker of the $hook hook"
			cmp "$root/usr/libexec/virt-netboot/$hook-hook" "$root/usr/sbin/virt-netboot-$hook-hook"
		done
		is "version" "$("$root/usr/bin/virt-netboot" --version)" "virt-netboot $(cat "$SRC/VERSION")"
		diff -r "$root/usr/share/virt-netboot/xslt" "$SRC/xslt"
		cmp "$root/etc/virt-netboot.conf" "$SRC/packaging/virt-netboot.conf"
		for schema in check probe; do
			cmp "$root/usr/share/virt-netboot/$schema.schema.json" "$SRC/docs/$schema.schema.json"
		done
		cmp "$root/usr/share/doc/virt-netboot/examples/virt-netboot.json" "$SRC/packaging/grafana/virt-netboot.json"
		cmp "$root/usr/lib/systemd/system/virt-netboot-check.service" "$SRC/packaging/systemd/virt-netboot-check.service"
		cmp "$root/usr/lib/systemd/system/virt-netboot-repair.service" "$SRC/packaging/systemd/virt-netboot-repair.service"
		is "links of systemd" "$(find "$root/etc" -path '*.wants/*')" ""
		"$root/usr/bin/virt-netboot" status --root "$root" >/dev/null || fail "status"
		for page in man5/virt-netboot.conf.5 man7/virt-netboot-findings.7 man8/virt-netboot.8 \
			man7/virt-netboot-hooks.7; do
			[ -s "$root/usr/share/man/$page" ] || fail "no $page"
		done
		absent /etc/libvirt/hooks/qemu.d
	done
	run_make uninstall
	is "left after uninstall" "$(find "$root" ! -type d)" ""
	absent /usr/share/virt-netboot
	absent /usr/share/doc/virt-netboot
}

# With another prefix the service runs what is there.
another_prefix() {
	new_root
	run_make install-files PREFIX=/opt/netboot
	grep -qx 'ExecStart=/opt/netboot/bin/virt-netboot check .*' "$root/opt/netboot/lib/systemd/system/virt-netboot-check.service"
	grep -qx 'ExecStart=/opt/netboot/bin/virt-netboot repair --all' "$root/opt/netboot/lib/systemd/system/virt-netboot-repair.service"
	grep -q 'file:///opt/netboot/share/doc/virt-netboot/monitoring.md' "$root/opt/netboot/lib/systemd/system/virt-netboot-check.timer"
	run_make uninstall PREFIX=/opt/netboot
	is "left after uninstall" "$(find "$root" ! -type d)" ""
}

# A configuration that was changed stays.
configuration_that_was_changed() {
	new_root
	run_make install
	echo "[bridge]" >>"$root/etc/virt-netboot.conf"
	cp "$root/etc/virt-netboot.conf" "$scratch/changed"
	run_make install uninstall
	cmp "$root/etc/virt-netboot.conf" "$scratch/changed"
}

# Hooks of somebody else stay, as a file, a link, a broken link and a folder.
hooks_of_others() {
	for kind in file link broken folder; do
		new_root
		mkdir -p "$root/etc/libvirt/hooks/qemu.d"
		case $kind in
		file) echo "#!/bin/sh" >"$root/etc/libvirt/hooks/qemu" ;;
		link) ln -s /bin/true "$root/etc/libvirt/hooks/qemu" ;;
		broken) ln -s /opt/gone "$root/etc/libvirt/hooks/qemu" ;;
		folder) mkdir "$root/etc/libvirt/hooks/qemu" ;;
		esac
		echo "#!/bin/sh" >"$root/etc/libvirt/hooks/qemu.d/10-other"
		before=$(ls -lR --time-style=full-iso "$root/etc/libvirt/hooks/qemu" \
			"$root/etc/libvirt/hooks/qemu.d/10-other")
		for wanted in "/etc/libvirt/hooks/qemu belongs to another program and was kept.*" ""; do
			said=$(run_make install)
			# shellcheck disable=SC2053 # a pattern
			[[ $said == $wanted ]] || fail "$kind: '$said' instead of '$wanted'"
			link_target qemu.d/50-virt-netboot /usr/sbin/virt-netboot-qemu-hook
			link_target network /usr/sbin/virt-netboot-network-hook
		done
		run_make uninstall
		absent /etc/libvirt/hooks/qemu.d/50-virt-netboot
		is "$kind afterwards" "$(ls -lR --time-style=full-iso "$root/etc/libvirt/hooks/qemu" \
			"$root/etc/libvirt/hooks/qemu.d/10-other")" "$before"
	done
}

# A name that has become free stays free: the hook is where the administrator may have put it.
name_that_becomes_free() {
	new_root
	mkdir -p "$root/etc/libvirt/hooks"
	touch "$root/etc/libvirt/hooks/qemu"
	run_make install >/dev/null
	rm "$root/etc/libvirt/hooks/qemu"
	run_make install
	link_target qemu.d/50-virt-netboot /usr/sbin/virt-netboot-qemu-hook
	absent /etc/libvirt/hooks/qemu
}

# A link of an earlier installation elsewhere is ours.
link_of_another_place() {
	new_root
	mkdir -p "$root/etc/libvirt/hooks"
	ln -s /opt/sbin/virt-netboot-qemu-hook "$root/etc/libvirt/hooks/qemu"
	run_make install
	link_target qemu /usr/sbin/virt-netboot-qemu-hook
	is "hooks" "$(cd "$root/etc/libvirt/hooks" && echo .[!.]* *)" ".[!.]* network qemu"
}

# Both names taken: said, and nothing touched.
both_names_taken() {
	new_root
	mkdir -p "$root/etc/libvirt/hooks/qemu.d"
	echo mine >"$root/etc/libvirt/hooks/qemu"
	echo mine >"$root/etc/libvirt/hooks/qemu.d/50-virt-netboot"
	said=$(run_make install 2>&1) && fail "it did not fail"
	[[ $said == *"belong to other programs and were kept"* ]] || fail "it did not say so: $said"
	is "first" "$(cat "$root/etc/libvirt/hooks/qemu")" mine
	is "second" "$(cat "$root/etc/libvirt/hooks/qemu.d/50-virt-netboot")" mine
}

# A tree that a link leads out of is not touched.
link_out_of_the_tree() {
	new_root
	mkdir "$root/outside" "$root/tree" "$root/tree/etc"
	ln -s "$root/outside" "$root/tree/etc/libvirt"
	refused "is not in $root/tree: a link leads to $root/outside" \
		"$HOOKS/virt-netboot" enable --root "$root/tree"
	is "what is outside" "$(ls "$root/outside")" ""
	ln -sfT ../../outside "$root/tree/etc/libvirt"
	refused "is not in" "$HOOKS/virt-netboot" enable --root "$root/tree"
	rm "$root/tree/etc/libvirt"
	mkdir -p "$root/tree/etc/libvirt/hooks"
	touch "$root/tree/etc/libvirt/hooks/qemu"
	ln -s "$root/outside" "$root/tree/etc/libvirt/hooks/qemu.d"
	refused "is not in" "$HOOKS/virt-netboot" enable --root "$root/tree"
	is "what is outside" "$(ls "$root/outside")" ""
}

# What version 0.1.0 had in other places goes.
programs_of_an_earlier_version() {
	new_root
	mkdir -p "$root/usr/libexec/virt-netboot"
	touch "$root"/usr/libexec/virt-netboot/virt-netboot-{network,qemu}-hook
	run_make install
	is "workers and spare programs" "$(ls "$root/usr/libexec/virt-netboot")" "look.so
network-hook
network-worker.so
qemu-hook
qemu-worker.so"
}

# A hook without its worker is not active.
hook_without_worker() {
	new_root
	run_make install
	rm "$root/usr/libexec/virt-netboot/qemu-worker.so"
	refused "(hook-not-active: what the link leads to is missing" "$HOOKS/virt-netboot" status --root "$root"
}

# What a run that was killed has left.
left_by_a_run_that_was_killed() {
	new_root
	mkdir -p "$root/etc/libvirt/hooks"
	ln -s /usr/sbin/virt-netboot-qemu-hook "$root/etc/libvirt/hooks/.virt-netboot-qemu.new"
	ln -s /opt/sbin/virt-netboot-qemu-hook "$root/etc/libvirt/hooks/qemu"
	"$HOOKS/virt-netboot" enable --root "$root"
	link_target qemu /usr/sbin/virt-netboot-qemu-hook
	ln -s /usr/sbin/virt-netboot-qemu-hook "$root/etc/libvirt/hooks/.virt-netboot-qemu.new"
	"$HOOKS/virt-netboot" disable --root "$root"
	is "left after disable" "$(find "$root" ! -type d)" ""
}

cases empty_tree_twice another_prefix configuration_that_was_changed hooks_of_others name_that_becomes_free \
	link_of_another_place both_names_taken link_out_of_the_tree programs_of_an_earlier_version hook_without_worker \
	left_by_a_run_that_was_killed
