# SPDX-License-Identifier: GPL-2.0-or-later

VERSION := $(shell cat VERSION)

# /usr, not /usr/local: libvirtd's AppArmor profile lets it run what is in /usr/sbin only.
PREFIX     ?= /usr
BINDIR     ?= $(PREFIX)/bin
SBINDIR    ?= $(PREFIX)/sbin
LIBEXECDIR ?= $(PREFIX)/libexec/virt-netboot
DATADIR    ?= $(PREFIX)/share
MANDIR     ?= $(DATADIR)/man
DOCDIR     ?= $(DATADIR)/doc/virt-netboot
UNITDIR    ?= $(PREFIX)/lib/systemd/system
COMPLETIONDIR ?= $(DATADIR)/bash-completion/completions
SYSCONFDIR ?= /etc
HOOKDIR    ?= $(SYSCONFDIR)/libvirt/hooks
DESTDIR    ?=
PKG_CONFIG ?= pkg-config
INSTALL    ?= install

# A build with sanitizers has a folder of its own: make SANITIZE=address,undefined
SANITIZE ?=
BUILD    ?= $(if $(SANITIZE),build-sanitized,build)

PACKAGES := libxml-2.0 libxslt libnl-3.0 libip4tc libip6tc inih
# Of the verbs that look.
LOOK_PACKAGES := libvirt json-c libnftables

# Asked for only when something is compiled: a fresh machine has no pkg-config yet.
package_cflags = $(shell $(PKG_CONFIG) --cflags $(PACKAGES) $(LOOK_PACKAGES))
package_libs   = $(shell $(PKG_CONFIG) --libs $(PACKAGES))
look_libs      = $(shell $(PKG_CONFIG) --libs $(LOOK_PACKAGES))

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wundef -Wformat=2 -Wstrict-prototypes \
	-Wmissing-prototypes -Wcast-qual -Wwrite-strings -Wvla -Wnull-dereference
# A distribution brings a _FORTIFY_SOURCE of its own.
HARDENING = $(if $(SANITIZE)$(findstring _FORTIFY_SOURCE,$(CPPFLAGS) $(CFLAGS)),,-D_FORTIFY_SOURCE=2) \
	-fstack-protector-strong -fPIC -fvisibility=hidden
CFLAGS ?= -O2 -g
all_cflags = -std=c11 -D_GNU_SOURCE -DVERSION='"$(VERSION)"' \
	-DSYSCONFDIR='"$(SYSCONFDIR)"' -DDATADIR='"$(DATADIR)"' -DSBINDIR='"$(SBINDIR)"' \
	-DLIBEXECDIR='"$(LIBEXECDIR)"' -DHOOKDIR='"$(HOOKDIR)"' -DINTERFACE='"$(interface)"' \
	$(addprefix -I,$(includes)) $(WARNINGS) $(HARDENING) \
	$(package_cflags) $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer) \
	-MMD -MP $(CPPFLAGS) $(CFLAGS)
shared_ldflags = -Wl,-z,relro,-z,now -Wl,--as-needed $(if $(SANITIZE),-fsanitize=$(SANITIZE)) $(LDFLAGS)
all_ldflags = -pie $(shared_ldflags)

V ?=
quiet = $(if $(V),,@printf '  %-5s %s\n' $(1) $@;)

# The layers: which folders' headers each folder's files may include, beside their own. docs/architecture.md
# says what each is for. Nothing else is in the compiler's search path.
LAYERS := $(addprefix common/,base model packet input plan host kernel rewrite run diagnose) hooks \
	$(addprefix cli/,report switch file edit explain libvirt bus undo firewall drop check show probe repair look verb) cli
may_include_common/base     :=
may_include_common/model    := common/base
may_include_common/packet   := common/base common/model
may_include_common/input    := common/base common/model
may_include_common/plan     := common/base common/model
may_include_common/host     := common/base common/model
may_include_common/kernel   := common/base common/model common/host
may_include_common/rewrite  := common/base common/model common/input common/plan
may_include_common/run      := common/base common/model common/plan common/host
may_include_common/diagnose := common/base common/model common/input common/plan common/run
may_include_hooks           := $(may_include_common/diagnose) common/diagnose common/rewrite
may_include_cli/report      := common/base common/model common/plan common/run
may_include_cli/switch      := common/base cli/report
may_include_cli/file        := common/base
may_include_cli/edit        := $(may_include_hooks) cli/report cli/file
may_include_cli/explain     := common/base
may_include_cli/libvirt     := common/base
may_include_cli/bus         := common/base common/model
may_include_cli/undo        := common/base common/model common/plan common/host common/run cli/report cli/bus
may_include_cli/firewall    := common/base common/model common/host cli/bus
may_include_cli/drop        := common/base common/model common/packet common/plan common/host cli/firewall
may_include_cli/check       := $(may_include_hooks) common/host cli/report cli/switch cli/file cli/libvirt cli/firewall cli/look
may_include_cli/show        := $(may_include_cli/check)
may_include_cli/probe       := $(may_include_cli/check) common/packet cli/drop cli/check
may_include_cli/repair      := $(may_include_cli/probe) cli/probe cli/bus cli/undo
may_include_cli/look        := common/model cli/check cli/show cli/probe cli/repair
may_include_cli/verb        := $(may_include_hooks) cli/report cli/switch cli/edit cli/explain cli/undo cli/look
may_include_cli             := common/base cli/report cli/verb

