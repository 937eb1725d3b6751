#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# migrate and restore: the qemu hook answers with the guest's XML, and <driver name='qemu'/> in it, or
# what amounts to that, where the host cannot fill checksums for an interface that vhost-net will serve, and
# with nothing in every other case. libvirtd gets a whole document or not one byte, whatever the stylesheet does, whoever does not
# read, and at whatever moment the hook is killed. A stylesheet reads and writes nothing.
#
# "Cannot fill" is a guest on a macvtap and mechanism = ethtool, which is so on every kernel.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
sandbox "$@"
need dnsmasq xmllint
hooks_start

HOOK=/usr/sbin/virt-netboot-qemu-hook
OVERRIDE=/etc/virt-netboot/xslt/driver-qemu.xsl
GUEST=/tmp/guest.xml
ANSWER=/tmp/answer.xml
WANTED=/tmp/wanted.xml

# direct_guest [METADATA [DRIVER-ATTRIBUTES]]: a guest that has the fault.
direct_guest() {
	printf '%s' "<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
  <name>web &amp; mail</name>
  <!-- keep me -->
  <metadata><o:x xmlns:o='urn:other'><interface/></o:x>${1:-}</metadata>
  <devices>
    <interface type='direct'>
      <mac address='52:54:00:00:00:99'/>
      <source dev='eth8' mode='bridge'/>
      <model type='virtio'/>
      <driver ${2:-name='vhost' queues='2' txmode='iothread'}>
        <host csum='off'/>
      </driver>
    </interface>
    <interface type='user'><mac address='52:54:00:00:00:98'/><model type='virtio'/></interface>
  </devices>
  <qemu:commandline><qemu:arg value='-nothing'/></qemu:commandline>
</domain>"
}

config_cannot_fill() { config <<<$'[checksum]\nmechanism = ethtool'; }

# answer OPERATION <XML: the hook's stdout goes to $ANSWER; it has to end with 0 and in time.
answer() {
	local status=0
	timeout "${DEADLINE:-10}" "$HOOK" web "$1" begin - >"$ANSWER" 2>/tmp/stderr || status=$?
	is "exit status of $1" "$status" 0
	is "stderr of $1" "$(cat /tmp/stderr)" ""
}

silent() {
	answer "$@"
	[ ! -s "$ANSWER" ] || fail "$1: wrote $(head -c 200 "$ANSWER")"
}

same_xml() { is "$1" "$(xmllint --c14n "$2")" "$(xmllint --c14n "$3")"; }

rewrites() {
	local operation
	for operation in migrate restore; do
		log_forget
		answer "$operation" <"$GUEST"
		same_xml "answer to $operation" "$ANSWER" "$WANTED"
		logged '^finding=vhost-exposed severity=notice guest="web & mail" interface=52:54:00:00:00:99 .*nothing that can complete its checksums.* advice="set mechanism = auto under \[checksum\] in virt-netboot.conf" repaired=yes'
		logged '^action=rewrite-driver guest="web & mail" interface=52:54:00:00:00:99 result=done'
	done
	# What is as it should be is not written again.
	cp "$ANSWER" /tmp/first.xml
	silent restore </tmp/first.xml
	log_forget
	for operation in prepare start started reconnect stopped release attach; do
		silent "$operation" <"$GUEST"
	done
	not_logged 'rewrite-driver'
}

# without_driver BACKEND: the guest without any <driver>, for which libvirt takes none; see
# xslt/driver-qemu.xsl.
without_driver() { sed -e '/<driver/,/<\/driver>/d' -e "s|<model type='virtio'/>\$|&$1|" "$GUEST"; }
gets_no_driver() {
	without_driver '' | answer restore
	without_driver "<backend vhost='/dev/null/virt-netboot'/>" >/tmp/wanted-backend.xml
	is "answer without its new lines" "$(xmllint --c14n "$ANSWER" | tr -d ' \n')" \
		"$(xmllint --c14n /tmp/wanted-backend.xml | tr -d ' \n')"
	cp "$ANSWER" /tmp/first.xml
	silent restore </tmp/first.xml
	without_driver "<backend tap='/dev/net/tun' vhost='/dev/vhost-net'/>" | answer migrate
	same_xml "answer with a <backend>" "$ANSWER" \
		<(without_driver "<backend tap='/dev/net/tun' vhost='/dev/null/virt-netboot'/>")
}

