#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What bash completes after virt-netboot: verbs, options and values, as the command's own --help has them.

. "$(dirname "$0")/../lib/testlib.sh"
# check, probe and show are where they are installed.
sandbox "$@"
. "$SRC/packaging/virt-netboot.bash-completion"

# Outside of readline it would fail; what it is asked for counts as offered.
compopt() { COMPREPLY+=("compopt $*"); }

# offered LINE [REST]: what is offered with the cursor between them; a line each, sorted.
offered() {
	COMP_LINE="virt-netboot $1${2:-}" COMP_POINT=$((${#1} + 13))
	COMPREPLY=()
	_virt_netboot "$HOOKS/virt-netboot"
	printf '%s\n' "${COMPREPLY[@]}" | sort -u
}

# offers LINE WANTED...
offers() { is "after '$1'" "$(offered "$1")" "$(printf '%s\n' "${@:2}" | sort)"; }

options_of() { "$HOOKS/virt-netboot" "$1" --help | sed -n 's/^  \(--[a-z0-9-]* [^ ]*\).*/\1/p'; }

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

verbs=$("$HOOKS/virt-netboot" --help | sed -n 's/^    \([a-z]*\) .*/\1/p')
[[ $verbs == *rewrite* ]] || fail "no verb rewrite"

# Verbs.
all_verbs() {
	is "all" "$(offered "")" "$(printf '%s\n' --help --version "$verbs" | sort)"
	offers "rew" rewrite
	offers "--v" --version
	offers "x"
	offers "x --"
}

# Options of each verb.
options() {
	local verb option value
	for verb in $verbs; do
		is "all" "$(offered "$verb --")" \
			"$({ echo --help && options_of "$verb" | cut -d' ' -f1; } | sort -u)"
		offers "$verb --hel" --help
		offers "$verb --x"
		while read -r option value; do
			case $value in
			DIRECTORY) offers "$verb $option x" "compopt -o dirnames" ;;
			SECONDS | NUMBER | MAC) offers "$verb $option " ;;
			*BRIDGE* | DEVICE) offered "$verb $option l" | grep -qx lo || fail "$option: no lo" ;;
			on\|off) offers "$verb $option " on off ;;
			bios\|efi\|arm64\|http) offers "$verb $option " bios efi arm64 http ;;
			text\|json\|prometheus) offers "$verb $option " text json prometheus ;;
			text\|json) offers "$verb $option " text json ;;
			FILE) offers "$verb $option x" "compopt -o default" ;;
			NETWORK | GUEST | URI) offers "$verb $option " ;;
			"") ;;
			*) fail "$verb $option: it is not known what $value can be" ;;
			esac
		done <<<"$(options_of "$verb")"
	done
}

# Values.
values() {
	offers "rewrite --stp of" off
	offers "rewrite --stp=" on off
	offers "rewrite --stp=of" off
	offers "rewrite --interface 52:54:00:"
	offers "rewrite --auto=o"
	offers "check --format p" prometheus
	offers "check --format=j" json
	is "without '=' as a word" "$(COMP_WORDBREAKS=' :' && offered "rewrite --stp=of")" --stp=off
	is "in the middle" "$(offered "rewrite --st" " on web.xml")" --stp
}

# What is no option.
arguments() {
	is "all that is explained" "$(offered "explain ")" "$("$HOOKS/virt-netboot" explain | cut -d' ' -f1 | sort)"
	offers "explain bridge-hold-" bridge-hold-not-root bridge-hold-time
	offers "explain bridge-hold vlan" vlan-mismatch
	offered "show l" | grep -qx lo || fail "show: no lo"
	offers "enable b"
	offers "check b"
}

# Files.
files() {
	local line verb
	for line in "" we "--auto " "--stp on we"; do
		offers "rewrite $line" "compopt -o default"
	done
	for verb in $verbs; do
		[[ $("$HOOKS/virt-netboot" "$verb" --help | head -n 1) == *\[FILE\] ]] || offers "$verb x"
	done
}

# typed KEYS: what an interactive shell runs for them.
typed() { (cd "$scratch" && printf '%b\n' "$1" | HOME=$scratch INPUTRC=/dev/null bash --rcfile rc -i 2>/dev/null); }

# An interactive shell.
interactive_shell() {
	mkdir "$scratch/folder"
	touch "$scratch/a file"
	# The function shows what the command would get.
	cat >"$scratch/rc" <<-'EOF'
		PS1=
		PATH=$HOOKS:$PATH
		. "$SRC/packaging/virt-netboot.bash-completion"
		virt-netboot() {
			if [[ " $* " == *" --help "* ]]; then command virt-netboot "$@"; else printf '<%s>' "$@"; fi
		}
	EOF
	is "words" "$(typed 'virt-netboot rew\t--st\tof\t--dif\ta\t')" "<rewrite><--stp><off><--diff><a file>"
	is "with =" "$(typed 'virt-netboot rewrite --stp=of\t')" "<rewrite><--stp=off>"
	is "no file" "$(typed 'virt-netboot rewrite --delay a\t')" "<rewrite><--delay><a>"
	is "a MAC address" "$(typed 'virt-netboot rewrite --interface 52:a\t')" "<rewrite><--interface><52:a>"
}

cases all_verbs options values arguments files interactive_shell
