#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# virt-netboot repair --firewall: where a probe shows that a real firewall drops a guest's request, what that firewall
# offers is done, and the next probe is answered; again, and there is nothing to do; --undo, and all rules are as they
# were. What may not be done is told with its cure, and nothing is changed. And what other people do meanwhile, and
# a kill at any moment. With FIREWALLS_ROOT=DIRECTORY in the environment firewalld and ufw are those of another Debian,
# which is there. FIREWALL_KILLS=120 kills it more often.
#
# Runs by case: each waits for servers and firewalls most of its time.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/drops.sh"
. "$SRC/tests/lib/firewalls.sh"
. "$SRC/tests/lib/roots.sh"
. "$SRC/tests/lib/probe.sh"
sandbox "$@"
need dnsmasq jq nft iptables-legacy iptables-nft ufw firewalld firewall-cmd dbus-daemon

: "${FIREWALL_KILLS:=20}"
NETBOOT="$HOOKS/virt-netboot"
REPAIRED=/tmp/repaired

# repair STATUS [OPTION]...: what it prints is in $REPAIRED. There is no libvirt here, and it says so. SIGNAL ends it
# after AFTER seconds.
repair() {
	local wanted=$1 status=0
	shift
	"$NETBOOT" repair --format json "$@" >"$REPAIRED" 2>"$REPAIRED.errors" || status=$?
	say "repair $*: $status $(jq -c '[.changes, .left]' "$REPAIRED")"
	# The other may be said where firewalld is of another Debian than libnftables.
	sed -i -e '/libvirt.s daemon cannot be reached/d' -e "/table inet 'firewalld' are not read/d" "$REPAIRED.errors"
	is "exit status" "$status" "$wanted"
	[ "$wanted" = 3 ] || [ ! -s "$REPAIRED.errors" ] || fail "$(cat "$REPAIRED.errors")"
}
# repairs BRIDGE [OPTION]...: what a firewall drops there.
repairs() { repair "$1" --firewall --bridge "${@:2}"; }

told() { is "$1" "$(jq -r "$1" "$REPAIRED")" "$2"; }
# did ACTION...: these changes, and no other of firewalls.
did() {
	told '[.changes[] | select(.action | test("zone|docker|reload")) | .action + ":" + .result] | join(" ")' "$*"
}
left() { told '[.left[].finding] | join(" ")' "$*"; }
cure() { told '.left[0].cure' "$1"; }

# ask BRIDGE: what the kernel does to checksums is no business of a firewall.
ask() { probe --firmware --bridge "$1"; }
boots() {
	ask "$1"
	is "exit status" "$probed" 0
}
blamed() {
	ask "$1"
	is "exit status" "$probed" 2
	sees '.request.drops[0].owner' "$2"
}

# all_rules: of every table, without what counts packets and without numbers that the kernel gives in turn.
all_rules() {
	nft list ruleset | sed -E 's/counter packets [0-9]+ bytes [0-9]+/counter/'
	iptables-nft-save 2>/dev/null | tables
	ip6tables-nft-save 2>/dev/null | tables
	iptables-legacy-save | tables
	ip6tables-legacy-save | tables
}
tables() { sed -E -e '/^#/d' -e 's/\[[0-9]+:[0-9]+\]//'; }
keep_rules() { all_rules >"/tmp/rules.${1:-before}"; }
rules_are() {
	keep_rules now
	diff "/tmp/rules.${1:-before}" /tmp/rules.now || fail "rules are not as ${1:-before}"
}

# repair_others BRIDGE: what is no firewall's, so that it is not done beside what is looked at.
repair_others() { repair 0 --bridge "$1"; }

# nothing_done BRIDGE CURE: it is told, and nothing is changed at all.
nothing_done() {
	repair_others "$1"
	keep_rules
	repairs 2 "$1"
	told '.changes | length' 0
	cure "$2"
	rules_are
}

