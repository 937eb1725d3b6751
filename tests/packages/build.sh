#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# make dist, deb and rpm: built twice, by different users in different folders, the packages are the same; Debian's
# and rpm's own checks have nothing to say; and what they install is what `make install` does.
#
# Computes: it compiles everything three times.
#
# Runs first: it leaves in $PACKAGES (build/packages) what the other tests here install: these packages, and, in
# old, some of a version 0.0.

. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/packages.sh"
need_root
need dpkg-buildpackage dh rpmbuild lintian rpmlint setpriv
cd "$SRC"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
chmod 755 "$scratch"

# quiet COMMAND...: what it says counts only if it fails.
quiet() {
	"$@" >"$scratch/said" 2>&1 || {
		tail -n 50 "$scratch/said" >&2
		fail "$*"
	}
}

sums() { (cd "$1" && sha256sum ./*.tar.gz ./*.dsc ./*.debian.tar.xz ./*.deb ./*.rpm); }

# unpack FOLDER: the archive, for somebody who is not root.
unpack() {
	mkdir -p "$1"
	tar -xf "$PACKAGES/virt-netboot-$VERSION.tar.gz" -C "$1" --strip-components=1
	chown -R 65534:65534 "$1"
}

as_nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }

say "here"
rm -rf "$PACKAGES"
quiet make deb rpm
if [ -d .git ] && command -v git >/dev/null; then
	say "the archive has every file of the tree that was not built"
	diff <(git -c safe.directory='*' ls-files --cached --others -- . ':!build' ':!build-*' | sort) \
		<(tar -tf "$PACKAGES/virt-netboot-$VERSION.tar.gz" | sed "s,^virt-netboot-$VERSION/,," | sort)
fi

say "from the archive, elsewhere, by somebody else"
other="$scratch/another folder's name"
unpack "$other"
install -d -o 65534 -g 65534 "$scratch/elsewhere"
umask 077
quiet as_nobody env TMPDIR="$scratch/elsewhere" HOME="$other" TZ=Asia/Tokyo CFLAGS=-O0 PREFIX=/opt \
	make -C "$other" -j2 rpm deb BUILD=build-other
umask 022
diff <(sums "$PACKAGES") <(sums "$other/build-other/packages")

say "the checks of Debian and of rpm"
lintian --fail-on error,warning "$PACKAGES"/*.changes >"$scratch/said" || fail "$(cat "$scratch/said")"
rpmlint --rpmlintrc packaging/rpm/virt-netboot.rpmlintrc "$PACKAGES"/*.rpm >"$scratch/said" ||
	fail "$(cat "$scratch/said")"
grep ' 0 errors, 0 warnings' "$scratch/said" || fail "$(cat "$scratch/said")"

say "what they install is what make install does, save for the links in /etc/libvirt/hooks"
quiet make install DESTDIR="$scratch/tree"
tree() { (cd "$scratch/tree" && find . ! -type d) | sed 's/^\.//' | grep -v ^/etc/libvirt/hooks/ | sort; }
# Debian compresses manuals and documents.
in_deb() { dpkg-deb -c "$(deb "$VERSION")" | awk '!/^d/ { print $6 }' | sed -e 's/^\.//' -e 's/\.gz$//' | sort; }
in_rpm() { rpm -qp --queryformat '[%{FILEMODES:perms} %{FILENAMES}\n]' "$(rpm_of "$VERSION")" | awk '!/^d/ { print $2 }' | sort; }
diff <(tree) <(in_deb | grep -v -e /doc/virt-netboot/copyright -e /doc/virt-netboot/changelog -e /usr/share/lintian/)
diff <(tree) <(in_rpm | grep -v -e /.build-id/ -e /usr/share/licenses/)

say "a version to be upgraded"
unpack "$scratch/old"
echo 0.0 >"$scratch/old/VERSION"
sed -i "s/^## $VERSION (/## 0.0 (/" "$scratch/old/NEWS.md"
quiet as_nobody env TMPDIR="$scratch/old" HOME="$scratch/old" DEB_BUILD_OPTIONS='nocheck noautodbgsym' \
	make -C "$scratch/old" deb rpm
mkdir "$PACKAGES/old"
cp "$scratch"/old/build/packages/{*_0.0-*.deb,virt-netboot-0.0-*.rpm} "$PACKAGES/old"
