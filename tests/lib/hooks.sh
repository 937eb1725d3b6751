# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Running the hooks the way libvirt does, and looking at what they did.
#
#     network_xml slow virbr15 150 tftp | network_hook slow started begin -
#     domain_xml web "$(nic br0)" | qemu_hook web prepare begin -
#     expect_rules virbr15 ip4:udp
#     logged 'action=set-forward-delay .* bridge=virbr15'
#
# The hooks may be built with sanitizers: their findings go to files (a hook has no stderr
# to show them, and answers 0 in any case), and hooks_clean fails the test if there is one.

REPORTS=/tmp/sanitizer

. "$SRC/tests/lib/repaired.sh"

# Where run_hook finds the hooks: the installed ones, or programs that run these in some way.
: "${HOOK_DIR:=/usr/sbin}"
export HOOK_DIR

hooks_start() {
	mkdir -p "$REPORTS"
	export ASAN_OPTIONS="log_path=$REPORTS/asan"
	export UBSAN_OPTIONS="log_path=$REPORTS/ubsan:print_stacktrace=1"
	syslog_start
	trap 'hooks_clean $?' EXIT
}

# Runs when the test ends with STATUS.
hooks_clean() {
	local report
	for report in "$REPORTS"/*; do
		# This is all that is said of one that was killed while it looked for leaks.
		grep -qsv '^==[0-9]*==Unable to get registers from thread [0-9]*\.$' "$report" || continue
		cat "$report" >&2
		exit 1
	done
	[ "$1" = 0 ] || tail -n 20 "$SYSLOG" | sed 's/^/log: /' >&2
	exit "$1"
}

# No pipe: under pipefail a grep -q that is done before ldd is makes it fail, one time in ten.
sanitized() { [[ $(ldd "$HOOKS/virt-netboot-qemu-hook") =~ lib[a-z]*san ]]; }

# run_hook network|qemu ARGUMENT...: one run with stdin as it is; fails unless it is a silent
# success. Like libvirtd it waits until nobody holds the hook's stdout and stderr any more; unlike
# libvirtd it does not wait for ever, but for DEADLINE seconds, by default the longest that a hook
# may take, and some for a slow machine.
run_hook() {
	local hook=$HOOK_DIR/virt-netboot-$1-hook said status=0 start=$SECONDS before=()
	shift
	mapfile -t before <"${SYSLOG:-/dev/null}"
	capture timeout "${DEADLINE:-25}" "$hook" "$@" || status=$?
	is "exit status of ${hook##*/} $*" "$status" 0
	is "output of ${hook##*/} $*" "$said" ""
	((SECONDS - start <= ${DEADLINE:-25})) || fail "${hook##*/} $*: somebody held its stdout"
	# A hook that has nothing to do reads nothing; whoever is still writing shall not be killed over it.
	while IFS= read -r -t 1 -N 65536 _; do :; done 2>/dev/null || :
	# A shell without the log has been given no more than what it needs.
	[ -z "${SYSLOG:-}" ] || repairs_are_true "${#before[@]}"
}

# capture COMMAND...: sets $said to all that the command wrote, ends with its status. $( ) alone takes
# the newlines at the end away, and a lone newline is what libvirt takes for new XML.
capture() {
	local status=0
	said=$(
		"$@" 2>&1
		status=$?
		printf .
		exit "$status"
	) || status=$?
	said=${said%.}
	return "$status"
}

network_hook() { run_hook network "$@"; }
qemu_hook() { run_hook qemu "$@"; }

# watchers network|qemu: the pids of what this hook has left behind to see to ports; see common/run/watch.h.
watchers() {
	local exe
	for exe in /proc/[0-9]*/exe; do
		[ ! "$exe" -ef "/usr/sbin/virt-netboot-$1-hook" ] || say "$(basename "${exe%/exe}")"
	done
}

no_watchers() { [ "$(watchers "$1")" = "" ]; }