# A pair for failover has one MAC address; the other one is a card of the host's.
failover_pair() {
	local hostdev="<interface type='hostdev'><mac address='52:54:00:00:00:99'/><source><address type='pci' domain='0' bus='1' slot='0' function='0'/></source><teaming type='transient' persistent='ua-1'/></interface>"
	sed "s|^    <interface type='direct'>|    $hostdev&|" "$GUEST" | answer migrate
	same_xml "answer with a pair for failover" "$ANSWER" \
		<(sed "s|^    <interface type='direct'>|    $hostdev&|" "$WANTED")
}

# Nothing is written where nothing is wrong, or nobody wants it.
says_nothing() {
	: >/etc/virt-netboot.conf
	if has_act_csum || legacy_tables; then
		silent restore <"$GUEST"
	fi
	config_cannot_fill
	sed 's/kvm/qemu/' "$GUEST" | silent restore
	sed 's/eth8/eth9/' "$GUEST" | silent restore
	direct_guest '' "name='qemu'" | silent restore
	config <<<$'[checksum]\nmechanism = ethtool\nrewrite = no'
	silent restore <"$GUEST"
	config <<<$'[checksum]\nmechanism = none'
	silent restore <"$GUEST"
}

legacy_tables() { iptables-legacy -t mangle -S; } >/dev/null 2>&1

# The guest's own word counts for more than the configuration.
metadata() { direct_guest "<nb:netboot xmlns:nb='urn:virt-netboot:1' $1/>"; }
obeys_metadata() {
	: >/etc/virt-netboot.conf
	metadata "checksum='ethtool'" | answer restore
	[ -s "$ANSWER" ] || fail "checksum='ethtool' in the metadata was not heeded"
	config_cannot_fill
	metadata "rewrite='no'" | silent restore
	metadata "checksum='none'" | silent restore
	config <<<$'[checksum]\nmechanism = ethtool\nrewrite = no'
	metadata "rewrite='yes'" | answer restore
	[ -s "$ANSWER" ] || fail "rewrite='yes' in the metadata was not heeded"
	log_forget
	config_cannot_fill
	metadata "rewrite='perhaps' colour='blue'" | answer restore
	[ -s "$ANSWER" ] || fail "a wrong value in the metadata had an effect"
	logged "warning=\"<netboot rewrite='perhaps'> in <metadata> is ignored; accepted: no, yes\""
	logged 'warning="<netboot colour=> in <metadata> is not known and ignored; accepted: hold, checksum, scope, at, rewrite"'
}

# stylesheet [TOP-LEVEL] [TEMPLATE]: from stdin, around a copy of everything.
stylesheet() {
	mkdir -p "${OVERRIDE%/*}"
	cat >"$OVERRIDE" <<-EOT
		${3:-}
		<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
		    xmlns:exsl="http://exslt.org/common" extension-element-prefixes="exsl">
		  ${1:-}
		  <xsl:template match="@*|node()"><xsl:copy><xsl:apply-templates select="@*|node()"/></xsl:copy></xsl:template>
		  <xsl:template match="driver">${2:-}<driver name="qemu"><xsl:copy-of select="node()"/></driver></xsl:template>
		</xsl:stylesheet>
	EOT
}

# inert WHAT [REGEX]: with the stylesheet that is there now nothing is written, and the log says why.
inert() {
	log_forget
	silent restore <"$GUEST"
	logged "^error=\".*${2:-driver-qemu.xsl}"
	logged '^action=rewrite-driver .*result=failed'
	logged '^finding=vhost-exposed severity=error .*repaired=no'
	not_logged 'top secret'
	[ ! -e /tmp/written ] || fail "$1: a file was written"
}