# Of the file that is compiled; what is no layer (the tests) may include all.
layer    = $(filter $(patsubst %/,%,$(dir $<)),$(LAYERS))
includes = $(if $(layer),$(layer) $(may_include_$(layer)),$(LAYERS))

# The same in a hook's program and its worker only if both were made of the same headers.
interface := $(shell cat hooks/worker.h common/base/progress.h common/base/progress_memory.h common/model/event.h | cksum | cut -d' ' -f1)

objects = $(patsubst %.c,$(BUILD)/%.o,$(wildcard $(1)/*.c))

# One archive for each folder of common/. Who links them lists the upper ones first.
ARCHIVES := $(patsubst %,$(BUILD)/common/%.a,rewrite diagnose run plan input kernel packet model base)
archives = $(filter $(patsubst %,$(BUILD)/common/%.a,$(1)),$(ARCHIVES))

HOOK_NAMES := network qemu
HOOK_PROGRAMS := $(HOOK_NAMES:%=$(BUILD)/virt-netboot-%-hook)
WORKERS  := $(HOOK_NAMES:%=$(BUILD)/%-worker.so)
LOOK     := $(BUILD)/look.so
PROGRAMS := $(HOOK_PROGRAMS) $(BUILD)/virt-netboot
# Of each finding there is a text, for `virt-netboot explain` and for this manual.
EXPLANATIONS := $(patsubst %,docs/findings/%.md,$(sort $(filter-out check-%,$(basename $(notdir \
	$(wildcard docs/findings/*.md))))) check-host check-bridge check-network check-guest)
FINDINGS_MAN := $(BUILD)/man/virt-netboot-findings.7
MAN    := $(wildcard docs/man/*.[578]) $(FINDINGS_MAN)
XSLT   := $(wildcard xslt/*.xsl)
XSLT_DIR = $(DATADIR)/virt-netboot/xslt
APPARMOR_DIR = $(DATADIR)/virt-netboot/apparmor
DOCS   := README.md NEWS.md SECURITY.md docs/edge-ports.md docs/confinement.md docs/monitoring.md
SCHEMA := $(addprefix docs/,check.schema.json probe.schema.json repair.schema.json)
EXAMPLES := packaging/prometheus/virt-netboot.rules.yml packaging/grafana/virt-netboot.json
UNITS  := $(addprefix packaging/systemd/virt-netboot-,check.service check.timer repair.service)

UNIT  := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/test_*.c))
TOOL_PROGRAMS := $(patsubst tests/tools/%.c,$(BUILD)/tests/%,$(filter-out %/bad-worker.c %/libvirt-stub.c %/no-memory.c,$(wildcard tests/tools/*.c))) \
	$(addprefix $(BUILD)/tests/,bad-worker.so libvirt-stub.so no-memory.so inject)
BENCH := $(addprefix $(BUILD)/tests/bench-,runner empty dumps floor floor.so exec exec-child)

all: $(PROGRAMS) $(WORKERS) $(LOOK) $(FINDINGS_MAN)

help:
	@printf '%s\n' \
		'make            build the two hooks and the command in build/' \
		'make install    DESTDIR= PREFIX=/usr SYSCONFDIR=/etc (give the last two to make, too;' \
		'                with another PREFIX, AppArmor keeps libvirtd from running the hooks)' \
		'make uninstall  takes away what make install put there, and nothing else' \
		'make dist       the source archive, in build/packages' \
		'make deb        packages for Debian there; see packaging/README.md' \
		'make rpm        packages for Fedora there' \
		'make demo       a guest that does not boot, and then does (as root)' \
		'make check      lint and every test, after installing what they need (as root)' \
		'make check-fast what takes no emulated machine, no libvirt and no sanitizers (as root)' \
		'make check-unit the tests that need no root' \
		'make lint       warnings of gcc and clang, clang-tidy, cppcheck, shellcheck, format' \
		'make bench      what the hooks cost (as root)' \
		'make faults     each system call of the hooks fails once, or is the last: hours (as root)' \
		'make soak       guests that start and stop for SOAK_SECONDS=3600 (as root)' \
		'make fuzz       any bytes as XML, configuration, packets, answers of the kernel; FUZZ_SECONDS=60 each' \
		'make format     puts the C files into the form that make lint wants' \
		'make clean      removes build/ and build-*/' \
		'' \
		'SANITIZE=address,undefined builds into build-sanitized/; V=1 shows the commands.'

$(BUILD)/virt-netboot: $(foreach folder,cli $(addprefix cli/,verb edit explain file undo bus switch report),$(call objects,$(folder))) \
		$(BUILD)/explanations.o $(ARCHIVES)
	$(call quiet,LD)$(CC) $(all_ldflags) -o $@ $^ $(package_libs) $(LDLIBS)

# What libvirtd runs: libc only. By the build-id the command tells them from what a person has written over them; so
# there is one, whatever LDFLAGS from outside say.
$(HOOK_PROGRAMS): $(BUILD)/virt-netboot-%-hook: $(BUILD)/hooks/main-%.o $(BUILD)/hooks/guard.o \
		$(BUILD)/hooks/operations.o $(call archives,base)
	$(call quiet,LD)$(CC) $(all_ldflags) -Wl,--build-id=sha1 -o $@ $^ $(LDLIBS)

# What that loads. Only where a guest's XML may be rewritten is libxslt needed, which takes time to load.
$(BUILD)/network-worker.so: $(filter-out %/rewrite.a,$(ARCHIVES))
$(BUILD)/qemu-worker.so: $(ARCHIVES)
$(WORKERS): $(BUILD)/%-worker.so: $(BUILD)/hooks/%.o $(BUILD)/hooks/worker.o
	$(call quiet,LD)$(CC) -shared -Wl,-z,defs $(shared_ldflags) -o $@ $(filter %.o,$^) $(filter %.a,$^) \
		$(package_libs) $(LDLIBS)

# The verbs that look, and all that they need.
$(LOOK): $(foreach folder,$(addprefix cli/,look repair check show probe drop libvirt firewall undo bus file switch report),$(call objects,$(folder))) $(ARCHIVES)
	$(call quiet,LD)$(CC) -shared -Wl,-z,defs $(shared_ldflags) -o $@ $^ $(look_libs) $(package_libs) $(LDLIBS)

.SECONDEXPANSION:
$(ARCHIVES): $(BUILD)/%.a: $$(call objects,%)
	$(call quiet,AR)rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/hooks/main-network.o $(BUILD)/hooks/main-qemu.o: $(BUILD)/hooks/main-%.o: hooks/main.c Makefile VERSION
	@mkdir -p $(@D)
	$(call quiet,CC)$(CC) $(all_cflags) -DHOOK_$(if $(filter network,$*),NETWORK,QEMU) -c -o $@ $<

explain = @mkdir -p $(@D); printf '  %-5s %s\n' AWK $@; \
	LC_ALL=C awk -v to=$(1) -f scripts/explanations.awk $(filter docs/findings/%,$^) >$@.new && mv $@.new $@

$(BUILD)/explanations.c: $(EXPLANATIONS) scripts/explanations.awk Makefile
	$(call explain,c)
$(FINDINGS_MAN): docs/findings/head.mdoc $(EXPLANATIONS) scripts/explanations.awk Makefile
	$(call explain,man)

$(BUILD)/explanations.o: $(BUILD)/explanations.c Makefile VERSION
	$(call quiet,CC)$(CC) $(all_cflags) -c -o $@ $<

$(BUILD)/%.o: %.c Makefile VERSION
	@mkdir -p $(@D)
	$(call quiet,CC)$(CC) $(all_cflags) -c -o $@ $<

# Another program's hook may have been written through our link, into our program's file.
save_written_through = . packaging/save-written-through.sh && save_written_through '$(DESTDIR)' '$(SBINDIR)' '$(HOOKDIR)'

# What libvirt uses, or a person, is replaced in one step each: libvirtd may run a hook at any moment. Of each hook's
# program there is a spare copy, for when a person's file has got into its place.
install-files: all
	$(save_written_through)
	$(INSTALL) -d '$(DESTDIR)$(BINDIR)' '$(DESTDIR)$(SBINDIR)' '$(DESTDIR)$(LIBEXECDIR)' '$(DESTDIR)$(SYSCONFDIR)' \
		'$(DESTDIR)$(XSLT_DIR)' '$(DESTDIR)$(APPARMOR_DIR)' '$(DESTDIR)$(DOCDIR)' \
		'$(DESTDIR)$(COMPLETIONDIR)' '$(DESTDIR)$(DOCDIR)/examples' '$(DESTDIR)$(UNITDIR)'
	replace_by() { $(INSTALL) -m "$$1" "$$2" "$$3.new" && mv -f "$$3.new" "$$3"; }; \
	replace() { replace_by "$$1" "$$2" "$$3/$${2##*/}"; }; \
	for sheet in $(XSLT); do replace 644 "$$sheet" '$(DESTDIR)$(XSLT_DIR)' || exit 1; done; \
	for worker in $(WORKERS) $(LOOK); do replace 755 "$$worker" '$(DESTDIR)$(LIBEXECDIR)' || exit 1; done; \
	for hook in $(HOOK_NAMES); do \
		replace_by 755 "$(BUILD)/virt-netboot-$$hook-hook" "$(DESTDIR)$(LIBEXECDIR)/$$hook-hook" || exit 1; \
	done; \
	for hook in $(HOOK_PROGRAMS); do replace 755 "$$hook" '$(DESTDIR)$(SBINDIR)' || exit 1; done; \
	replace 755 $(BUILD)/virt-netboot '$(DESTDIR)$(BINDIR)'
	rm -f $(earlier_programs)
	$(relabel)
	[ -e '$(DESTDIR)$(SYSCONFDIR)/virt-netboot.conf' ] || \
		$(INSTALL) -m 644 packaging/virt-netboot.conf '$(DESTDIR)$(SYSCONFDIR)'
	for page in $(MAN); do \
		$(INSTALL) -D -m 644 "$$page" \
			"$(DESTDIR)$(MANDIR)/man$${page##*.}/$${page##*/}" || exit 1; \
	done
	for hook in $(HOOK_PROGRAMS); do \
		ln -sf ../man7/virt-netboot-hooks.7 "$(DESTDIR)$(MANDIR)/man8/$${hook##*/}.8" || exit 1; \
	done
	$(INSTALL) -m 644 $(DOCS) '$(DESTDIR)$(DOCDIR)'
	$(INSTALL) -m 644 $(SCHEMA) '$(DESTDIR)$(DATADIR)/virt-netboot'
	$(INSTALL) -m 644 $(EXAMPLES) '$(DESTDIR)$(DOCDIR)/examples'
	for unit in $(UNITS); do \
		sed -e 's,/usr/bin/virt-netboot,$(BINDIR)/virt-netboot,' -e 's,/usr/share/doc/virt-netboot,$(DOCDIR),' \
			"$$unit" >"$(DESTDIR)$(UNITDIR)/$${unit##*/}" && chmod 644 "$(DESTDIR)$(UNITDIR)/$${unit##*/}" || exit 1; \
	done
	$(INSTALL) -m 644 packaging/apparmor/virt-netboot-hooks '$(DESTDIR)$(APPARMOR_DIR)'
	$(INSTALL) -m 644 packaging/virt-netboot.bash-completion '$(DESTDIR)$(COMPLETIONDIR)/virt-netboot'

# Version 0.1.0 had programs where the workers are now.
earlier_programs = $(HOOK_NAMES:%='$(DESTDIR)$(LIBEXECDIR)/virt-netboot-%-hook')

# A hook that has lost its label is one that libvirt cannot run; see docs/confinement.md.
relabel = [ -n '$(DESTDIR)' ] || ! command -v restorecon >/dev/null || restorecon '$(SBINDIR)'/virt-netboot-*-hook

# A timer that was switched on here would run what is no more.
timer_off = [ -n '$(DESTDIR)' ] || ! command -v systemctl >/dev/null || \
	systemctl --quiet disable --now virt-netboot-check.timer 2>/dev/null || :

install: install-files
	$(BUILD)/virt-netboot enable --root '$(DESTDIR)/'

# The configuration goes only if it is as it was installed. What was written over our program goes when it is saved, or
# `disable` would put the program back, for which an earlier version has no copy.
uninstall: $(BUILD)/virt-netboot
	$(save_written_through) && for hook in $(HOOK_NAMES); do \
		program='$(DESTDIR)$(SBINDIR)'/virt-netboot-$$hook-hook; \
		! is_written_through "$$program" $$hook || rm -f "$$program"; \
	done
	$(BUILD)/virt-netboot disable --root '$(DESTDIR)/'
	rm -f $(HOOK_PROGRAMS:$(BUILD)/%='$(DESTDIR)$(SBINDIR)'/%) \
		$(patsubst $(BUILD)/%,'$(DESTDIR)$(LIBEXECDIR)'/%,$(WORKERS) $(LOOK)) $(HOOK_NAMES:%='$(DESTDIR)$(LIBEXECDIR)'/%-hook) \
		'$(DESTDIR)$(BINDIR)/virt-netboot' \
		$(XSLT:xslt/%='$(DESTDIR)$(XSLT_DIR)'/%) '$(DESTDIR)$(COMPLETIONDIR)/virt-netboot' \
		$(HOOK_PROGRAMS:$(BUILD)/%='$(DESTDIR)$(MANDIR)'/man8/%.8)
	$(timer_off)
	for unit in $(UNITS); do rm -f "$(DESTDIR)$(UNITDIR)/$${unit##*/}"; done
	for doc in $(DOCS); do rm -f "$(DESTDIR)$(DOCDIR)/$${doc##*/}"; done
	for example in $(EXAMPLES); do rm -f "$(DESTDIR)$(DOCDIR)/examples/$${example##*/}"; done
	rm -f '$(DESTDIR)$(APPARMOR_DIR)/virt-netboot-hooks' $(SCHEMA:docs/%='$(DESTDIR)$(DATADIR)'/virt-netboot/%)
	-rmdir '$(DESTDIR)$(XSLT_DIR)' '$(DESTDIR)$(APPARMOR_DIR)' '$(DESTDIR)$(DATADIR)/virt-netboot' \
		'$(DESTDIR)$(DOCDIR)/examples' '$(DESTDIR)$(DOCDIR)' '$(DESTDIR)$(LIBEXECDIR)' 2>/dev/null
	$(if $(DESTDIR),,rm -rf /run/virt-netboot)
	for page in $(MAN); do rm -f "$(DESTDIR)$(MANDIR)/man$${page##*.}/$${page##*/}"; done
	if cmp -s packaging/virt-netboot.conf '$(DESTDIR)$(SYSCONFDIR)/virt-netboot.conf'; then \
		rm '$(DESTDIR)$(SYSCONFDIR)/virt-netboot.conf'; fi

# What needs packages first installs them, in a make of its own that then finds them.
check check-fast:
	@scripts/setup check
	@$(MAKE) --no-print-directory run-$@

# Where the scripts find what was built; the path may hold any character.
demo bench faults: export HOOKS = $(abspath $(BUILD))
demo bench faults: export TOOLS = $(HOOKS)/tests

demo:
	@scripts/setup demo
	@$(MAKE) --no-print-directory all $(BUILD)/tests/syslog-catch
	@scripts/demo

bench:
	@scripts/setup check
	@$(MAKE) --no-print-directory all $(TOOL_PROGRAMS) $(BENCH)
	@tests/bench/bench
	@tests/bench/look
	@tests/bench/probe
	@tests/bench/repair
	@tests/bench/throughput

faults:
	@scripts/setup check
	@$(MAKE) --no-print-directory all $(addprefix $(BUILD)/tests/,inject libvirt-stub.so no-memory.so)
	@tests/faults/faults

test-programs: all $(UNIT) $(TOOL_PROGRAMS) $(BENCH)

check-unit:
	@scripts/setup check
	@$(MAKE) --no-print-directory run-unit

# Without a look at what is installed: packages are built where nothing can be.
run-unit: $(UNIT)
	@tests/run $(UNIT)

tests_of = HOOKS="$$PWD/$(1)" TOOLS="$$PWD/$(1)/tests"
LIBVIRT_TESTS := $(wildcard tests/libvirt/*.sh)
PACKAGES_TESTS := $(wildcard tests/packages/*.sh)
NETNS_TESTS := $(wildcard tests/netns/*.sh)
QUICK_TESTS := $(wildcard tests/install/*.sh) $(NETNS_TESTS)
# Without those that run none of our code, those whose code nft-coverage.sh runs, too, those that use valgrind,
# those that measure, and one that races with who changes a file every 20 ms, which no run with sanitizers wins.
SANITIZED_TESTS := $(filter-out %/legacy-coverage.sh %/legacy-verdicts.sh %/nft-verdicts.sh %-assumptions.sh \
	%/inputs.sh %/rewrite-hook.sh %/rewrite-in-place.sh %/edge-stress.sh %/crowd.sh %/storm.sh %/probe-storm.sh %/repair-crowd.sh %/soak.sh,$(NETNS_TESTS))

# Those that take longest come first. In namespaces a test runs once, with sanitizers where that can be, but for one that
# limits memory; what is installed runs under libvirt, on the other kernels, and in check-fast.
run-check:
	@$(MAKE) --no-print-directory -j$$(nproc) test-programs
	@$(MAKE) --no-print-directory -j$$(nproc) SANITIZE=address,undefined test-programs
	@$(MAKE) --no-print-directory -j$$(nproc) fuzz-programs
	@tests/run $(call tests_of,$(BUILD)) \
		TEST_TIMEOUT=2400 tests/packages/build.sh tests/vm/kernels.sh TEST_TIMEOUT=1500 tests/lint \
		$(filter-out %/build.sh,$(PACKAGES_TESTS)) $(LIBVIRT_TESTS) \
		$(filter-out $(SANITIZED_TESTS),$(QUICK_TESTS)) tests/netns/stress.sh tests/fuzz/short.sh \
		tests/faults/share.sh $(UNIT) \
		$(call tests_of,build-sanitized) $(SANITIZED_TESTS) $(UNIT:$(BUILD)/%=build-sanitized/%)

run-check-fast:
	@$(MAKE) --no-print-directory -j$$(nproc) test-programs
	@tests/run $(call tests_of,$(BUILD)) $(QUICK_TESTS) $(UNIT)

# What decides needs nothing of the system: the linker proves it.
PURE := $(addprefix $(BUILD)/tests/,test_plan test_fill test_docker_user test_show test_firewall test_drop test_packet \
	test_boot_protocols test_http_boot test_probe test_remedy)
$(PURE): $(call archives,plan packet model base)
$(BUILD)/tests/test_show: $(addprefix $(BUILD)/cli/show/show_,cells.o layout.o tree.o)
$(BUILD)/tests/test_drop: $(patsubst %,$(BUILD)/cli/drop/drop_%.o,event follow judge leaving outlook owner reason ways)

$(BUILD)/tests/test_remedy: $(addprefix $(BUILD)/cli/,repair/remedy.o repair/zone_choice.o firewall/zone_list.o)

$(BUILD)/tests/test_probe: unit_libs = $(shell $(PKG_CONFIG) --libs json-c)
$(BUILD)/tests/test_probe: $(patsubst %,$(BUILD)/cli/probe/probe_%.o,clients find_checksums findings json judge lines machine \
	prometheus result story text words) $(addprefix $(BUILD)/cli/check/,json_parts.o machine_text.o metrics.o) $(BUILD)/cli/report/shown.o

# What libnftables would write comes from the test.
$(BUILD)/tests/test_ruleset: unit_libs = $(look_libs)
$(BUILD)/tests/test_ruleset: $(addprefix $(BUILD)/cli/firewall/,ruleset.o rule.o condition.o)

# These have the kernel itself, without what is below it.
KERNEL_TESTS := $(addprefix $(BUILD)/tests/,test_edge_port test_device_key test_dump test_verdicts \
	test_dhcp_sockets test_docker_table test_modules test_netlink)
$(KERNEL_TESTS): $(call archives,kernel model base)

# All others meet fakes of host.h and of the system log.
$(filter-out $(PURE) $(KERNEL_TESTS),$(UNIT)): $(BUILD)/tests/unit/fake_host.o $(BUILD)/tests/unit/log_capture.o \
	$(filter-out %/kernel.a,$(ARCHIVES))
$(BUILD)/tests/test_check_writers: $(addprefix $(BUILD)/cli/check/,check_list.o json_parts.o machine_text.o metrics.o \
	write_json.o write_prometheus.o)
$(addprefix $(BUILD)/tests/,test_check_writers test_repair): package_libs += $(shell $(PKG_CONFIG) --libs json-c)
$(BUILD)/tests/test_repair: $(BUILD)/cli/repair/repair_output.o $(addprefix $(BUILD)/cli/check/,json_parts.o machine_text.o)
$(BUILD)/tests/test_guard $(BUILD)/tests/test_guard_fails: $(BUILD)/hooks/guard.o
$(BUILD)/tests/test_libvirt_uri: $(BUILD)/cli/libvirt/uri.o
$(addprefix $(BUILD)/tests/,test_check_lines test_check_objects): $(BUILD)/cli/check/nic_place.o \
	$(patsubst %,$(BUILD)/cli/check/check_%.o, findings guest hold list network nic)

# What libvirt says comes from the test.
$(BUILD)/tests/test_probe_place: $(addprefix $(BUILD)/cli/check/,named_device.o nic_place.o) \
	$(patsubst %,$(BUILD)/cli/probe/probe_%.o, guest network place)

# The network and the clock come from the test.
$(BUILD)/tests/test_probe_http: $(addprefix $(BUILD)/cli/probe/,http.o probe_result.o tftp.o transfer.o)
$(BUILD)/tests/test_probe_http: all_ldflags += -Xlinker --wrap=clock_gettime

# Devices that are renamed at the right moment, and what may not be seen.
$(BUILD)/tests/test_device_key: all_ldflags += $(addprefix -Xlinker --wrap=,if_indextoname open fstatfs getsockopt)

# A socket that cannot be made nonblocking.
$(BUILD)/tests/test_netlink: all_ldflags += $(addprefix -Xlinker --wrap=,nl_send_iovec nl_socket_set_nonblocking)

# All that the guard calls of the system goes by way of this test.
$(BUILD)/tests/test_guard_fails: all_ldflags += $(addprefix -Xlinker --wrap=,alarm clock_gettime close fcntl fork \
	getpid getpriority kill mmap poll read setpriority sigaction signal sigprocmask sigtimedwait waitpid write)

$(UNIT): $(BUILD)/tests/%: $(BUILD)/tests/unit/%.o
	$(call quiet,LD)$(CC) $(all_ldflags) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(unit_libs) $(package_libs) $(shell $(PKG_CONFIG) --libs cmocka)

$(addprefix $(BUILD)/tests/,guest-nic udp-segments): $(call archives,packet model)
$(filter-out %.so %/inject,$(TOOL_PROGRAMS)): $(BUILD)/tests/%: $(BUILD)/tests/tools/%.o
	$(call quiet,LD)$(CC) $(all_ldflags) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(tool_libs)

$(addprefix $(BUILD)/tests/,card docker-user): $(call archives,kernel model base)
$(BUILD)/tests/drop-finder: tool_libs = $(look_libs) $(package_libs) $(LDLIBS)
$(BUILD)/tests/zone: $(call objects,cli/bus) $(BUILD)/cli/report/message.o $(ARCHIVES)
$(BUILD)/tests/drop-finder: $(call objects,cli/drop) $(call objects,cli/firewall) $(call objects,cli/bus) $(BUILD)/cli/report/message.o $(ARCHIVES)
$(BUILD)/tests/place: $(patsubst %,$(BUILD)/cli/probe/probe_%.o, guest network place) \
	$(addprefix $(BUILD)/cli/,check/named_device.o check/nic_place.o report/message.o) $(call objects,cli/libvirt) $(ARCHIVES)
$(addprefix $(BUILD)/tests/,card docker-user place zone): tool_libs = $(look_libs) $(package_libs)

$(BUILD)/tests/inject: $(BUILD)/tests/faults/inject.o
	$(call quiet,LD)$(CC) $(all_ldflags) -o $@ $^

$(addprefix $(BUILD)/tests/,bad-worker.so libvirt-stub.so no-memory.so): $(BUILD)/tests/%.so: $(BUILD)/tests/tools/%.o
	$(call quiet,LD)$(CC) -shared $(shared_ldflags) -o $@ $^

$(BUILD)/tests/bench-runner: $(BUILD)/tests/bench/runner.o
	$(call quiet,LD)$(CC) $(all_ldflags) -o $@ $^

# Reads what `check` cannot do without.
$(BUILD)/tests/bench-dumps: $(BUILD)/tests/bench/dumps.o
	$(call quiet,LD)$(CC) $(all_ldflags) -o $@ $^ $(look_libs) $(LDLIBS)

# Needs libc only, and does nothing.
$(BUILD)/tests/bench-empty: $(BUILD)/tests/bench/empty.o
	$(call quiet,LD)$(CC) $(all_ldflags) -o $@ $^ $(LDLIBS)

# Forks, loads the libraries that the qemu hook's worker needs, and does nothing; or runs a program with them.
$(BUILD)/tests/bench-floor $(BUILD)/tests/bench-exec: $(BUILD)/tests/bench/floor.o
	$(call quiet,LD)$(CC) $(all_ldflags) -o $@ $^ $(LDLIBS)
$(BUILD)/tests/bench-exec-child: $(BUILD)/tests/bench/empty.o
	$(call quiet,LD)$(CC) $(all_ldflags) -Wl,--no-as-needed -o $@ $^ $(package_libs) $(LDLIBS)
$(BUILD)/tests/bench-floor.so: $(BUILD)/tests/bench/floor_library.o
	$(call quiet,LD)$(CC) -shared $(shared_ldflags) -Wl,--no-as-needed -o $@ $^ $(package_libs) $(LDLIBS)

SOAK_SECONDS ?= 3600
soak:
	@scripts/setup check
	@$(MAKE) --no-print-directory test-programs
	@V=1 tests/run $(call tests_of,$(BUILD)) SOAK_SECONDS=$(SOAK_SECONDS) TEST_TIMEOUT=$$(($(SOAK_SECONDS) + 300)) \
		tests/netns/soak.sh

# From the bytes in tests/fuzz/corpus on. What is found, and what was learnt, is in build-fuzz/TARGET.
FUZZ_TARGETS := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
fuzz: fuzz-programs
	@tests/fuzz/fuzz $(FUZZ_TARGETS)

fuzz-programs:
	@$(MAKE) --no-print-directory BUILD=build-fuzz CC=clang SANITIZE=fuzzer-no-link,address,undefined \
		CFLAGS='-O2 -g' $(FUZZ_TARGETS:%=build-fuzz/fuzz-%)

fuzz_objects = $(patsubst %,$(BUILD)/tests/%.o,$(1))
$(FUZZ_TARGETS:%=$(BUILD)/fuzz-%): $(BUILD)/fuzz-%: $(BUILD)/tests/fuzz/fuzz_%.o $(call fuzz_objects,fuzz/log_nowhere fuzz/options)
	$(call quiet,LD)$(CC) -fsanitize=fuzzer,address,undefined -o $@ $(filter %.o,$^) $(filter %.a,$^) $(package_libs)

$(BUILD)/fuzz-xml: $(call fuzz_objects,unit/fake_host) $(BUILD)/cli/edit/keep_lines.o $(filter-out %/kernel.a,$(ARCHIVES))
$(addprefix $(BUILD)/fuzz-,configuration metadata dnsmasq): $(call archives,input model base)
$(addprefix $(BUILD)/fuzz-,rtnetlink nfnetlink sock_diag legacy): $(call fuzz_objects,fuzz/fake_kernel) \
	$(call archives,kernel model base)
$(addprefix $(BUILD)/fuzz-,configuration legacy): $(call fuzz_objects,fuzz/fake_file)
$(BUILD)/fuzz-packet: $(call archives,packet model)
$(BUILD)/fuzz-drop: $(patsubst %,$(BUILD)/cli/drop/drop_%.o,event follow judge leaving outlook reason ways) \
	$(call archives,model base)
$(BUILD)/fuzz-legacy: $(call fuzz_objects,fuzz/legacy_blob fuzz/legacy_blob6)

# Of those whose inputs are what a kernel sends, a program that records them: tests/fuzz/record.sh.
fuzz-recorders: $(addprefix $(BUILD)/tests/record-,rtnetlink nfnetlink sock_diag)
$(BUILD)/tests/record-%: $(BUILD)/tests/fuzz/fuzz_%.o $(call fuzz_objects,fuzz/record) $(call archives,kernel model base)
	$(call quiet,LD)$(CC) $(all_ldflags) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(package_libs)

include packaging/packages.mk

C_FILES     := $(wildcard $(LAYERS:%=%/*.[ch]) tests/*/*.[ch])
SHELL_FILES := $(addprefix packaging/,virt-netboot.bash-completion deb/preinst deb/postinst deb/prerm deb/postrm) \
	packaging/save-written-through.sh \
	tests/packages/root .ci/run tests/run tests/lint scripts/setup scripts/demo scripts/check-includes \
	scripts/try-again.sh tests/bench/bench tests/bench/throughput tests/bench/look tests/bench/probe tests/bench/repair \
	tests/vm/vm tests/vm/kernel tests/vm/init tests/fuzz/fuzz tests/faults/faults \
	$(wildcard tests/*/*.sh)

lint:
	@$(MAKE) --no-print-directory BUILD=build-gcc CC=gcc CFLAGS='-O2 -Werror' test-programs
	@$(MAKE) --no-print-directory BUILD=build-clang CC=clang CFLAGS='-O2 -Werror' test-programs
	scripts/check-includes
	clang-format --dry-run -Werror $(C_FILES)
	printf '%s\n' $(filter %.c,$(C_FILES)) | xargs -P 2 -I % \
		clang-tidy --quiet % -- $(filter-out -MMD -MP,$(all_cflags)) 2>/dev/null
	cppcheck --quiet --enable=warning,style,performance,portability --inline-suppr \
		--error-exitcode=1 $(LAYERS:%=-I%) $(filter %.c,$(C_FILES))
	shellcheck -x $(SHELL_FILES)
	@$(MAKE) --no-print-directory $(FINDINGS_MAN)
	mandoc -T lint -W warning $(MAN)

format:
	clang-format -i $(C_FILES)

clean:
	rm -rf build build-*

.PHONY: all help install install-files uninstall check check-fast run-check run-check-fast check-unit run-unit demo \
	bench faults soak fuzz fuzz-programs fuzz-recorders test-programs lint format clean
.SECONDARY:

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