# No /sbin/bridge-stp, whatever the machine has: bridges with one are left alone.
no_stp_program() { [ ! -e /sbin/bridge-stp ] || mount --bind /dev/null /sbin/bridge-stp; }

# has_act_csum: whether this kernel fills checksums by filter.
has_act_csum() {
	tc actions add action csum udp index 1000 && tc actions delete action csum index 1000
} >/dev/null 2>&1

# hold_xtables_lock: until the process $lock is killed. somebody_waits: for that lock, the only one in the sandbox.
hold_xtables_lock() {
	flock --no-fork /run/xtables.lock sleep 60 &
	# shellcheck disable=SC2034 # for the caller
	lock=$!
	wait_for 5 xtables_lock_is_held
}
xtables_lock_is_held() { ! flock --nonblock /run/xtables.lock true; }
somebody_waits() { grep -q -- '-> FLOCK' /proc/locks; }

# use_legacy_tables: as on a host whose firewall is made of them, so that the hooks make rules towards the
# bridges of libvirt's networks, whatever else the kernel has.
use_legacy_tables() { iptables-legacy -t mangle -S >/dev/null && ip6tables-legacy -t mangle -S >/dev/null; }

# takes LOW HIGH COMMAND...: fails unless the command takes so many milliseconds.
takes() {
	local low=$1 high=$2 start=${EPOCHREALTIME/./} ms
	shift 2
	"$@"
	ms=$(((${EPOCHREALTIME/./} - start) / 1000))
	((ms >= low && ms <= high)) || fail "$*: took $ms ms, wanted $low to $high"
}

# network_xml NAME BRIDGE N [FEATURE]...: stdin of the network hook, for a network as serve
# BRIDGE N makes it. Features: tftp, dhcp6, nodhcp.
network_xml() {
	local name=$1 bridge=$2 n=$3 dhcp tftp='' dhcp6=''
	shift 3
	dhcp="<dhcp><range start='192.168.$n.10' end='192.168.$n.250'/></dhcp>"
	case " $* " in *' nodhcp '*) dhcp='' ;; esac
	case " $* " in *' tftp '*) tftp="<tftp root='/srv/tftp'/>" ;; esac
	case " $* " in *' dhcp6 '*) dhcp6="<dhcp><range start='fd00:$n::100' end='fd00:$n::1ff'/></dhcp>" ;; esac
	printf %s "<hookData>
  <network>
    <name>$name</name>
    <forward mode='nat'/>
    <bridge name='$bridge' stp='on' delay='15'/>
    <ip address='192.168.$n.1' netmask='255.255.255.0'>$tftp$dhcp</ip>
    <ip family='ipv6' address='fd00:$n::1' prefix='64'>$dhcp6</ip>
  </network>
</hookData>"
}

# port_xml NAME BRIDGE MAC: stdin of the network hook as a guest's interface with that address gets a
# port of a network that is the host's own BRIDGE.
port_xml() {
	printf %s "<hookData>
  <network>
    <name>$1</name>
    <forward mode='bridge'/>
    <bridge name='$2'/>
  </network>
  <networkport>
    <owner><name>web</name></owner>
    <mac address='$3'/>
    <plug type='bridge' bridge='$2'/>
  </networkport>
</hookData>"
}

# domain_xml NAME NIC...: stdin of the qemu hook for a guest with these interfaces (nic, network_nic).
# $boot=network makes it netboot; $type is kvm unless set.
domain_xml() {
	local name=$1
	shift
	printf %s "<domain type='${type:-kvm}'>
  <name>$name</name>
  <os><type arch='x86_64'>hvm</type><boot dev='${boot:-hd}'/></os>
  <devices>$*
  </devices>
</domain>"
}

# nic BRIDGE [MODEL [DRIVER]]: an <interface> on a host bridge; $target is its tap, where libvirt
# has made one already.
nic() {
	interface bridge "<source bridge='$1'/>" "${@:2}"
}

