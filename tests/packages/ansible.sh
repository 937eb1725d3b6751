#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# packaging/fleet: the playbook, run for real by Ansible, with the package that `make deb` made,
# on a machine that is this one under layers: dpkg writes into memory, and all else is read-only.

. "$(dirname "$0")/../lib/testlib.sh"
sandbox "$@"

: "${PACKAGES:=$SRC/build/packages}"

need ansible-playbook dpkg-deb
/usr/bin/python3 -c 'import apt' 2>/dev/null || skip "needs python3-apt (scripts/setup installs it)"
deb=$(find "$PACKAGES" -name 'virt-netboot_*.deb' 2>/dev/null | sort -V | tail -n 1)
[ -n "$deb" ] || skip "needs a package in $PACKAGES (make deb)"

# layer FOLDER: what is written there from now on is the sandbox's own, and in /tmp/written.
layer() {
	local name=${1#/}
	mkdir -p "/tmp/written/$name" "/tmp/layers/$name"
	mount -t overlay -o "lowerdir=$1,upperdir=/tmp/written/$name,workdir=/tmp/layers/$name" layer "$1"
}

# A package on the controller; the layers may hide where it was built.
mkdir /tmp/controller
cp "$deb" /tmp/controller
deb=/tmp/controller/${deb##*/}

layer /usr
layer /var
# What takes time and is not asked for: to read each time what the mirrors have, and to index manuals.
mount -t tmpfs lists /var/lib/apt/lists
rm -f /var/lib/man-db/auto-update
mount -o remount,bind,ro /

# Ansible wants UTF-8, and a home to write to. Nothing of the machine's own settings counts.
export LC_ALL=C.UTF-8 HOME=/tmp/controller
: >/tmp/controller/ansible.cfg
export ANSIBLE_CONFIG=/tmp/controller/ansible.cfg ANSIBLE_NOCOLOR=1 ANSIBLE_PIPELINING=1 ANSIBLE_RETRY_FILES_ENABLED=0
export DEBIAN_FRONTEND=noninteractive

inventory=/tmp/controller/hosts
cat >$inventory <<END
[hypervisors]
here

[all:vars]
ansible_connection=local
ansible_python_interpreter=/usr/bin/python3
ansible_become=false
ansible_remote_tmp=/tmp/remote
END

# play ARGUMENT...: what it says is in $said.
play() { said=$(ansible-playbook --inventory "$inventory" "$SRC/packaging/fleet/site.yml" "$@" 2>&1); }

# changes WANTED ARGUMENT...: it works, and that many tasks change something.
changes() {
	local wanted=$1 got
	shift
	play "$@" || fail "ansible-playbook $*: $said"
	got=$(sed -n 's/^here .* changed=\([0-9]*\) .*/\1/p' <<<"$said")
	[ "$got" = "$wanted" ] || fail "ansible-playbook $*: changed=$got, wanted $wanted: $said"
}

says() { [[ $said == *"$1"* ]] || fail "not said: '$1', but: $said"; }

# state: what the role is about, and what it might touch by mistake: all of /etc, whatever has our name elsewhere, and
# dpkg's packages; of folders not when. Other programs on the machine may write elsewhere while the role runs.
state() {
	{
		find /etc /run /tmp/written -xdev \( -path '/etc*' -o -path '*virt-netboot*' \) \
			\( -type d -printf '%p %M %u\n' -o -printf '%p %M %u %s %T@ %l\n' \)
		dpkg-query -W -f '${binary:Package} ${Version} ${Status}\n'
	} | sort
}

# changed_files: whose line in state is another than in $before.
changed_files() { comm -3 <(printf '%s\n' "$before") <(state) | awk '{ print $1 }' | sort -u | xargs; }

remember() { before=$(state); }

same() { is "changed" "$(changed_files)" ""; }

hook() { readlink "/etc/libvirt/hooks/$1" || true; }

in_place() {
	is "network hook" "$(hook network)" /usr/sbin/virt-netboot-network-hook
	is "qemu hook" "$(hook qemu.d/50-virt-netboot)" /usr/sbin/virt-netboot-qemu-hook
}

not_in_place() {
	is "hooks" "$(find /etc/libvirt/hooks ! -type d)" /etc/libvirt/hooks/qemu
	foreign
}

foreign() { cmp /etc/libvirt/hooks/qemu /tmp/controller/foreign; }

installed() { [[ $(dpkg-query -W -f '${Status}' virt-netboot 2>/dev/null) == *" installed" ]]; }

# A host that has never had it, with a hook of somebody else's.
dpkg --purge virt-netboot >/dev/null 2>&1 || true
rm -rf /etc/libvirt/hooks /etc/virt-netboot.conf* /var/cache/virt-netboot
mkdir -p /etc/libvirt/hooks
printf '#!/bin/sh\nexit 0\n' >/tmp/controller/foreign
install -m 755 /tmp/controller/foreign /etc/libvirt/hooks/qemu

package=(-e "virt_netboot_package=$deb")
config=(-e '{"virt_netboot_config": {"bridge": {"hold": "edge", "bpdu-guard": true}, "hook": {"deadline": 3}}}')

say "the playbook can be read"
play --syntax-check || fail "$said"

say "what is not accepted is refused before anything changes, with what is"
remember
cat >/tmp/controller/bad.yml <<END
hypervisors:
  hosts:
    value: {virt_netboot_config: {bridge: {hold: never}}}
    flag: {virt_netboot_config: {checksum: {rewrite: maybe}}}
    key: {virt_netboot_config: {bridge: {hols: edge}}}
    section: {virt_netboot_config: {brigde: {hold: edge}}}
    low: {virt_netboot_config: {hook: {deadline: "0"}}}
    zero: {virt_netboot_config: {hook: {deadline: 0}}}
    lie: {virt_netboot_config: {hook: {deadline: no}}}
    high: {virt_netboot_config: {hook: {deadline: 61}}}
    text: {virt_netboot_config: {hook: {deadline: 2s}}}
    truth: {virt_netboot_config: {hook: {deadline: yes}}}
    state: {virt_netboot_state: latest}
    package: {virt_netboot_package: /tmp/virt-netboot.rpm}
END
# All hosts at once, where the playbook would begin with one and end with that.
sed '/serial:/,/max_fail/d' packaging/fleet/site.yml >/tmp/controller/at-once.yml
said=$(ANSIBLE_ROLES_PATH=$SRC/packaging/fleet/roles ansible-playbook --inventory "$inventory" \
	--inventory /tmp/controller/bad.yml --limit '!here' /tmp/controller/at-once.yml 2>&1) &&
	fail "not refused: $said"
is "hosts that were refused" "$(grep -c 'changed=0 .* failed=1 ' <<<"$said")" 12
says "value of hold must be one of: auto, edge, min-delay, stp-off, report, got: never found in virt_netboot_config -> bridge"
says "argument 'rewrite' is of type"
says "'yes'"
says "virt_netboot_config.bridge.hols. Supported parameters include: bpdu-guard, hold"
says "virt_netboot_config.brigde. Supported parameters include: bridge, checksum, firewall, hook"
for got in 0 61 True False; do
	says "value of deadline must be a whole number of seconds from 1 to 60, got: $got found in virt_netboot_config"
done
says "argument 'deadline' is of type"
says "value of virt_netboot_state must be one of: present, absent, got: latest"
says "virt_netboot_package is /tmp/virt-netboot.rpm, and this host installs packages with apt"
same

say "a host that has nothing: --check tells, and does nothing"
play --check --diff "${package[@]}" "${config[@]}" || fail "$said"
says "+hold = edge"
same

say "the first run installs and leaves the packaged configuration alone; the second does nothing"
play "${package[@]}" || fail "$said"
[[ $said != *" changed=0 "* ]] || fail "nothing changed: $said"
installed || fail "no package"
in_place
foreign
cmp /etc/virt-netboot.conf "$SRC/packaging/virt-netboot.conf"
remember
changes 0 "${package[@]}"
same

say "a configuration: --check --diff shows it, one task and one file change"
changes 1 --check --diff "${package[@]}" "${config[@]}"
says "+hold = edge"
same
changes 1 "${package[@]}" "${config[@]}"
is "changed" "$(changed_files)" /etc/virt-netboot.conf
is "configuration" "$(grep -v '^#' /etc/virt-netboot.conf)" "
[bridge]
bpdu-guard = yes
hold = edge

[hook]
deadline = 3"
is "mode and owner" "$(stat -c '%a %U %G' /etc/virt-netboot.conf)" "644 root root"

say "switched off and on, told by --check before"
remember
changes 1 --check "${package[@]}" "${config[@]}" -e virt_netboot_enabled=false
same
changes 1 "${package[@]}" "${config[@]}" -e virt_netboot_enabled=false
not_in_place
remember
changes 0 "${package[@]}" "${config[@]}" -e virt_netboot_enabled=false
same
changes 1 "${package[@]}" "${config[@]}"
in_place
foreign

say "removed: the configuration stays until it is asked for"
changes 2 "${package[@]}" -e virt_netboot_state=absent
! installed || fail "still installed"
not_in_place
[ ! -e /var/cache/virt-netboot ] || fail "the copy of the package is still there"
grep -q 'hold = edge' /etc/virt-netboot.conf
play "${package[@]}" -e virt_netboot_state=absent -e virt_netboot_purge=true || fail "$said"
[ ! -e /etc/virt-netboot.conf ] || fail "the configuration is still there"
is "package" "$(dpkg-query -W -f '${Status}' virt-netboot 2>/dev/null || true)" ""
remember
changes 0 "${package[@]}" -e virt_netboot_state=absent -e virt_netboot_purge=true
same
not_in_place

say "the configuration is there before the package, and stays when that is installed"
play "${package[@]}" "${config[@]}" || fail "$said"
grep -q 'hold = edge' /etc/virt-netboot.conf || fail "$(cat /etc/virt-netboot.conf)"
in_place
