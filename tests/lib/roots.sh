# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Another release of Debian's, as root of a test:
#
#     . "$(dirname "$0")/../lib/testlib.sh"
#     . "$SRC/tests/lib/roots.sh"
#     root=$("$SRC/tests/packages/root" trixie)
#     in_root "$root" tests/in-root/debian.sh
#
# The root stays as it is: what is written goes to memory. The source tree is there at the same path. In a machine
# of tests/vm all is in memory already, and one more layer of that kind is not possible: ROOT_IN_MEMORY=1.

# in_root ROOT COMMAND...: with an empty environment but for the tests' own variables.
in_root() {
	unshare --mount --pid --fork --kill-child bash -c "$(declare -f enter_root); enter_root \"\$@\"" in_root "$@"
}

enter_root() {
	local root=$1 memory=/mnt
	shift
	set -eu
	mount --make-rprivate /
	mount -t tmpfs memory "$memory"
	mkdir "$memory/upper" "$memory/work" "$memory/root"
	if [ -n "${ROOT_IN_MEMORY:-}" ]; then
		mount --bind "$root" "$memory/root"
	else
		mount -t overlay -o "lowerdir=$root,upperdir=$memory/upper,workdir=$memory/work" root "$memory/root"
	fi
	root=$memory/root
	mount -t proc proc "$root/proc"
	mount -t sysfs sysfs "$root/sys"
	mount --rbind /dev "$root/dev"
	mkdir -p "$root$SRC"
	mount --bind "$SRC" "$root$SRC"
	# shellcheck disable=SC2016 # for that bash
	exec chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C SRC="$SRC" \
		HOOKS="$HOOKS" TOOLS="$TOOLS" bash -c 'cd "$SRC" && exec "$@"' in_root "$@"
}

# lay_root ROOT DIRECTORY: in a sandbox: it is there, with the sandbox's /run and /dev, for chroot.
lay_root() {
	mount -t tmpfs memory /mnt
	mkdir /mnt/upper /mnt/work "$2"
	mount -t overlay -o "lowerdir=$1,upperdir=/mnt/upper,workdir=/mnt/work" root "$2"
	mount -t proc proc "$2/proc"
	mount --rbind /sys "$2/sys"
	mount --rbind /dev "$2/dev"
	mount --bind /run "$2/run"
}
