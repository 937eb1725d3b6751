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
	"$(grep -ho '"[a-z]\+\(-[a-z]\+\)\+"' common/plan.c common/plan_fill.c common/plan_hold.c common/plan_rewrite.c | tr -d '"' | sort -u)" \
	"$(sed -n 's/^\.It Cm \([a-z-]*\) No .*/\1/p' docs/man/virt-netboot-findings.7 | sort -u)"

say "configuration"
keys=$(sed -n 's/^\t{"\([a-z]*\)", "\([a-z-]*\)", ["N].*/[\1] \2/p' common/policy.c | sort)
same "keys in the code (<) and in virt-netboot.conf (>)" "$keys" \
	"$(awk '/^\[/ {section = $1} /^#[a-z]/ {sub("#", ""); print section, $1}' \
		packaging/virt-netboot.conf | sort)"
same "keys in the code (<) and in virt-netboot.conf(5) (>)" "$keys" \
	"$(awk '/^\.Ss \[/ {section = $2} /^\.It Ic/ {print section, $3}' \
		docs/man/virt-netboot.conf.5 | sort)"

say "metadata"
same "attributes in the code (<) and in virt-netboot(8) (>)" \
	"$(sed -n 's/^\t{"\([a-z]*\)", "\([a-z-]*\)", "\([a-z]*\)".*/\3 \2 [\1]/p' common/policy.c | sort)" \
	"$(sed -n 's/^\.It Cm \([a-z]*\) Ta Ic \([a-z]*\) No in Ic \(.*\)/\1 \2 \3/p' docs/man/virt-netboot.8 | sort)"

say "options"
same "options of rewrite in the code (<) and in virt-netboot(8) (>)" \
	"$(sed -n 's/^\t\t{"\([a-z-]*\)", .*_argument.*/\1/p' cli/request.c | sort)" \
	"$(sed -n 's/^\.It Fl -\([a-z-]*\).*/\1/p' docs/man/virt-netboot.8 | grep -vx version | sort)"
same "options of rewrite in the code (<) and in its --help (>)" \
	"$(sed -n 's/^\t\t{"\([a-z-]*\)", .*_argument.*/\1/p' cli/request.c | grep -vx help | sort)" \
	"$("$HOOKS/virt-netboot" rewrite --help | sed -n 's/^  --\([a-z-]*\).*/\1/p' | sort)"

say "stylesheets"
same "stylesheets (<) and those in virt-netboot(8) (>)" "$(cd xslt && printf '%s\n' *)" \
	"$(sed -n 's/^\.Pa \([a-z-]*\.xsl\).*/\1/p' docs/man/virt-netboot.8 | sort)"

say "actions"
same "actions in the code (<) and in virt-netboot-hooks(8) (>)" \
	"$(sed -n '/^static const char \*action_name/,/^}/p' common/plan_text.c | grep -o '"[a-z-]*"' | tr -d '"' | sort -u)" \
	"$(sed -n 's/^\.It Cm action=\([a-z-]*\).*/\1/p' docs/man/virt-netboot-hooks.8 | sort -u)"

say "version"
[[ "$(sed -n 's/^## //p' NEWS.md | head -n 1)" == "$(cat VERSION)"* ]] ||
	fail "NEWS.md does not start with version $(cat VERSION)"