bad_stylesheets() {
	echo "<secret>top secret</secret>" >/tmp/secret
	# Without any of the below it works, or this would prove nothing.
	stylesheet '' '<xsl:comment>mine</xsl:comment>'
	answer restore <"$GUEST"
	grep -q '<!--mine-->' "$ANSWER" || fail "the administrator's stylesheet is not used"
	stylesheet '<xsl:template name="unused"><xsl:message terminate="yes"/></xsl:template>'
	answer restore <"$GUEST"
	[ -s "$ANSWER" ] || fail "the administrator's stylesheet is not used"

	stylesheet '' '<xsl:copy-of select="document(&apos;/tmp/secret&apos;)"/>'
	inert "document()"
	stylesheet '' '<xsl:copy-of select="document(&apos;http://127.0.0.1/secret&apos;)"/>'
	inert "document() of a URL"
	stylesheet '<xsl:import href="/tmp/secret"/>'
	inert "xsl:import"
	cp "$SRC/xslt/driver-qemu.xsl" /tmp/good.xsl
	stylesheet '<xsl:import href="/tmp/good.xsl"/>'
	inert "xsl:import of a good one"
	stylesheet '<xsl:include href="/tmp/good.xsl"/>'
	inert "xsl:include"
	stylesheet '<xsl:include href="http://127.0.0.1/good.xsl"/>'
	inert "xsl:include of a URL"
	stylesheet '' '<xsl:document href="/tmp/written">x</xsl:document>'
	inert "xsl:document"
	stylesheet '' '<exsl:document href="/tmp/written">x</exsl:document>'
	inert "exsl:document"
	stylesheet '' '<xsl:message terminate="yes">no &#10; way</xsl:message>'
	inert "xsl:message" 'was not applied: no.*way'
	stylesheet '' '&x;' '<!DOCTYPE x [<!ENTITY x SYSTEM "/tmp/secret">]>'
	inert "an entity" 'DTD is refused'
	stylesheet '' '' '<!DOCTYPE x SYSTEM "/tmp/secret">'
	inert "a DTD" 'DTD is refused'
	stylesheet '' '<xsl:value-of select="no-such-function()"/>'
	inert "an unknown function"
	stylesheet '' '<xsl:call-template name="absent"/>'
	inert "an unknown template"
	stylesheet '<xsl:template match="/"><domain/><domain/></xsl:template>'
	inert "two roots" 'the result is not one <domain>'
	stylesheet '<xsl:template match="/"><network/></xsl:template>'
	inert "another root" 'the result is not one <domain>'
	stylesheet '<xsl:template match="/">text</xsl:template>'
	inert "text" 'the result is not one <domain>'
	stylesheet '<xsl:template match="/"/>'
	inert "nothing at all"
	stylesheet '<xsl:template match="/" name="again"><xsl:call-template name="again"/></xsl:template>'
	inert "recursion without an end"
	: >"$OVERRIDE"
	inert "an empty file" 'not understood'
	head -c 100000 /dev/urandom >"$OVERRIDE"
	inert "noise" 'not understood'
	ln -sf /etc/shadow "$OVERRIDE"
	inert "a file that is none of its business" '(not understood|not used)'
	rm "$OVERRIDE"
}

# One that does not do what is said of it: nothing is written, and nothing is claimed.
useless_stylesheet() {
	stylesheet '<xsl:template match="/"><xsl:copy-of select="."/></xsl:template>'
	log_forget
	silent restore <"$GUEST"
	logged '^action=rewrite-driver .*result=failed error="Protocol error"'
}

# One that never ends: the deadline holds for it, too.
endless_stylesheet() {
	local all='//@*|//node()'
	stylesheet '' "$(printf "<xsl:for-each select=\"$all\">%.0s" {1..12})x$(printf '</xsl:for-each>%.0s' {1..12})"
	log_forget
	config <<<$'[checksum]\nmechanism = ethtool\n[hook]\ndeadline = 2'
	silent restore <"$GUEST"
	config <<<$'[checksum]\nmechanism = ethtool'
	logged '^error="deadline of 2.0 s passed while rewriting the XML'
}

# Files that somebody else than root could have written.
untrusted_stylesheets() {
	stylesheet
	chown 1000 "$OVERRIDE"
	inert "one of uid 1000" 'is not used: a stylesheet must be a file that belongs to root'
	chown 0 "$OVERRIDE"
	chmod g+w "$OVERRIDE"
	inert "one that a group may write to" 'is not used'
	chmod g-w,o+w "$OVERRIDE"
	inert "one that all may write to" 'is not used'
	rm "$OVERRIDE"
	mkfifo "$OVERRIDE"
	inert "a pipe" 'is not used'
	rm "$OVERRIDE"
	mkdir "$OVERRIDE"
	inert "a folder" 'is not used'
	rmdir "$OVERRIDE"
	ln -s "$OVERRIDE" "$OVERRIDE"
	inert "a link to itself"
	rm -r /etc/virt-netboot
}

# not_answered WHY: the log says so of everything, and claims nothing.
not_answered() {
	logged "^error=\"the XML was not written: $1"
	logged '^finding=vhost-exposed severity=error .* repaired=no'
	logged '^action=rewrite-driver .* result=failed'
	not_logged 'result=done|repaired=yes'
	log_forget
}

# Writers to nobody.
bad_streams() {
	local pipe
	log_forget
	"$HOOK" web restore begin - <"$GUEST" >&-
	not_answered 'Bad file descriptor'
	"$HOOK" web restore begin - <"$GUEST" >/dev/full
	not_answered 'No space left on device'
	exec {pipe}> >(:)
	wait $!
	"$HOOK" web restore begin - <"$GUEST" >&"$pipe"
	exec {pipe}>&-
	not_answered 'Broken pipe'
}