# round OWNER BRIDGE ACTION...: the fault; told; done; passes; nothing more to do; taken back; the fault.
round() {
	local owner=$1 bridge=$2
	shift 2
	blamed "$bridge" "$owner"
	keep_rules first
	repair_others "$bridge"
	keep_rules
	repairs 1 "$bridge" --dry-run
	told '.dry_run' true
	did "${@/%/:planned}"
	rules_are
	repairs 0 "$bridge"
	did "${@/%/:done}"
	boots "$bridge"
	keep_rules repaired
	repairs 0 "$bridge"
	told '.changes | length' 0
	rules_are repaired
	repair 0 --undo
	rules_are first
	blamed "$bridge" "$owner"
}

# ---- firewalld ------------------------------------------------------------------------------------------------------

zone() { there firewall-cmd -q --zone="$1" --change-interface=br0; }
zone_of() { there firewall-cmd --get-zone-of-interface=br0 2>&1 || :; }
TO_PUBLIC='firewall-cmd --zone=public --add-service=dhcp --add-service=tftp'

# nothing_noted: of the zone that was set.
nothing_noted() { ! grep -rq guests /run/virt-netboot || fail "a note of the zone is left"; }

# make_zone NAME SERVICE...: as an administrator makes one for bridges with guests: as public, and these services. No
# interface of it reaches another one.
make_zone() {
	local name=$1 service
	shift
	{
		echo '<zone><short>guests</short><service name="ssh"/><service name="dhcpv6-client"/>'
		for service; do echo "<service name=\"$service\"/>"; done
		echo '</zone>'
	} >"${FIREWALLS_ROOT:-}/etc/firewalld/zones/$name.xml"
}

# use_guests: the zone has an interface. firewalld makes the chains of a zone when it is used for the first time, and
# keeps them.
use_guests() { there firewall-cmd -q --zone=guests --add-interface=spare0; }

# The zones that there are would cut off what the host lets in, or open more than guests need.
firewalld_told() {
	firewalld_start
	say "firewalld $(there firewall-cmd --version)"
	blamed br0 "firewalld (zone public)"
	nothing_done br0 "$TO_PUBLIC"
	is "zone" "$(zone_of)" 'no zone'
	zone drop
	nothing_done br0 "${TO_PUBLIC/public/drop}"
	is "zone" "$(zone_of)" drop
	zone public
	nothing_done br0 "$TO_PUBLIC"
	say "the cure that it prints"
	there bash -ec "$(jq -r '.left[0].cure' "$REPAIRED")"
	repairs 0 br0
	did
	left
	firewalld_stop
}

firewalld_zone() {
	make_zone guests dhcp tftp
	firewalld_start
	use_guests
	say "in the default zone"
	round "firewalld (zone public)" br0 set-firewalld-zone
	is "zone" "$(zone_of)" 'no zone'
	nothing_noted
	zone public
	say "in a zone"
	round "firewalld (zone public)" br0 set-firewalld-zone
	is "zone" "$(zone_of)" public

	repairs 0 br0
	left firewalld-zone
	told '.left[0].severity' notice
	cure 'firewall-cmd --permanent --zone=guests --change-interface=br0'
	is "zone" "$(zone_of)" guests
	is "permanent" "$(there firewall-cmd --permanent --get-zone-of-interface=br0 2>&1 || :)" 'no zone'
	say "somebody chooses another one"
	zone work
	repair 0 --undo
	did
	is "zone" "$(zone_of)" work
	say "a reload forgets it, and then it is not ours either"
	zone public
	repairs 0 br0
	is "zone" "$(zone_of)" guests
	there firewall-cmd -q --reload
	repair 0 --undo
	did
	is "zone" "$(zone_of)" 'no zone'
	nothing_noted
	firewalld_stop
}

