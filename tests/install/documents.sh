#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The manuals and the news say what the code knows: every operation, option, key and finding has
# its description, and nothing is described that is not there.

. "$(dirname "$0")/../lib/testlib.sh"
# check, probe and show are where they are installed.
sandbox "$@"

COMMAND=docs/man/virt-netboot.8
CONF=docs/man/virt-netboot.conf.5
FINDINGS=$HOOKS/man/virt-netboot-findings.7
HOOK=docs/man/virt-netboot-hooks.7

# same WHAT ONE OTHER: the same lines, in any order. None at all: what they are looked for by is wrong.
same() {
	[ "$2" ] || fail "$1: none is found"
	diff <(sort -u <<<"$2") <(sort -u <<<"$3") || fail "$1"
}

# among WHAT SOME ALL: nothing that is not one of them.
among() { is "$1" "$(comm -23 <(sort -u <<<"$2") <(sort -u <<<"$3"))" ""; }

# for_these SOME ALL: those lines of ALL whose first word is that of a line of SOME. By join(1), not
# testlib.sh's join.
for_these() { command join <(cut -d' ' -f1 <<<"$1" | sort -u) <(sort -u <<<"$2"); }

# values MACRO FILE: "NAME VALUE" for each value in ".It MACRO NAME Cm VALUE | VALUE..."
values() {
	sed -n "s/^\.It $1 \([a-z-]*\) Cm /\1 /p" "$2" |
		awk '{for (i = 2; i <= NF; i += 2) print $1, $i}'
}

# synopsis FILE: "VERB OPTION" for each option of ".Nm PROGRAM VERB", also where that is no verb.
synopsis() {
	awk '/^\.Sh/ {here = $2 == "SYNOPSIS"}
		here && /^\.Nm/ {verb = $3}
		here {for (i = 2; i <= NF; i++) if ($i ~ /^-[a-z]/) print verb, substr($i, 2)}' "$1"
}

# own_options FILE: the options that its main() knows, as synopsis() has them.
own_options() { grep -o '"--[a-z-]*"' "$1" | tr -d '"' | sed 's/^--/ /'; }

say "manuals"
pages=$(printf '%s\n' docs/man/* "$FINDINGS" | sed 's,.*/,,')
same "files (<) and what they call themselves (>)" "$pages" \
	"$(awk '/^\.Dt/ {print tolower($2) "." $3}' docs/man/* "$FINDINGS")"
same "files (<) and references (>)" "$pages" \
	"$(grep -rhoE '(Xr virt-netboot[a-z.-]* |virt-netboot[a-z.-]*\()[1-9]' \
		./*.md docs cli common hooks packaging xslt | sed 's/^Xr //; s/[ (]\(.\)$/.\1/')"

say "operations"
same "operations in the code (<) and in virt-netboot-hooks(7) (>)" \
	"$(for pair in network:network guest:qemu; do
		sed -n "/ ${pair#*:}_operations\[\] = {/,/^}/s/^\t{\.name = \"\([a-z-]*\)\", \.kind = EVENT_\(IGNORED\|\).*/${pair%:*} \1 \2/p" \
			hooks/operations.c
	done)" \
	"$(awk '/^\.It (network|guest) Cm/ {
			count = split($0, word)
			getline
			ignored = /^Nothing is done/ ? "IGNORED" : ""
			for (i = 4; i <= count; i += 2)
				print word[2], word[i], ignored
		}' "$HOOK")"

say "findings"
slugs=$(find common/plan cli/probe/probe_find*.c -name '*.c' ! -name fields.c \
	-exec grep -ho '"[a-z]\+\(-[a-z]\+\)\+"' {} + |
	grep -vxE '"(ufw|iptables)-[a-z-]+"' | tr -d '"'
	sed -n 's/^#define FINDING "\(.*\)"/\1/p' cli/verb/*.c)
same "findings in the code (<) and in virt-netboot-findings(7) (>)" "$slugs" \
	"$(sed -n 's/^\.Ss \([a-z-]*\) No ( .*/\1/p' "$FINDINGS")"
same "lines of check in the code (<) and in virt-netboot-findings(7) (>)" \
	"$(cat cli/check/*.c | tr '\n\t' '  ' | grep -oE 'CHECK_(HOST|BRIDGE|NETWORK|GUEST), *"[a-z-]+"' |
		cut -d'"' -f2)" \
	"$(sed -n 's/^\.Ss \([a-z-]*\)$/\1/p' "$FINDINGS")"
