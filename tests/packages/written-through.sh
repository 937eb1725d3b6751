#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A person's hook is written through our link, over our program, by cp, tee and wget, as tutorials have it: nothing of
# it is lost by an upgrade, a removal or an installation, and both hooks are in force afterwards. Upgraded is version
# 0.1.0, whose command and scripts know nothing of this; a package like it is made here.
#
# Runs by case: a root for dpkg, and one for rpm.

. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/packages.sh"
# Before the sandbox, which has no network to fetch it by.
[ "${TEST_CASE:-}" = '?' ] || fresh=$("$SRC/tests/packages/root" bookworm)
sandbox "$@"
need dpkg-deb rpmbuild rpm busybox

root=/tmp/root
hooks=$root/etc/libvirt/hooks

# before_each: a fresh machine, a server for wget, and what 0.1.0 installs.
before_each() {
	umount "$root" 2>/dev/null || :
	rm -rf /tmp/upper /tmp/work /tmp/stand-in
	mkdir -p "$root" /tmp/upper /tmp/work /tmp/www
	mount -t overlay -o "lowerdir=$fresh,upperdir=/tmp/upper,workdir=/tmp/work" root "$root"
	cp "$(command -v busybox)" "$root/usr/bin/busybox"
	[ -e /tmp/www/theirs ] || busybox httpd -p 127.0.0.1:80 -h /tmp/www
	stand_in_make
}

# in_chroot COMMAND...: as on that machine.
in_chroot() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin LC_ALL=C "$@"; }

# stand_in_make: what 0.1.0 installs, as far as it matters here, in /tmp/stand-in.
stand_in_make() {
	mkdir -p /tmp/stand-in/usr/sbin /tmp/stand-in/usr/bin
	for hook in network qemu; do
		sed 's/A hook that libvirtd runs/A Hook that libvirtd runs/' "$HOOKS/virt-netboot-$hook-hook" \
			>"/tmp/stand-in/usr/sbin/virt-netboot-$hook-hook"
	done
	cat >/tmp/stand-in/usr/bin/virt-netboot <<-'END'
		#!/bin/sh
		cd /etc/libvirt/hooks
		for hook in network qemu; do
			rm -f $(find $hook $hook.d -type l 2>/dev/null)
			[ "$1" = enable ] || continue
			[ ! -e $hook ] || mkdir -p $hook.d
			ln -s /usr/sbin/virt-netboot-$hook-hook $([ -e $hook ] && echo $hook.d/50-virt-netboot || echo $hook)
		done
	END
	chmod 755 /tmp/stand-in/usr/*/*
}

deb_stand_in() {
	mkdir /tmp/stand-in/DEBIAN
	printf '%s\n' 'Package: virt-netboot' 'Version: 0.1.0-0' 'Architecture: amd64' 'Description: as 0.1.0' \
		'Maintainer: Nobody <nobody@localhost>' >/tmp/stand-in/DEBIAN/control
	cat >/tmp/stand-in/DEBIAN/postinst <<-'END'
		#!/bin/sh
		if [ "$1" = configure ] && { [ -z "$2" ] || [ -e /run/virt-netboot.returned ]; }; then
			virt-netboot enable
		fi
		rm -f /run/virt-netboot.returned
	END
	# shellcheck disable=SC2016 # for that shell
	printf '%s\n' '#!/bin/sh' '[ "$1" != remove ] || virt-netboot disable' >/tmp/stand-in/DEBIAN/prerm
	chmod 755 /tmp/stand-in/DEBIAN/p*
	dpkg-deb --build /tmp/stand-in "$root/tmp/old.deb" >/dev/null
}

rpm_stand_in() {
	cat >/tmp/old.spec <<-'END'
		Name: virt-netboot
		Version: 0.1.0
		Release: 0
		Summary: As 0.1.0
		License: GPL-2.0-or-later
		%define __os_install_post %{nil}
		%define debug_package %{nil}
		%description
		As 0.1.0.
		%install
		cp -R /tmp/stand-in/. %{buildroot}
		%post
		[ "$1" != 1 ] || virt-netboot enable
		%preun
		[ "$1" != 0 ] || virt-netboot disable
		%files
		/usr/bin/virt-netboot
		/usr/sbin/*
	END
	rpmbuild -bb --quiet --nodeps --define '_topdir /tmp/rpmbuild' --define "_dbpath /tmp/rpmdb" /tmp/old.spec >/tmp/said 2>&1 ||
		fail "rpmbuild: $(cat /tmp/said)"
	cp /tmp/rpmbuild/RPMS/*/*.rpm /tmp/old.rpm
}

# What a kind of packages does: prints what it says; `tried` may fail.
tried() {
	if [ "$kind" = deb ]; then
		in_chroot DEBIAN_FRONTEND=noninteractive dpkg --force-unsafe-io "$@" </dev/null
	else
		rpm --root "$root" --nodeps "$@"
	fi
}

