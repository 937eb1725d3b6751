#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The manuals and the news say what the code knows: every finding has its paragraph,
# every configuration key its description, and nothing is described that is not there.

. "$(dirname "$0")/../lib/testlib.sh"
cd "$SRC"

same() { diff <(printf '%s\n' "$2") <(printf '%s\n' "$3") || fail "$1"; }

say "findings"
same "findings in the code (<) and in virt-netboot-findings(7) (>)" \
	"$(grep -ho '"[a-z]\+\(-[a-z]\+\)\+"' common/plan.c common/plan_fill.c common/plan_hold.c | tr -d '"' | sort -u)" \
	"$(sed -n 's/^\.It Cm \([a-z-]*\) No .*/\1/p' docs/man/virt-netboot-findings.7 | sort -u)"

say "configuration"
keys=$(sed -n 's/^\t{"\([a-z]*\)", "\([a-z-]*\)", [a-zN].*/[\1] \2/p' common/policy.c | sort)
same "keys in the code (<) and in virt-netboot.conf (>)" "$keys" \
	"$(awk '/^\[/ {section = $1} /^#[a-z]/ {sub("#", ""); print section, $1}' \
		packaging/virt-netboot.conf | sort)"
same "keys in the code (<) and in virt-netboot.conf(5) (>)" "$keys" \
	"$(awk '/^\.Ss \[/ {section = $2} /^\.It Ic/ {print section, $3}' \
		docs/man/virt-netboot.conf.5 | sort)"

say "version"
[[ "$(sed -n 's/^## //p' NEWS.md | head -n 1)" == "$(cat VERSION)"* ]] ||
	fail "NEWS.md does not start with version $(cat VERSION)"