# Where the code gives both, name and severity, as words.
severities=$(cat common/plan/*.c cli/probe/probe_find*.c | tr '\n' ' ' | grep -o '\.slug = "[^;}]*' |
	awk -F'"' '$2 ~ /^[a-z]+(-[a-z]+)+$/ {
		sub(/\.evidence.*/, "")
		count = split($0, word, /[^A-Z_]+/)
		for (i = 1; i <= count; i++)
			if (sub(/^SEVERITY_/, "", word[i])) print $2, tolower(word[i])
	}')
same "severities in the code (<) and in virt-netboot-findings(7) (>)" "$severities" \
	"$(for_these "$severities" "$(sed -n 's/^\.Ss \([a-z-]*\) No ( \(.*\) )/\1 \2/p' "$FINDINGS" |
		tr -d ',;' |
		awk '{for (i = 2; i <= NF; i++) if ($i ~ /^(error|warning|notice|info|debug)$/) print $1, $i}')")"

say "clients"
# "NAME LAST" and "NAME LAST END": when it asks for the last time, and gives up.
described=$(sed -nE 's/^- (PXE firmware|[a-zA-Z]+).* after (about )?([0-9]+) seconds,.* up after ([0-9]+)$/\1 \3 \4/p' \
	docs/findings/bridge-hold.md)
same "times of clients in probe's code (<) and in docs/findings/bridge-hold.md (>)" \
	"$(sed -nE '/"UEFI/d; s/.* = \{"([^"]+)", ([0-9]+), \{[0-9, ]* ([0-9]+)\}.*/\1 \3 \2/p' cli/probe/probe_clients.c)" "$described"
same "times of clients in check's code (<) and in docs/findings/bridge-hold.md (>)" \
	"$(sed -nE 's/^\t\{"([^"]+)", ([0-9]+)\},$/\1 \2/p' cli/check/check_hold.c)" "$(grep -o '.* [0-9]* ' <<<"$described" | sed 's/ $//')"

say "actions"
actions=$(sed -n '/^const char \*action_name/,/^}/p' common/plan/fields.c |
	grep -o '"[a-z-]*"' | tr -d '"')
same "actions in the code (<) and in virt-netboot-hooks(7) (>)" "$actions" \
	"$(sed -n 's/^\.It Cm action=\([a-z-]*\).*/\1/p' "$HOOK")"

say "fields of the log"
same "values of fields in the code (<) and in the manuals (>)" \
	"$(sed -n 's/^\t\[SEVERITY_[A-Z]*\] = "\(.*\)",/severity \1/p' common/plan/fields.c
	for pair in mechanism:mechanism_name scope:scope_name result:result_name repaired:finding_repaired; do
		sed -n "/^static const char \*${pair#*:}/,/^}/p" common/plan/fields.c |
			grep -o '"[a-z0-9]*"' | tr -d '"' | sed "s/^/${pair%:*} /"
	done
	awk -F'"' '/^\t\[IPV[46]\]/ {print "mechanism", $4}' common/model/family.c)" \
	"$(values Cm "$FINDINGS" && values Cm "$HOOK")"
for name in finding action; do
	among "${name}s in examples that are not in the code" \
		"$(grep -rhoE "$name=[a-z-]+" ./*.md docs | cut -d= -f2)" "$slugs"$'\n'"$actions"
done

say "configuration"
keys=$(sed -n 's/^\t{"\([a-z]*\)", "\([a-z-]*\)", ["N].*/[\1] \2/p' common/input/policy_file.c)
same "keys in the code (<) and in virt-netboot.conf (>)" "$keys" \
	"$(awk '/^\[/ {section = $1} /^#[a-z]/ {sub("#", ""); print section, $1}' \
		packaging/virt-netboot.conf)"
same "keys in the code (<) and in virt-netboot.conf(5) (>)" "$keys" \
	"$(awk '/^\.Ss \[/ {section = $2} /^\.It Ic/ {print section, $3}' "$CONF")"

# The table of each key's values; a number of seconds has its limits instead.
accepted=$(sed -n 's/^\t{"[a-z]*", "\([a-z-]*\)", [^,]*, \([a-z_]*\),.*/\1 \2/p' common/input/policy_file.c |
	while read -r key table; do
		sed -n "/ $table\[\] = {/,/^}/s/^\t{\"\([a-z-]*\)\".*/$key \1/p" common/input/policy_file.c
	done
	sed -n 's/^#define DEADLINE_M[A-Z]* \([0-9]*\)/deadline \1/p' common/input/policy_file.c)