# Who has run the command that was printed has the bridge in that zone by his own choice, before a reload and after it.
firewalld_kept() {
	local keep='firewall-cmd -q --permanent --zone=guests --change-interface=br0' reload
	make_zone guests dhcp tftp
	firewalld_start
	use_guests
	for reload in '' 'firewall-cmd -q --reload'; do
		zone public
		repairs 0 br0
		there bash -ec "$keep; $reload"
		is "zone" "$(zone_of)" guests
		repair 0 --undo
		did
		is "zone after --undo" "$(zone_of)" guests
		nothing_noted
		there firewall-cmd -q --permanent --zone=guests --remove-interface=br0
	done
	firewalld_stop
}

# drop_in_zone ZONE: it drops DHCP, whatever it says that it lets in.
drop_in_zone() {
	sed -i 's,</zone>,<rule priority="-1" family="ipv4"><service name="dhcp"/><drop/></rule></zone>,' \
		"${FIREWALLS_ROOT:-}/etc/firewalld/zones/$1.xml"
}
use_vain_guests() {
	make_zone guests dhcp
	drop_in_zone guests
	make_zone public
	drop_in_zone public
	firewalld_start
	use_guests
	zone public
}

# A zone that lets DHCP in by what it says, and drops it all the same: it is left at once.
firewalld_in_vain() {
	use_vain_guests
	blamed br0 "firewalld (zone public)"
	repair_others br0
	keep_rules
	repairs 2 br0
	did set-firewalld-zone:done set-firewalld-zone:done
	told '[.changes[] | select(.action == "set-firewalld-zone") | .from + ">" + .to] | join(" ")' \
		'public>guests guests>public'
	told '.left[0].advice | contains("taken back")' true
	told '[.changes[].why] | join("; ")' 'its zone drops what a probe sends; it was not shown to help'
	rules_are
	is "zone" "$(zone_of)" public
	repair 0 --undo
	did
	firewalld_stop
}

# start_repair BRIDGE: and it goes on; $pid is its.
start_repair() {
	# What the one before has said is no sign of this one.
	: >"$REPAIRED"
	"$NETBOOT" repair --firewall --bridge "$1" >"$REPAIRED" 2>"$REPAIRED.errors" &
	pid=$!
}

# The probe that would show whether a zone helps takes seconds. Where somebody chooses another one meanwhile, that stays.
firewalld_changed_meanwhile() {
	local pid status=0
	use_vain_guests
	repair_others br0
	start_repair br0
	wait_for 20 grep -q set-firewalld-zone "$REPAIRED"
	zone work
	wait "$pid" || status=$?
	say "$status: $(cat "$REPAIRED" "$REPAIRED.errors")"
	is "zone" "$(zone_of)" work
	is "changes" "$(grep -c set-firewalld-zone "$REPAIRED")" 1
	! grep -q 'taken back' "$REPAIRED" || fail "nothing was taken back"
	grep -q "zone of bridge 'br0' was changed meanwhile" "$REPAIRED.errors" || fail "nothing is said"
	nothing_noted
	repair 0 --undo
	did
	is "zone" "$(zone_of)" work
	firewalld_stop
}

# ---- Docker ---------------------------------------------------------------------------------------------------------

# docker_round VERSION nft|legacy
docker_round() {
	say "Docker $1, $2"
	fresh
	docker_rules "$SRC/tests/fixtures/docker/$1.rules" "$2"
	nf_call 1
	round Docker lan add-docker-user-rule
}
docker_nft() {
	[ -e "$NF_CALL" ] || skip "this kernel has no br_netfilter"
	docker_round 28.5.2 nft
	docker_round 20.10.24 nft
	say "both families"
	sed -e '/^\*nat/,/^COMMIT/d' "$SRC/tests/fixtures/docker/28.5.2.rules" | sed 's,172.17.0.0/16,fd00:d0::/64,' >/tmp/docker6
	fresh
	docker_rules "$SRC/tests/fixtures/docker/28.5.2.rules" nft
	ip6tables-nft-restore </tmp/docker6
	nf_call 1
	round Docker lan add-docker-user-rule add-docker-user-rule
}
docker_legacy() {
	[ -e "$NF_CALL" ] || skip "this kernel has no br_netfilter"
	docker_round 28.5.2 legacy
	docker_round 20.10.24 legacy
}

