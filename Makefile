# SPDX-License-Identifier: GPL-2.0-or-later
#
# make help tells what there is.

VERSION := $(shell cat VERSION)

PREFIX     ?= /usr
SBINDIR    ?= $(PREFIX)/sbin
MANDIR     ?= $(PREFIX)/share/man
SYSCONFDIR ?= /etc
HOOKDIR    ?= $(SYSCONFDIR)/libvirt/hooks
PKG_CONFIG ?= pkg-config
INSTALL    ?= install

# A build with sanitizers goes to a folder of its own: make SANITIZE=address,undefined
SANITIZE ?=
BUILD    := $(if $(SANITIZE),build-sanitized,build)

PACKAGES := libxml-2.0 libnl-3.0 libip4tc libip6tc inih

# Asked for only when something is compiled: a fresh machine has no pkg-config yet.
package_cflags = $(shell $(PKG_CONFIG) --cflags $(PACKAGES))
package_libs   = $(shell $(PKG_CONFIG) --libs $(PACKAGES))

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wundef -Wformat=2 -Wstrict-prototypes \
	-Wmissing-prototypes -Wcast-qual -Wwrite-strings -Wvla -Wnull-dereference
HARDENING := $(if $(SANITIZE),,-D_FORTIFY_SOURCE=2) -fstack-protector-strong -fPIE
CFLAGS ?= -O2 -g
all_cflags = -std=c11 -D_GNU_SOURCE -DVERSION='"$(VERSION)"' \
	-DCONFIG_FILE='"$(SYSCONFDIR)/virt-netboot.conf"' -Icommon $(WARNINGS) $(HARDENING) \
	$(package_cflags) $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer) \
	-MMD -MP $(CPPFLAGS) $(CFLAGS)
all_ldflags = -pie -Wl,-z,relro,-z,now $(if $(SANITIZE),-fsanitize=$(SANITIZE)) $(LDFLAGS)

V ?=
quiet = $(if $(V),,@printf '  %-5s %s\n' $(1) $@;)

HOOKS  := $(BUILD)/virt-netboot-network-hook $(BUILD)/virt-netboot-qemu-hook
COMMON := $(patsubst common/%.c,$(BUILD)/common/%.o,$(wildcard common/*.c))

all: $(HOOKS)

$(BUILD)/virt-netboot-%-hook: $(BUILD)/hooks/%.o $(COMMON)
	$(call quiet,LD)$(CC) $(all_ldflags) -o $@ $^ $(package_libs) $(LDLIBS)

$(BUILD)/%.o: %.c Makefile VERSION
	@mkdir -p $(@D)
	$(call quiet,CC)$(CC) $(all_cflags) -c -o $@ $<

# Tests: each tests/unit/test_*.c and tests/tools/*.c is a program of its own. The unit tests meet
# the fake of host.h, so whatever implements it is left out.
UNIT  := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/test_*.c))
TOOLS := $(patsubst tests/tools/%.c,$(BUILD)/tests/%,$(wildcard tests/tools/*.c))
HOST  := $(patsubst %,$(BUILD)/common/%.o,bridge checksum_iptables legacy_table legacy_table6 \
	listeners netlink)
FAKE  := $(BUILD)/tests/unit/fake_host.o $(BUILD)/tests/unit/log_capture.o \
	$(filter-out $(HOST),$(COMMON))

test-programs: $(UNIT) $(TOOLS)

$(UNIT): $(BUILD)/tests/%: $(BUILD)/tests/unit/%.o $(FAKE)
	$(call quiet,LD)$(CC) $(all_ldflags) -o $@ $^ $(package_libs) $(shell $(PKG_CONFIG) --libs cmocka)

$(TOOLS): $(BUILD)/tests/%: $(BUILD)/tests/tools/%.o
	$(call quiet,LD)$(CC) $(all_ldflags) -o $@ $^

.SECONDARY:

-include $(shell find build build-sanitized -name '*.d' 2>/dev/null)
