# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# For what downloads. apt itself asks a mirror four times, within seconds; one that is being updated needs longer.
#
#     . scripts/try-again.sh
#     try_again COMMAND...

# try_again COMMAND...: until it succeeds, three times at the most. Each failure is said on stderr; the status is
# that of the last.
try_again() {
	local pause status
	for pause in 10 30 0; do
		status=0
		"$@" || status=$?
		[ "$status" != 0 ] || return 0
		printf '%s failed (status %d)' "$*" "$status" >&2
		[ "$pause" != 0 ] || break
		printf '; next attempt in %d s\n' "$pause" >&2
		sleep "$pause"
	done
	printf ', three times: given up\n' >&2
	return "$status"
}