# The kernel lets nobody have a pipe of more than 1 MiB without CAP_SYS_RESOURCE.
small_pipe() {
	printf '<description>%01000d</description>\n' {1..1500} >/tmp/descriptions
	sed '/keep me/r /tmp/descriptions' "$GUEST" >/tmp/large.xml
	log_forget
	setpriv --bounding-set -sys_resource "$HOOK" web restore begin - </tmp/large.xml | cat >"$ANSWER"
	[ ! -s "$ANSWER" ] || fail "wrote $(head -c 200 "$ANSWER")"
	not_answered 'the pipe cannot be made to hold [0-9]* bytes: Operation not permitted'
}

# A document that no pipe holds by itself is handed over before anybody reads.
large_document() {
	local hook
	printf '<description>%01000d</description>\n' {1..500} >/tmp/descriptions
	sed '/keep me/r /tmp/descriptions' "$GUEST" >/tmp/large.xml
	sed '/keep me/r /tmp/descriptions' "$WANTED" >/tmp/large-wanted.xml
	mkfifo /tmp/unread
	exec 9<>/tmp/unread
	"$HOOK" web restore begin - </tmp/large.xml >/tmp/unread &
	hook=$!
	wait_for 10 ended "$hook"
	wait "$hook"
	exec 8</tmp/unread 9>&-
	cat <&8 >"$ANSWER"
	exec 8<&-
	same_xml "large document" "$ANSWER" /tmp/large-wanted.xml
}

ended() { [[ $(cat "/proc/$1/stat" 2>/dev/null) =~ ^[0-9]+\ \([^\)]*\)\ Z || ! -e /proc/$1 ]]; }

# Killed at any moment of twice the time that it takes: the whole answer or nothing.
killed() {
	local i hook whole=0 nothing=0 time=${EPOCHREALTIME/./}
	for i in {1..5}; do answer restore <"$GUEST"; done
	time=$(((${EPOCHREALTIME/./} - time) / 5))
	for i in {1..150}; do
		"$HOOK" web restore begin - <"$GUEST" >"$ANSWER" 2>/dev/null &
		hook=$!
		sleep "$(printf '0.%06d' "$((time * 2 * i / 150))")"
		kill -KILL "$hook" 2>/dev/null || :
		wait "$hook" 2>/dev/null || :
		if [ ! -s "$ANSWER" ]; then
			nothing=$((nothing + 1))
		else
			same_xml "answer of a hook that was killed" "$ANSWER" "$WANTED"
			whole=$((whole + 1))
		fi
	done
	say "killed 150 times: $whole answers, $nothing times none"
	[ "$whole" != 0 ] || fail "no hook got as far as its answer"
	[ "$nothing" != 0 ] || fail "no hook was killed before its answer"
}

one_of_many() {
	"$HOOK" web restore begin - <"$GUEST" >"/tmp/answer-$1"
	same_xml "answer $1" "/tmp/answer-$1" "$WANTED"
}

sixty_at_once() {
	local i
	config <<<$'[checksum]\nmechanism = ethtool\n[hook]\ndeadline = 60'
	for i in {1..60}; do start one_of_many "$i"; done
	join
}

under_valgrind() {
	config <<<$'[checksum]\nmechanism = ethtool\n[hook]\ndeadline = 50'
	valgrind --quiet --leak-check=full --error-exitcode=9 --log-file=/tmp/valgrind.%p \
		"$HOOK" web restore begin - <"$GUEST" >"$ANSWER"
	same_xml "answer under valgrind" "$ANSWER" "$WANTED"
	is "valgrind" "$(cat /tmp/valgrind.*)" ""
}

without_stylesheets() {
	umount /usr/share
	inert "no stylesheet" 'driver-qemu.xsl: no such stylesheet; nothing is rewritten'
}

: >/dev/vhost-net
add_card eth8
add_macvlan eth8 host8
serve host8 90
direct_guest >"$GUEST"
sed "s/name='vhost'/name='qemu'/" "$GUEST" >"$WANTED"

before_each() {
	config_cannot_fill
	rm -rf /etc/virt-netboot
}

wanted=(rewrites gets_no_driver failover_pair says_nothing obeys_metadata bad_stylesheets useless_stylesheet
	endless_stylesheet untrusted_stylesheets bad_streams small_pipe large_document killed sixty_at_once)
sanitized || wanted+=(under_valgrind)
cases "${wanted[@]}" without_stylesheets