same "values in the code (<) and in virt-netboot.conf (>)" "$accepted" \
	"$(awk '/^#   [a-z0-9]/ {values[$2]; if ($3 == "to") values[$4]}
		/^#[a-z]/ {for (value in values) print substr($1, 2), value; delete values}' \
		packaging/virt-netboot.conf)"
same "values in the code (<) and in virt-netboot.conf(5) (>)" "$accepted" "$(values Ic "$CONF")"
described=$(awk '/^\.It Ic/ {key = $3} /^\.Sh/ {key = ""} key && /^\.It Cm/ {print key, $3}' "$CONF")
same "values in the code (<) and those that virt-netboot.conf(5) describes (>)" \
	"$(for_these "$described" "$accepted")" "$described"
# What it says is what the code does: tests/unit/test_policy.c.
same "defaults in virt-netboot.conf (<) and in virt-netboot.conf(5) (>)" \
	"$(sed -n 's/^#\([a-z-]*\) = /\1 /p' packaging/virt-netboot.conf)" \
	"$(awk '/^\.It Ic/ {key = $3} /Cm/ {value = $NF} /^\(default\)/ {print key, value}' "$CONF")"

say "metadata"
same "attributes in the code (<) and in virt-netboot(8) (>)" \
	"$(sed -n 's/^\t{"\([a-z]*\)", "\([a-z-]*\)", "\([a-z]*\)".*/\3 \2 [\1]/p' common/input/policy_file.c)" \
	"$(sed -n 's/^\.It Cm \([a-z]*\) Ta Ic \([a-z]*\) No in Ic \(.*\)/\1 \2 \3/p' "$COMMAND")"

say "verbs and options"
verbs=$(sed -n 's/^\t{"\([a-z]*\)", verb_.*/\1/p' cli/virt-netboot.c)
same "verbs in the code (<) and in the synopsis of virt-netboot(8) (>)" "$verbs" \
	"$(awk '/^\.Sh/ {here = $2 == "SYNOPSIS"} here && /^\.Nm/ && NF > 2 {print $3}' "$COMMAND")"
# "VERB OPTION VALUE"; what takes none has two spaces in --help.
options=$(for verb in $verbs; do
	echo "$verb help "
	"$HOOKS/virt-netboot" "$verb" --help | sed -n "s/^  --\([a-z0-9-]* [^ ]*\).*/$verb \1/p"
done)
same "options in the code (<) and in what the verbs' --help says (>)" \
	"$(sed -n 's/^\t*{"\([a-z0-9-]*\)", [a-z]*_argument.*/\1/p' cli/*/*.c)" \
	"$(cut -d' ' -f2 <<<"$options")"
same "options that --help (<) and the synopsis of virt-netboot(8) (>) give each verb" \
	"$(cut -d' ' -f1,2 <<<"$options" | grep -v ' help$' && own_options cli/virt-netboot.c)" \
	"$(synopsis "$COMMAND")"
same "options of --help (<) and of virt-netboot(8) (>), with what they take" \
	"$(cut -d' ' -f2- <<<"$options" | tr '[:lower:]' '[:upper:]' && echo 'VERSION ')" \
	"$(sed -n 's/^\.It Fl -\([a-z0-9-]*\) *\(Ar\|Cm\|\) */\1 /p' "$COMMAND" |
		sed 's/ | /|/g' | tr '[:lower:]' '[:upper:]')"
same "names that explain lists (<) and those of virt-netboot-findings(7) (>)" \
	"$("$HOOKS/virt-netboot" explain | cut -d' ' -f1)" "$(sed -n 's/^\.Ss \([a-z-]*\).*/\1/p' "$FINDINGS")"
among "options in examples that the verb does not have" \
	"$(for verb in $verbs; do
		grep -rhoE "virt-netboot $verb [^'\`|]*" ./*.md docs | grep -oE -- ' --[a-z0-9-]+' | sed "s/ --/$verb /"
	done)" "$(cut -d' ' -f1,2 <<<"$options")"
same "options of the hooks in the code (<) and in virt-netboot-hooks(7) (>)" \
	"$(own_options hooks/main.c)" "$(synopsis "$HOOK" | sed 's/.* / /')"

say "stylesheets"
same "stylesheets (<) and those in virt-netboot(8) (>)" "$(cd xslt && printf '%s\n' *)" \
	"$(sed -n 's/^\.Pa \([a-z-]*\.xsl\).*/\1/p' "$COMMAND")"

say "version"
[[ "$(sed -n 's/^## //p' NEWS.md | grep -vx Unreleased | head -n 1)" == "$(cat VERSION)"* ]] ||
	fail "NEWS.md does not start with version $(cat VERSION)"
