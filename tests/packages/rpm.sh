#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The RPM, by rpm itself in a root of its own: installed, upgraded from 0.0, erased, with its scripts. The root is
# Debian's, which has the shell and libraries that the scripts need and no database of rpm's.

. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/packages.sh"
# Before the sandbox, which has no network to fetch it by.
fresh=$("$SRC/tests/packages/root" bookworm)
sandbox "$@"
need rpm

root=/tmp/root
mkdir -p "$root" /tmp/upper /tmp/work
mount -t overlay -o "lowerdir=$fresh,upperdir=/tmp/upper,workdir=/tmp/work" root "$root"

# Dependencies are Debian's to see to here.
rpm_in_root() {
	local said
	said=$(rpm --root "$root" --nodeps "$@" 2>&1) || fail "rpm $*: $said"
	grep -v -e 'RPM should not be used directly' -e 'assuming you know' -e 'saved as' <<<"$said" || :
}

links() { (cd "$root/etc/libvirt/hooks" && find . -type l -printf '%P -> %l\n' | sort | xargs); }
linked="network -> /usr/sbin/virt-netboot-network-hook qemu -> /usr/sbin/virt-netboot-qemu-hook"
beside="network -> /usr/sbin/virt-netboot-network-hook qemu.d/50-virt-netboot -> /usr/sbin/virt-netboot-qemu-hook"

# Without rpm's own, and the folder of licences, which another package has where rpm is at home.
files() { find "$root" -xdev ! -path '*/.rpmdb*' ! -path '*/share/licenses' | sort; }

timers=$root/etc/systemd/system/timers.target.wants
mkdir -p "$root/etc/libvirt/hooks" "$timers"
# Debian's systemd has some of its own.
our_timers() { find "$timers" -name 'virt-netboot*' -printf '%f\n'; }
files >/tmp/before

say "installed"
rpm_in_root --install "$(rpm_of 0.0)"
is "links" "$(links)" "$linked"
is "rpm --verify" "$(rpm_in_root --verify virt-netboot)" ""

say "upgraded: the configuration stays, and so do the hooks and the timer, on or off"
is "timers" "$(our_timers)" ""
ln -s /usr/lib/systemd/system/virt-netboot-check.timer "$timers"
chroot "$root" virt-netboot enable --at-boot
at_boot() { find "$root/etc/systemd/system" -path '*.wants/virt-netboot-repair.service' | wc -l; }
is "links of the service for repairs" "$(at_boot)" 6
echo '# mine' >>"$root/etc/virt-netboot.conf"
rpm_in_root --upgrade "$(rpm_of "$VERSION")"
is "version" "$(chroot "$root" virt-netboot --version)" "virt-netboot $VERSION"
is "configuration" "$(tail -n 1 "$root/etc/virt-netboot.conf")" "# mine"
is "links" "$(links)" "$linked"
is "timers" "$(our_timers)" virt-netboot-check.timer
is "links of the service for repairs" "$(at_boot)" 6
chroot "$root" virt-netboot disable
rpm_in_root --upgrade --replacepkgs "$(rpm_of "$VERSION")"
is "links of hooks that were off" "$(links)" ""
is "links of the service for repairs" "$(at_boot)" 0
chroot "$root" virt-netboot enable --at-boot

say "erased"
mkdir -p "$root/run/virt-netboot"
: >"$root/run/virt-netboot/4026531840"
rpm_in_root --erase virt-netboot
is "links" "$(links)" ""
is "configuration" "$(tail -n 1 "$root/etc/virt-netboot.conf.rpmsave")" "# mine"
rm "$root/etc/virt-netboot.conf.rpmsave"
diff /tmp/before <(files) || fail "files before (<) and after (>)"

say "beside a hook of somebody else's"
echo theirs >"$root/etc/libvirt/hooks/qemu"
rpm_in_root --install "$(rpm_of "$VERSION")"
is "links" "$(links)" "$beside"
rpm_in_root --erase virt-netboot
is "links" "$(links)" ""
is "somebody else's hook" "$(cat "$root/etc/libvirt/hooks/qemu")" theirs
