#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Which rules in legacy tables the network hook takes for a repair, by what they are for.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
tables=legacy
. "$SRC/tests/lib/coverage.sh"
sandbox "$@"
need dnsmasq iptables-legacy ip6tables-legacy nft
hooks_start
coverage_start
cases_of_matches