# What an administrator has in that chain stays first, and what he puts there later is told.
docker_administrator() {
	[ -e "$NF_CALL" ] || skip "this kernel has no br_netfilter"
	docker_rules "$SRC/tests/fixtures/docker/28.5.2.rules" nft
	nf_call 1
	iptables-nft -I DOCKER-USER -p tcp --dport 25 -j DROP
	blamed lan Docker
	nothing_done lan 'iptables -I DOCKER-USER -i lan -o lan -j ACCEPT'
	told '.left[0].advice | contains("rules that this one would come before")' true
	iptables-nft -D DOCKER-USER -p tcp --dport 25 -j DROP
	say "one that is for another device"
	iptables-nft -I DOCKER-USER -i docker0 -j DROP
	repairs 0 lan
	did add-docker-user-rule:done
	boots lan
	say "later, and before ours"
	iptables-nft -I DOCKER-USER -p udp --dport 67 -j DROP
	ask lan
	sees '.request.drops[0].chain' DOCKER-USER
	nothing_done lan 'nft -a list chain ip filter DOCKER-USER'
	repair 0 --undo
	did remove-docker-user-rule:done
	is "rules" "$(iptables-nft -S DOCKER-USER | grep -c -e '-A')" 2
}

# ---- what is a person's to decide -----------------------------------------------------------------------------------

ufw_told() {
	ufw_start "$1"
	blamed br0 ufw
	nothing_done br0 'ufw allow in on br0 to any port 67 proto udp'
	there ufw --force disable
}
ufw_nft() { ufw_told nft; }
ufw_legacy() { ufw_told legacy; }

administrators_rule() {
	base inet in input drop
	ask br0
	nothing_done br0 'nft -a list chain inet site in'
	nft flush ruleset
	say "nobody's, and nothing to do"
	keep_rules
	repairs 0 br0
	did
	left
	rules_are
	say "no server"
	repairs 2 none
	did
	left dhcp-none
	rules_are
}

# Docker's drop, and behind it somebody else's: the one is repaired, the other is told.
two_drops() {
	[ -e "$NF_CALL" ] || skip "this kernel has no br_netfilter"
	docker_rules "$SRC/tests/fixtures/docker/28.5.2.rules" nft
	nf_call 1
	nft add table inet site
	nft add chain inet site forward '{ type filter hook forward priority 10; policy accept; }'
	nft add rule inet site forward udp dport 67 drop
	blamed lan Docker
	keep_rules
	repairs 2 lan
	did add-docker-user-rule:done
	left firewall-drop
	cure 'nft -a list chain inet site forward'
	repair 0 --undo
	rules_are
}

# ---- at any moment --------------------------------------------------------------------------------------------------

