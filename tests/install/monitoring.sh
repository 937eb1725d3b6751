#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The examples for Prometheus and Grafana, and the units of systemd: promtool and systemd take them, the alerts fire for
# their faults and for nothing else, and all ask only for metrics and labels that virt-netboot check has.

. "$(dirname "$0")/../lib/testlib.sh"
need promtool systemd-analyze jq
cd "$SRC"

RULES=packaging/prometheus/virt-netboot.rules.yml
DASHBOARD=packaging/grafana/virt-netboot.json
SERVICE=packaging/systemd/virt-netboot-check.service
REPAIR=packaging/systemd/virt-netboot-repair.service
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

rules() {
	promtool check rules "$RULES" >/dev/null
	promtool test rules tests/fixtures/virt-netboot.rules.test.yml
	# Each rule has its test, and the tests see a rule that says something else.
	diff <(sed -n 's/^ *- alert: //p' "$RULES" | sort) \
		<(grep -o 'alertname: [A-Za-z]*' tests/fixtures/virt-netboot.rules.test.yml | cut -d' ' -f2 | sort -u)
	mkdir -p "$scratch/packaging/prometheus" "$scratch/tests/fixtures"
	cp tests/fixtures/virt-netboot.rules.test.yml "$scratch/tests/fixtures"
	sed 's/result="fail"/result="note"/' "$RULES" >"$scratch/$RULES"
	! promtool test rules "$scratch/tests/fixtures/virt-netboot.rules.test.yml" >/dev/null 2>&1 ||
		fail "the tests of rules pass with other rules"
}

# What the writer has: "METRIC", and "LABEL" of any metric.
metrics() { grep -oh '"virt_netboot_[a-z_]*"' cli/check/write_prometheus.c | tr -d '"' | sort -u; }
labels() {
	grep -oh '{"[a-z]*", ' cli/check/write_prometheus.c | tr -cd 'a-z\n' | sort -u
	printf '%s\n' instance job
}

# unknown_in FILE: the metrics and labels of its queries that the writer does not have.
unknown_in() {
	comm -23 <(grep -o 'virt_netboot_[a-z_]*' "$1" | sort -u) <(metrics)
	comm -23 <(grep -oE '[a-z_]+ *(=~|=|!=|!~) *\\?"' "$1" | grep -oE '^[a-z_]+' | sort -u) <(labels | sort)
	comm -23 <(grep -oE '(by|on) \([a-z, ]*\)' "$1" | sed 's/.*(//' | tr -cs 'a-z_' '\n' | grep . | sort -u) <(labels | sort)
	# shellcheck disable=SC2016 # Prometheus' variable
	comm -23 <(grep -oE '\$labels\.[a-z_]+' "$1" | cut -d. -f2 | sort -u) <(labels | sort)
}

names() {
	local file change
	[ "$(metrics | wc -l)" = 8 ] || fail "metrics: $(metrics)"
	for file in "$RULES" "$DASHBOARD"; do
		grep -q virt_netboot_finding "$file" || fail "$file asks for nothing"
		is "unknown names in $file" "$(unknown_in "$file")" ""
	done
	# That sees a wrong name of each kind.
	for change in s/_check_results/_check_result/ 's/{result=/{state=/' 's/on (instance/on (host/' s/labels.slug/labels.name/; do
		sed "$change" "$RULES" >"$scratch/changed"
		[ -n "$(unknown_in "$scratch/changed")" ] || fail "nothing is said of $change"
	done
	sed 's/{instance=~/{host=~/' "$DASHBOARD" >"$scratch/changed"
	[ -n "$(unknown_in "$scratch/changed")" ] || fail "nothing is said of a label in the dashboard"
	# Each metric is used by one of them.
	is "metrics that no example uses" \
		"$(comm -23 <(metrics) <(cat "$RULES" "$DASHBOARD" | grep -o 'virt_netboot_[a-z_]*' | sort -u))" ""
}

# promtool parses what Grafana would ask, with the variables filled in.
dashboard() {
	local number=0
	jq -r '.panels[].targets[].expr' "$DASHBOARD" >"$scratch/queries"
	[ -s "$scratch/queries" ] || fail "no queries"
	{
		echo 'groups: [{name: queries, rules: ['
		while read -r query; do
			number=$((number + 1))
			printf '{record: "query%d", expr: %s},\n' "$number" "$(jq -Rn --arg q "${query//\$instance/.*}" '$q')"
		done <"$scratch/queries"
		echo ']}]'
	} >"$scratch/queries.yml"
	promtool check rules "$scratch/queries.yml" >/dev/null
	is "panels without a title" "$(jq '[.panels[] | select((.title // "") == "")] | length' "$DASHBOARD")" 0
	is "panels of one number" "$(jq -r '.panels[].id' "$DASHBOARD" | sort | uniq -d)" ""
	is "queries of another source" "$(jq -r '.panels[].targets[].datasource.uid' "$DASHBOARD" | sort -u)" "\${datasource}"
}

units() {
	local unit exposure
	mkdir "$scratch/units"
	for unit in packaging/systemd/*; do
		sed "s,/usr/bin/virt-netboot,$HOOKS/virt-netboot," "$unit" >"$scratch/units/${unit##*/}"
	done
	systemd-analyze verify --man=no "$scratch"/units/* >"$scratch/said" 2>&1 || fail "$(cat "$scratch/said")"
	is "what systemd says" "$(cat "$scratch/said")" ""
	# That says something of a key that there is not.
	sed 's/^ProtectHome/ProtectHose/' "$scratch/units/virt-netboot-check.service" >"$scratch/units/other.service"
	systemd-analyze verify --man=no "$scratch/units/other.service" 2>&1 | grep -q ProtectHose || fail "a wrong key is not seen"
	systemd-analyze security --offline=yes --threshold=35 "$SERVICE" >"$scratch/said" || fail "$(tail -n 1 "$scratch/said")"
	exposure=$(tail -n 1 "$scratch/said")
	say "$exposure"
	systemd-analyze security --offline=yes --threshold=45 "$REPAIR" >"$scratch/said" || fail "$(tail -n 1 "$scratch/said")"
	# It is ordered after all that want it, or it would run before they have done what is to be repaired.
	is "units that want repairs" "$(sed -n 's/^WantedBy=//p' "$REPAIR")" "$(sed -n 's/^After=//p' "$REPAIR")"
	# What the service calls is what the command knows.
	"$HOOKS/virt-netboot" check --help >"$scratch/help"
	grep '^ExecStart' "$SERVICE" | grep -o -- '--[a-z]*' | while read -r option; do
		grep -q -- "  $option" "$scratch/help" || fail "there is no $option"
	done
	systemd-analyze calendar "$(sed -n 's/^OnCalendar=//p' packaging/systemd/virt-netboot-check.timer)" >/dev/null
}

cases rules names dashboard units