# network_nic NETWORK BRIDGE [MODEL [DRIVER]]: one on a network; without a BRIDGE, the empty string,
# as the XML is before "start".
network_nic() {
	local source="network='$1'"
	[ -z "$2" ] || source+=" bridge='$2'"
	interface network "<source $source/>" "${@:3}"
}

interface() {
	local tap=
	[ -z "${target:-}" ] || tap="<target dev='$target'/>"
	printf %s "
    <interface type='$1'>
      <mac address='52:54:00:00:00:99'/>
      $2$tap
      <model type='${3:-virtio}'/>
      <driver name='${4:-vhost}'/>
    </interface>"
}

# rules DEVICE: the checksum rules towards DEVICE, each after its family.
rules() {
	iptables-legacy -t mangle -S | sed -n "/ -o $1 .*CHECKSUM/s/^/ip4 /p"
	ip6tables-legacy -t mangle -S | sed -n "/ -o $1 .*CHECKSUM/s/^/ip6 /p"
}

# expect_rules DEVICE [FAMILY:PORT]...: exactly these rules, all of them ours. PORT is that of the
# receiver; "udp" means any.
expect_rules() {
	local dev=$1
	shift
	is "checksum rules of $dev" "$(rules "$dev" | summary | sort)" \
		"$(printf '%s\n' "$@" | sort)"
}

# A rule of ours as FAMILY:PORT; any other stays as it is, for expect_rules to complain.
summary() {
	local ours='-m comment --comment "?virt-netboot[^ ]* -j CHECKSUM --checksum-fill'
	sed -E -e "s/^(ip.) -A POSTROUTING -o [^ ]+ -p udp -m udp --dport ([0-9]+) $ours\$/\1:\2/" \
		-e "s/^(ip.) -A POSTROUTING -o [^ ]+ -p udp $ours\$/\1:udp/"
}

# kernel_state: everything a hook could change, without what changes by itself: timers, carrier,
# and what follows from them. A bridge forgets addresses sooner after a topology change.
kernel_state() {
	ip -d link | sed -E 's/(_timer|topology_change[_a-z]*|config_pending|ageing_time| state) +[^ ]+/\1/g
		s/NO-CARRIER,|,LOWER_UP//g'
	iptables-legacy-save -t mangle | without_counters
	ip6tables-legacy-save -t mangle | without_counters
}

# same_state WHAT BEFORE: the kernel's state is what kernel_state said before.
same_state() {
	local differences
	differences=$(diff <(cat <<<"$2") <(kernel_state)) || fail "$1 changed the kernel's state:
$differences"
}

# untouched COMMAND...: the command leaves the kernel's state as it is.
untouched() {
	local before
	before=$(kernel_state)
	"$@"
	same_state "$*" "$before"
}

without_counters() { sed -E '/^#/d; s/\[[0-9]+:[0-9]+\]//'; }

# config: stdin becomes the configuration file.
config() { cat >/etc/virt-netboot.conf; }

# The log. log_settled waits until what was sent before has arrived.
log_settled() {
	local mark=settled-$RANDOM$RANDOM
	logger --socket /dev/log "$mark"
	wait_for 5 grep -q "$mark" "$SYSLOG"
}

log_forget() {
	log_settled
	: >"$SYSLOG"
}

log_lines() { log_settled && sed -n 's/^<[0-9]*>virt-netboot\[[0-9]*\]: //p' "$SYSLOG"; }

# logged REGEX: somewhere in one line since log_forget. What the guard itself has to say comes from a process
# that the hook does not wait for, so it may come a little later.
logged() {
	local end=$((SECONDS + 6))
	until log_has "$1"; do
		[ "$SECONDS" -lt "$end" ] || fail "not in the log: $1"
		sleep 0.05
	done
}

# grep stops at the first, and what would still write to it then dies of a broken pipe; so the lines are collected
# before.
log_has() {
	local lines
	lines=$(log_lines)
	grep -qE -- "$1" <<<"$lines"
}
not_logged() { ! log_lines | grep -E -- "$1" || fail "should not be in the log: $1"; }
nothing_logged() { is "the log" "$(log_lines)" ""; }