# killed_often BRIDGE TIMES: then --undo makes it as before, where there was something to be taken back, and where not.
killed_often() {
	local i pid undone=0
	repair_others "$1"
	repair 0 --undo
	keep_rules
	for ((i = 0; i < $2; i++)); do
		"$NETBOOT" repair --firewall --bridge "$1" >/dev/null 2>&1 &
		pid=$!
		sleep "$((RANDOM % 2)).$(printf %03d $((RANDOM % 1000)))"
		kill -KILL "$pid" 2>/dev/null || :
		wait "$pid" 2>/dev/null || :
		wait_for 5 no_probe
		repair 0 --undo >/dev/null
		[ "$(jq '[.changes[] | select(.action | test("zone|docker"))] | length' "$REPAIRED")" = 0 ] || undone=$((undone + 1))
		rules_are
	done
	say "$2 killed, $undone of them with something to take back"
	# A few may all have been killed before or after.
	[ "$2" -lt 30 ] || { [ "$undone" -gt 0 ] && [ "$undone" -lt "$2" ]; } || fail "killed at the same moment"
}
no_probe() { ! nft list tables | grep -q virt-netboot && ! ls -d /sys/class/net/*probe* 2>/dev/null; }

killed_docker() {
	[ -e "$NF_CALL" ] || skip "this kernel has no br_netfilter"
	docker_rules "$SRC/tests/fixtures/docker/28.5.2.rules" nft
	nf_call 1
	killed_often lan "$FIREWALL_KILLS"
}
killed_zone() {
	make_zone guests dhcp tftp
	firewalld_start
	use_guests
	killed_often br0 "$((FIREWALL_KILLS / 2))"
	zone public
	killed_often br0 "$((FIREWALL_KILLS / 2))"
	is "zone" "$(zone_of)" public
	nothing_noted
	firewalld_stop
}

# Ctrl-C between what was done and the probe that would show whether it helps: who drops is known, and told.
interrupted() {
	[ -e "$NF_CALL" ] || skip "this kernel has no br_netfilter"
	local pid
	docker_rules "$SRC/tests/fixtures/docker/28.5.2.rules" nft
	nf_call 1
	keep_rules
	start_repair lan
	wait_for 20 grep -q add-docker-user-rule "$REPAIRED"
	kill -TERM "$pid"
	! wait "$pid" || fail "succeeds"
	grep -q remove-docker-user-rule "$REPAIRED" || fail "$(cat "$REPAIRED" "$REPAIRED.errors")"
	grep -q 'was interrupted' "$REPAIRED.errors" || fail "$(cat "$REPAIRED.errors")"
	left_with_cure
	rules_are
}
left_with_cure() {
	say "$(cat "$REPAIRED" "$REPAIRED.errors")"
	grep -q '^finding=firewall-drop .*cure="iptables -I DOCKER-USER -i lan -o lan -j ACCEPT"' "$REPAIRED" ||
		fail "who drops is told to nobody"
	! grep -q 'did not help' "$REPAIRED" || fail "nobody knows whether it helps"
}

# That probe fails: the bridge goes down.
next_probe_fails() {
	[ -e "$NF_CALL" ] || skip "this kernel has no br_netfilter"
	local pid
	docker_rules "$SRC/tests/fixtures/docker/28.5.2.rules" nft
	nf_call 1
	keep_rules
	start_repair lan
	wait_for 20 grep -q add-docker-user-rule "$REPAIRED"
	ip link set lan down
	! wait "$pid" || fail "succeeds"
	ip link set lan up
	grep -q remove-docker-user-rule "$REPAIRED" || fail "$(cat "$REPAIRED" "$REPAIRED.errors")"
	left_with_cure
	rules_are
}

# It may be starting, and then delete what was repaired.
firewalld_silent() {
	firewalld_start
	kill -STOP "$(cat /run/firewalld-pid)"
	repair 3 --bridge br0
	grep -q 'firewalld did not answer within 20 s' "$REPAIRED.errors" || fail "$(cat "$REPAIRED.errors")"
	firewalld_stop
	repair 0 --bridge br0
}

# What is in use once stays so, and is not to make a difference.
before_each() {
	fresh
	iptables-legacy -t mangle -S >/dev/null
	ip6tables-legacy -t mangle -S >/dev/null
	rm -rf "${FIREWALLS_ROOT:-}"/etc/firewalld/zones/*
}

enter_firewalls_root
use_iptables nft
add_bridge br0
serve br0 91 ip4
add_bridge lan
ip netns add far
ip link add up0 type veth peer name far0 netns far
ip link set up0 master lan up
ip -n far link set far0 up
add_bridge none
# shellcheck disable=SC2016 # for the inner shell
TEST_CASE='' ip netns exec far bash -c \
	'. "$SRC/tests/lib/testlib.sh" && . "$SRC/tests/lib/topology.sh" && serve far0 92 ip4'

cases firewalld_silent firewalld_told firewalld_zone firewalld_kept firewalld_in_vain firewalld_changed_meanwhile docker_nft docker_legacy docker_administrator \
	ufw_nft ufw_legacy administrators_rule two_drops interrupted next_probe_fails killed_docker killed_zone
