#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The package where there is no libvirt, as in the building of an image: it is installed without a word, the links
# wait for libvirt, what needs no libvirt is checked, and after the purge every file is as it was; also where libvirt's
# library has gone meanwhile.
#
#     NEW         the package

. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/packages.sh"
sandbox "$@"

need apt-get
umount /usr/share # with our stylesheets, which the package shall bring
# But for libvirt0, the library, and what it depends on in Debian 13.
mapfile -t libvirt < <(dpkg-query -W -f '${Package}\n' 'libvirt-*' | grep -vx libvirt-common)
apt purge "${libvirt[@]}" >/dev/null
rm -rf /etc/libvirt
files | grep -v '/libvirt' | sort >/tmp/before
apt install "$NEW" >/tmp/said
! grep -v -e '^Selecting' -e '^Preparing' -e '^Unpacking' -e '^Setting up' -e '^Processing' /tmp/said ||
	fail "the installation talks"
is "links" "$(links)" \
	"network -> /usr/sbin/virt-netboot-network-hook qemu -> /usr/sbin/virt-netboot-qemu-hook"

status=0
virt-netboot check >/tmp/checked 2>/tmp/stderr || status=$?
grep -qE 'connection to libvirt +: NOTE' /tmp/checked || fail "check ended with $status: $(cat /tmp/checked /tmp/stderr)"

# What the command says without the library, and what does not need it.
rm -f /usr/lib/*/libvirt.so.0*
status=0
virt-netboot check >/tmp/checked 2>/tmp/stderr || status=$?
is "status of check without the library" "$status" 3
grep -q 'libvirt.so.0' /tmp/stderr || fail "check said: $(cat /tmp/stderr)"
virt-netboot disable
virt-netboot enable
dpkg --purge --force-depends libvirt0 >/dev/null 2>&1
dpkg --purge virt-netboot >/dev/null
# In Debian 13 the directory itself is libvirt-common's.
[ ! -e /etc/libvirt ] || dpkg-query --search /etc/libvirt >/dev/null || fail "/etc/libvirt is left"
is "left in /etc/libvirt" "$(find /etc/libvirt -mindepth 1 2>/dev/null || :)" ""
files | grep -v '/libvirt' | sort >/tmp/after
diff /tmp/before /tmp/after || fail "files before (<) and after (>)"