package_do() { tried "$@" >/tmp/said 2>&1 || fail "$kind $*: $(cat /tmp/said)"; }

old_install() { if [ "$kind" = deb ]; then package_do --install /tmp/old.deb; else package_do --install /tmp/old.rpm; fi; }

# new_install: also an upgrade.
new_install() {
	if [ "$kind" = deb ]; then package_do --install /tmp/new.deb; else package_do --upgrade --replacepkgs "$new_rpm"; fi
	no_notes
}

# Nothing stays but another's files.
remove() {
	if [ "$kind" = deb ]; then package_do --purge virt-netboot; else package_do --erase virt-netboot; fi
	no_notes
}

no_notes() { is "notes" "$(find "$root/run" -name 'virt-netboot.*')" ""; }

# The programs are as they were packaged: a person's file is in the place of none.
verified() {
	if [ "$kind" = deb ]; then
		is "dpkg --verify" "$(in_chroot dpkg --verify virt-netboot | grep /usr/sbin/ || :)" ""
	else
		is "rpm --verify" "$(tried --verify virt-netboot 2>&1 | grep /usr/sbin/ || :)" ""
	fi
}

written=0

# tutorial WAY [HOOK]: each person's hook is another.
tutorial() {
	local name=/etc/libvirt/hooks/${2:-qemu}
	written=$((written + 1))
	printf '#!/bin/sh\n# hook number %s\nexit 0\n' "$written" >/tmp/www/theirs
	cp /tmp/www/theirs "$root/tmp/theirs"
	case $1 in
	cp) in_chroot cp /tmp/theirs "$name" ;;
	tee) in_chroot tee "$name" <"$root/tmp/theirs" >/dev/null ;;
	wget) in_chroot busybox wget -q -O "$name" http://127.0.0.1/theirs ;;
	esac
	in_chroot chmod +x "$name"
}

# over_our_program: that is where a tutorial's hook is.
over_our_program() {
	[ -L "$hooks/qemu" ] || fail "the link is gone"
	cmp "$root/usr/sbin/virt-netboot-qemu-hook" "$root/tmp/theirs"
}

# theirs [FILE]: whole, and a file that can be run.
theirs() {
	local file=$hooks/${1:-qemu}
	[ -f "$file" ] && [ ! -L "$file" ] && [ -x "$file" ] || fail "no file: $(ls -l "$hooks") $(cat /tmp/said)"
	cmp "$file" "$root/tmp/theirs"
}

links() { (cd "$hooks" && find . -type l -printf '%P -> %l\n' | sort | xargs); }

both="network -> /usr/sbin/virt-netboot-network-hook qemu.d/50-virt-netboot -> /usr/sbin/virt-netboot-qemu-hook"
linked="network -> /usr/sbin/virt-netboot-network-hook qemu -> /usr/sbin/virt-netboot-qemu-hook"

status_is() {
	local status=0
	in_chroot virt-netboot status >/tmp/status 2>&1 || status=$?
	is "exit status of virt-netboot status: $(cat /tmp/status)" "$status" "$1"
}

said() { grep -F -e "$1" /tmp/said || fail "not said: '$1', but: $(cat /tmp/said)"; }

both_in_force() {
	theirs
	is "links" "$(links)" "$both"
	verified
	status_is 0
}

# forgotten: their hook is removed, as by its owner.
forgotten() {
	rm -rf "$hooks"
	mkdir "$hooks"
}

# upgraded_from VERSION WAY...
upgraded_from() {
	for way in "${@:2}"; do
		say "== $1, $way"
		"$1"
		is "links" "$(links)" "$linked"
		tutorial "$way"
		over_our_program
		[ "$1" = old_install ] || status_is 2
		new_install
		both_in_force
		said "that hook is now /etc/libvirt/hooks/qemu."
		said "/etc/libvirt/hooks/qemu.d/50-virt-netboot"
		remove
		theirs
		is "links" "$(links)" ""
		forgotten
	done
}

removed() {
	say "== removed, with their hook over our program"
	new_install
	tutorial cp
	over_our_program
	remove
	theirs
	is "links" "$(links)" ""
	say "== and installed again, switched off and on"
	new_install
	both_in_force
	in_chroot virt-netboot disable
	theirs
	is "links" "$(links)" ""
	status_is 2
	in_chroot virt-netboot enable
	both_in_force
	remove
	theirs
	forgotten
}

