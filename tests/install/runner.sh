#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tests/run: which tests it runs beside which others, with what environment, what it says of them, and that nothing
# is left of them. And the cases of a script, see testlib.sh.

. "$(dirname "$0")/../lib/testlib.sh"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
here="$scratch/a folder's: name"
mkdir "$here" "$here/other"

# script NAME [COMMENT]: on stdin is what it does. It notes when it begins and ends.
script() {
	{
		printf '#!/bin/bash\n# %s\n' "${2:-}"
		printf 'cd %q && echo "begin %s" >>order\n' "$here" "$1"
		cat
		printf 'echo "end %s" >>order\n' "$1"
	} >"$here/$1"
	chmod +x "$here/$1"
}

# run ARGUMENT...: sets $status and $said.
run() {
	status=0
	said=$(cd "$here" && env -u MUST_WORK -u TEST_CASE "$SRC/tests/run" "$@" 2>&1) || status=$?
}

# says TEXT...: these are lines of what was said; times do not count.
says() {
	local line lines
	lines=$(printf '%s' "$said" | sed 's/ ([0-9.]* s)$//')
	for line; do grep -qxF -- "$line" <<<"$lines" || fail "no '$line' in: $said"; done
}

order_is() { is "order" "$(xargs <"$here/order")" "$*"; }

# A test that waits for another one sees it only if that runs beside it.
lanes() {
	: >"$here/order"
	script one <<<'until grep -q "begin two" order; do sleep 0.01; done'
	script two <<<'until grep -q "begin one" order; do sleep 0.01; done'
	run -j 2 TEST_TIMEOUT=20 ./one two
	is "status" "$status" 0
	says "PASS ./one" "PASS two" "2 passed, 0 failed, 0 skipped"
	: >"$here/order"
	script two </dev/null
	script one </dev/null
	run -j 1 one two
	order_is begin one end one begin two end two
}

alone() {
	: >"$here/order"
	script one "Runs alone: it says so." <<<'sleep 0.1'
	script two </dev/null
	script other/three "Runs first: the next one needs it." <<<'sleep 0.2'
	script other/four </dev/null
	run -j 4 one two other/four other/three
	is "status" "$status" 0
	is "order without two" "$(grep -v two "$here/order" | xargs)" \
		"begin other/three end other/three begin other/four end other/four begin one end one"
	is "beginnings" "$(grep begin "$here/order" | head -n 2 | sort | xargs)" "begin other/three begin two"
}

# Not more of them than there are processors, and others beside them.
computing() {
	local n names=()
	: >"$here/order"
	script other/waits <<<'until grep -q "end c1" order; do sleep 0.01; done'
	for ((n = 0; n < $(nproc) + 2; n++)); do
		script "c$n" "Computes: it says so." <<<'sleep 0.1'
		names+=("c$n")
	done
	run -j $(($(nproc) + 3)) TEST_TIMEOUT=20 "${names[@]}" other/waits
	is "status" "$status" 0
	is "most at a time" "$(awk '/ c/ {n += $1 == "begin" ? 1 : -1; if (n > most) most = n} END {print most}' "$here/order")" \
		"$(nproc)"
}

environment() {
	# shellcheck disable=SC2016 # for that script
	script one <<<'echo "X=${X:-} case=${TEST_CASE:-}"'
	run -j 1 V=1 one X=1 one X="a b" one:first one HOOKS=/nowhere/build-x one
	says "    X= case=" "    X=1 case=" "    X=a b case=first" "PASS one:first" "PASS one with build-x"
	is "without a case" "$(grep -c '    X=a b case=$' <<<"$said")" 2
}

verdicts() {
	script good </dev/null
	script bad <<<'echo why; exit 3'
	script skipped <<<'exit 77'
	script slow <<<'sleep 60'
	run good bad skipped TEST_TIMEOUT=1 slow absent
	is "status" "$status" 1
	says "PASS good" "FAIL (status 3) bad" "    why" "SKIP skipped" "FAIL (took too long) slow" \
		"FAIL (status 127) absent" "1 passed, 3 failed, 1 skipped"
	run good skipped
	is "status with one that was skipped" "$status" 0
	run MUST_WORK=1 good skipped
	is "status with one that was skipped under MUST_WORK=1" "$status" 1
	run
	is "status without a test" "$status" 1
	run -j 0 good
	is "status with no lane" "$status" 2
}

slowest() {
	script one </dev/null
	run one one one one one one one one one one
	[[ $said != *slowest* ]] || fail "a list of all there are: $said"
	run one one one one one one one one one one one
	is "lines about the slowest" "$(sed '1,/^the ten slowest:/d' <<<"$said" | grep -c ' s  one$')" 10
}

