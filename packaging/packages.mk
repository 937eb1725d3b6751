# SPDX-License-Identifier: GPL-2.0-or-later
#
# make dist, deb, rpm: the source archive and the packages, in $(BUILD)/packages. They are the same to the
# last byte whoever makes them, where and when; packaging/README.md says more.

# Stands in the packages as the one who answers for them.
MAINTAINER ?= virt-netboot maintainers <maintainers@virt-netboot.invalid>

packages_dir = $(BUILD)/packages
release      = virt-netboot-$(VERSION)

# Every time in an archive or package is that of the release.
release_date = $(shell sed -n 's/^## $(VERSION) (\([0-9-]*\))$$/\1/p' NEWS.md)
epoch = $(or $(SOURCE_DATE_EPOCH),$(and $(release_date),$(shell date -u -d '$(release_date)' +%s)),$(error \
	NEWS.md has no heading '## $(VERSION) (year-month-day)'. Write it, or set SOURCE_DATE_EPOCH))
date = LC_ALL=C date -u -d '@$(epoch)'

# What this make was told (BUILD, PREFIX, CFLAGS ...) is not for the make that builds a package.
clean_env = env -i PATH="$$PATH" HOME="$$HOME" LC_ALL=C.UTF-8 TZ=UTC SOURCE_DATE_EPOCH=$(epoch) \
	DEB_BUILD_OPTIONS="$$DEB_BUILD_OPTIONS"

fill_in = sed -i -e 's/@VERSION@/$(VERSION)/' -e 's/@MAINTAINER@/$(MAINTAINER)/' -e "s/@DATE@/$$date/" \
	-e "/^\# @SAVE_WRITTEN_THROUGH@$$/{r $$save" -e 'd}'

# All files but what was built. git is not asked: the archive can make itself again.
dist:
	@mkdir -p $(packages_dir)
	find . \( -path ./.git -o -path ./build -o -path './build-*' -o -path './$(BUILD)' \) -prune -o \
		! -type d -printf '%P\0' | LC_ALL=C sort -z | \
		tar --create --null --files-from=- --format=ustar --transform='s,^,$(release)/,' \
			--owner=root:0 --group=root:0 --mode=u+rwX,go+rX,go-w --mtime='@$(epoch)' \
			--use-compress-program='gzip -9n' --file=$(packages_dir)/$(release).tar.gz

# Packages are built in a folder of their own, whose name holds no character that rpm or dpkg cannot bear.
workshop = set -e; umask 022; out=$$(realpath $(packages_dir)); \
	save=$$(realpath packaging/save-written-through.sh); work=$$(mktemp -d); \
	trap 'rm -rf "$$work"' EXIT; trap 'exit 130' INT TERM

# $(call needs,PROGRAM)
needs = @command -v $(1) >/dev/null || { echo 'make $@ needs $(1): sudo scripts/setup package' >&2; exit 1; }

deb: dist
	$(call needs,dpkg-buildpackage)
	$(workshop); cp $(packages_dir)/$(release).tar.gz "$$work/virt-netboot_$(VERSION).orig.tar.gz"; \
	tar -xf $(packages_dir)/$(release).tar.gz -C "$$work"; cd "$$work/$(release)"; cp -R packaging/deb debian; \
	date=$$($(date) -R); $(fill_in) debian/changelog debian/control debian/preinst debian/prerm; \
	$(clean_env) dpkg-buildpackage -us -uc; \
	mv "$$work"/virt-netboot*_* "$$out"

# Where dpkg is the system, rpm has no database that could say what is installed.
on_dpkg = $(if $(wildcard /var/lib/dpkg/status),--nodeps --define "_dbpath $$work/db")

rpm: dist
	$(call needs,rpmbuild)
	@# Without it find-debuginfo complains, and goes on.
	$(call needs,eu-strip)
	$(workshop); cp packaging/rpm/virt-netboot.spec $(packages_dir)/$(release).tar.gz "$$work"; cd "$$work"; \
	date=$$($(date) '+%a %b %d %Y'); $(fill_in) virt-netboot.spec; \
	$(clean_env) rpmbuild -bb $(on_dpkg) --define "_topdir $$work" --define "_sourcedir $$work" \
		--define 'use_source_date_epoch_as_buildtime 1' --define 'clamp_mtime_to_source_date_epoch 1' \
		--define '_buildhost localhost' virt-netboot.spec; \
	mv RPMS/*/*.rpm "$$out"

.PHONY: dist deb rpm