switched_off() {
	say "== off stays off, and their hook, which was off, too"
	old_install
	tutorial tee
	in_chroot virt-netboot disable
	new_install
	said "that hook is now /etc/libvirt/hooks/qemu.saved."
	theirs qemu.saved
	is "links" "$(links)" ""
	verified
	remove
	theirs qemu.saved
	forgotten
	say "== their hook over our program, as it is beside another's"
	new_install
	rm "$hooks/qemu"
	echo another >"$hooks/qemu"
	in_chroot virt-netboot enable >/dev/null
	tutorial cp qemu.d/50-virt-netboot
	new_install
	theirs qemu.d/50-virt-netboot-saved
	is "another's hook" "$(cat "$hooks/qemu")" another
	is "links" "$(links)" "$both"
	verified
	remove
	forgotten
}

not_from_a_package() {
	say "== what make install has installed becomes a package's"
	cp "$HOOKS/virt-netboot-qemu-hook" "$root/usr/sbin"
	ln -s /usr/sbin/virt-netboot-qemu-hook "$hooks/qemu"
	tutorial wget
	over_our_program
	new_install
	both_in_force
	remove
	theirs
	forgotten
}

cannot_be_saved() {
	say "== what cannot be saved is not replaced, nor removed"
	new_install
	tutorial cp
	over_our_program
	mount --bind "$hooks" "$hooks"
	mount -o remount,bind,ro "$hooks"
	for way in "$@"; do
		# shellcheck disable=SC2086 # the words of an option and its file
		! tried $way >/tmp/said 2>&1 || fail "$way: $(cat /tmp/said)"
		said "cannot be saved"
		cmp "$root/usr/sbin/virt-netboot-qemu-hook" "$root/tmp/theirs"
	done
	umount "$hooks"
	[ "$kind" = rpm ] || package_do --configure --pending
	remove
	theirs
	forgotten
}

# Another package has one of our files' names: unpacking fails when preinst has run.
upgrade_is_aborted() {
	say "== an upgrade that is aborted, and tried again"
	mkdir -p /tmp/squatter/DEBIAN /tmp/squatter/usr/libexec/virt-netboot
	printf '%s\n' 'Package: squatter' 'Version: 1' 'Architecture: all' 'Description: in the way' \
		'Maintainer: Nobody <nobody@localhost>' >/tmp/squatter/DEBIAN/control
	: >/tmp/squatter/usr/libexec/virt-netboot/qemu-worker.so
	dpkg-deb --build /tmp/squatter "$root/tmp/squatter.deb" >/dev/null
	package_do --install /tmp/squatter.deb
	old_install
	tutorial cp
	for _ in once twice; do
		! tried --install /tmp/new.deb >/tmp/said 2>&1 || fail "$(cat /tmp/said)"
		said "trying to overwrite"
		theirs
		is "links" "$(links)" "network -> /usr/sbin/virt-netboot-network-hook"
		no_notes
	done
	package_do --purge squatter
	new_install
	both_in_force
	remove
	forgotten
}

unpacked_first() {
	say "== unpacked, and configured later"
	old_install
	tutorial tee
	package_do --unpack /tmp/new.deb
	theirs
	package_do --configure virt-netboot
	both_in_force
	remove
	forgotten
}

downgraded() {
	say "== an older version takes the place of the new"
	new_install
	tutorial wget
	package_do --force-downgrade --install /tmp/old.deb
	theirs
	new_install
	both_in_force
	remove
	forgotten
}

# The configuration is there before the package.
drop_in_from_the_start() {
	say "== beside other hooks from the start"
	printf '[hook]\nplace = drop-in\n' >"$root/etc/virt-netboot.conf"
	if [ "$kind" = deb ]; then package_do --force-confold --install /tmp/new.deb; else new_install; fi
	is "links" "$(links)" "network.d/50-virt-netboot -> /usr/sbin/virt-netboot-network-hook \
qemu.d/50-virt-netboot -> /usr/sbin/virt-netboot-qemu-hook"
	status_is 0
	tutorial wget
	new_install
	theirs
	verified
	remove
	theirs
	forgotten
	rm -f "$root"/etc/virt-netboot.conf*
}

# whichever_kind: what both have in common.
whichever_kind() {
	mkdir -p "$hooks"
	upgraded_from old_install cp tee wget
	upgraded_from new_install wget
	removed
	switched_off
	not_from_a_package
	drop_in_from_the_start
}

debs() {
	kind=deb
	deb_stand_in
	cp "$(deb "$VERSION")" "$root/tmp/new.deb"
	whichever_kind
	cannot_be_saved "--install /tmp/new.deb" "--remove virt-netboot"
	upgrade_is_aborted
	unpacked_first
	downgraded
}

rpms() {
	kind=rpm
	rpm_stand_in
	new_rpm=$(rpm_of "$VERSION")
	whichever_kind
	cannot_be_saved "--upgrade --replacepkgs $new_rpm" "--erase virt-netboot"
}

cases debs rpms
