#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The package where there is no libvirt, as in the building of an image: it is installed without a word, the links
# wait for libvirt, and after the purge every file is as it was.
#
#     NEW         the package

. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/packages.sh"
sandbox "$@"

need apt-get
umount /usr/share # with our stylesheets, which the package shall bring
apt purge 'libvirt*' >/dev/null
rm -rf /etc/libvirt
files >/tmp/before
apt install "$NEW" >/tmp/said
! grep -v -e '^Selecting' -e '^Preparing' -e '^Unpacking' -e '^Setting up' -e '^Processing' /tmp/said ||
	fail "the installation talks"
is "links" "$(links)" \
	"network -> /usr/sbin/virt-netboot-network-hook qemu -> /usr/sbin/virt-netboot-qemu-hook"
apt purge virt-netboot
files >/tmp/after
diff /tmp/before /tmp/after || fail "files before (<) and after (>)"