# What failed beside others runs again when all have ended, alone; a few only, and none that was alone.
again() {
	: >"$here/order"
	# shellcheck disable=SC2016 # for that script
	script shy <<<'[ "$(grep -c "begin shy" order)" != 1 ] || { echo so; exit 5; }'
	script slow <<<'sleep 0.5'
	script bad <<<'exit 3'
	run -j 3 slow bad shy
	is "status" "$status" 1
	says "FAIL (status 5) shy" "PASS shy, alone, having failed beside others" "FAIL (status 3) bad" \
		"FAIL (status 3) bad, alone, having failed beside others" "2 passed, 1 failed, 0 skipped"
	is "the end" "$(tail -n 4 <<<"$said" | xargs)" \
		"what failed beside others, and passed alone: FAIL (status 5) shy so 2 passed, 1 failed, 0 skipped"
	is "the end" "$(tail -n 3 "$here/order" | xargs)" "begin bad begin shy end shy"
	: >"$here/order"
	run -j 2 slow shy
	is "status without one that fails twice" "$status" 0
	: >"$here/order"
	# shellcheck disable=SC2016 # for that script
	script later <<<'[ "$(grep -c "begin later" order)" != 1 ] || exit 5; exit 77'
	run -j 2 slow later
	is "status with one that is skipped then" "$status" 1
	says "SKIP later, alone, having failed beside others" "1 passed, 1 failed, 1 skipped"
	run -j 1 bad
	is "runs of one that was alone" "$(grep -c 'bad' <<<"$said")" 1
	run -j 4 slow bad bad bad bad
	is "runs of many" "$(grep -c 'bad' <<<"$said")" 4
	says "1 passed, 4 failed, 0 skipped"
}

# The end of a long run says why it failed.
failures() {
	script good </dev/null
	script bad <<<'seq 20; echo why; exit 3'
	run bad good good good good good good good good good good
	is "the end" "$(sed '1,/^what failed:/d' <<<"$said" | xargs)" \
		"FAIL (status 3) bad $(seq 12 20 | xargs) why 10 passed, 1 failed, 0 skipped"
}

# nobody_sleeps SECONDS
nobody_sleeps() { ! pgrep -fx "sleep $1"; }

# Ended, with what they have started: one that cleans up, one that does not listen, and one that has ended.
interrupted() {
	local runner seconds=8$RANDOM
	rm -f "$here"/{cleaned,order}
	script cleans <<<"trap 'touch cleaned; exit 1' TERM; sleep $seconds"
	script deaf <<<"trap '' TERM; sleep $seconds & wait; sleep $seconds"
	script leaves <<<"sleep $seconds &"
	run leaves
	wait_for 5 nobody_sleeps "$seconds"
	(cd "$here" && exec "$SRC/tests/run" -j 2 cleans deaf) >"$scratch/said" 2>&1 &
	runner=$!
	wait_for 10 grep -q "begin cleans" "$here/order"
	wait_for 10 grep -q "begin deaf" "$here/order"
	kill -TERM "$runner"
	status=0
	wait "$runner" || status=$?
	is "status of a run that was interrupted" "$status" 130
	[ -e "$here/cleaned" ] || fail "a test could not clean up"
	wait_for 5 nobody_sleeps "$seconds"
}

# with_cases LIST: a script with cases of every kind; the list is handed to cases.
with_cases() {
	cat >"$here/cases" <<-EOF
		#!/bin/bash
		# Runs by case: for one of the tests here.
		. "$SRC/tests/lib/testlib.sh"
		before_each() { say "before \$1"; set=1; }
		good() { say "good \${set:-}"; }
		bad() { false; say "not reached"; }
		worse() { fail "why"; }
		skips() { skip "why not"; }
		last() { say last; }
		waits() { until [ -e "$here/waits" ]; do sleep 0.01; done; }
		helps() { touch "$here/waits"; }
		cases $1
	EOF
	chmod +x "$here/cases"
}

cases_of_a_script() {
	local case
	with_cases "good bad worse skips --at-once waits helps --in-turn last"
	said=$(TEST_CASE='' "$here/cases" 2>&1) && fail "a script with cases that fail passes"
	says "PASS good" "before bad" "FAIL bad" "FAIL: why" "FAIL worse" "SKIP skips" "PASS waits" "PASS helps" "PASS last" \
		"FAIL: cases: bad worse"
	[[ $said != *"not reached"* ]] || fail "a case goes on after a command that failed"
	for case in good bad worse skips; do
		status=0
		said=$(TEST_CASE=$case "$here/cases" 2>&1) || status=$?
		case $case in good) is "$case" $status 0 ;; skips) is "$case" $status 77 ;; *) is "$case" $status 1 ;; esac
		is "cases that ran" "$(grep ^before <<<"$said")" "before $case"
	done
	refused "no case absent; there are: good bad" env TEST_CASE=absent "$here/cases"
	refused "documents.sh is one case" env TEST_CASE=absent "$SRC/tests/install/documents.sh"
}

by_case() {
	with_cases "good skips bad"
	run -j 1 ./cases
	says "PASS ./cases:good" "SKIP ./cases:skips" "FAIL (status 1) ./cases:bad" "1 passed, 1 failed, 1 skipped"
	run ./cases:good
	says "1 passed, 0 failed, 0 skipped"
}

# Of cmocka's tests.
unit_tests() {
	run V=1 "$TOOLS/test_plan:test_stopped"
	is "status" "$status" 0
	[[ $said == *"1 test(s) run"* ]] || fail "$said"
	run "$TOOLS/test_plan:absent"
	is "status for a case that is not there" "$status" 1
	[[ $said == *"no case absent; there are:"*" test_stopped"* ]] || fail "$said"
}

cases lanes alone computing environment verdicts slowest again failures interrupted cases_of_a_script by_case unit_tests
