<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!--
  driver-qemu.xsl: <driver name='qemu'/> for virtio interfaces of a guest.

  What it changes: QEMU itself moves the interface's packets, not vhost-net. The guest sees the
  same card; queues and all else that <driver> says is kept.

  Why: QEMU completes the UDP checksums of DHCP replies (IPv4, from port 67) on their way to the
  guest, vhost-net does not. It is the cure where nothing on the host fills them. It costs
  throughput.

  Where: domain XML, also within domainsnapshot and hookData; interfaces of type network, bridge,
  direct and ethernet with a virtio model.

  Parameters: running, "yes" for the XML of a guest that runs, or was saved, and is about to come to a
  host. libvirt lets such a guest have a <driver> only if it had one before [libvirt
  src/conf/domain_conf.c, virDomainVirtioOptionsCheckABIStability()]. Where it had none, it gets
  <backend vhost='/dev/null/virt-netboot'/> instead: nothing can be opened by that name, and libvirt
  then goes on without vhost-net [libvirt src/qemu/qemu_interface.c, qemuInterfaceOpenVhostNet()].

  interfaces, a list with spaces between its elements. Each is a MAC address or the
  bridge, network or lower device that stands in <source>. Without it, all interfaces that take
  packets with unfilled checksums.

      xsltproc driver-qemu.xsl guest.xml
      xsltproc -stringparam interfaces '52:54:00:12:34:56 br0' driver-qemu.xsl guest.xml
-->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:output method="xml" encoding="UTF-8" omit-xml-declaration="yes" indent="no"/>

  <xsl:param name="running"/>
  <xsl:param name="interfaces"/>
  <xsl:variable name="list" select="concat(' ', normalize-space($interfaces), ' ')"/>
  <xsl:variable name="upper" select="'ABCDEF'"/>
  <xsl:variable name="lower" select="'abcdef'"/>

  <xsl:template match="@*|node()">
    <xsl:copy>
      <xsl:apply-templates select="@*|node()"/>
    </xsl:copy>
  </xsl:template>

  <!-- What is in there is other programs'. -->
  <xsl:template match="metadata">
    <xsl:copy-of select="."/>
  </xsl:template>

  <xsl:template match="domain/devices/interface|inactiveDomain/devices/interface">
    <xsl:variable name="mac" select="translate(mac/@address, $upper, $lower)"/>
    <xsl:variable name="chosen" select="
      ($list = '  ' and not(driver/guest/@csum = 'off'))
      or $mac != '' and contains(translate($list, $upper, $lower), concat(' ', $mac, ' '))
      or source/@*[(name() = 'bridge' or name() = 'network' or name() = 'dev')
        and . != '' and not(contains(., ' ')) and contains($list, concat(' ', ., ' '))]"/>
    <xsl:variable name="possible" select="
      (@type = 'network' or @type = 'bridge' or @type = 'direct' or @type = 'ethernet')
      and starts-with(model/@type, 'virtio')
      and (not(driver/@name) or driver/@name = 'vhost')"/>
    <xsl:choose>
      <xsl:when test="$chosen and $possible">
        <xsl:apply-templates select="." mode="qemu"/>
      </xsl:when>
      <xsl:otherwise>
        <xsl:copy-of select="."/>
      </xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <xsl:template match="interface[driver]" mode="qemu" priority="1">
    <xsl:copy>
      <xsl:copy-of select="@*|driver[1]/preceding-sibling::node()"/>
      <driver name="qemu">
        <xsl:copy-of select="driver[1]/@*[name() != 'name']|driver[1]/node()"/>
      </driver>
      <xsl:copy-of select="driver[1]/following-sibling::node()"/>
    </xsl:copy>
  </xsl:template>

  <xsl:template match="interface[backend]" mode="qemu">
    <xsl:choose>
      <xsl:when test="$running = 'yes'">
        <xsl:copy>
          <xsl:copy-of select="@*|backend/preceding-sibling::node()"/>
          <backend>
            <xsl:copy-of select="backend/@*"/>
            <xsl:attribute name="vhost">/dev/null/virt-netboot</xsl:attribute>
            <xsl:copy-of select="backend/node()"/>
          </backend>
          <xsl:copy-of select="backend/following-sibling::node()"/>
        </xsl:copy>
      </xsl:when>
      <xsl:otherwise>
        <xsl:call-template name="insert"/>
      </xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <xsl:template match="interface" mode="qemu" name="insert">
    <xsl:copy>
      <xsl:copy-of select="@*|model/preceding-sibling::node()|model"/>
      <xsl:copy-of select="model/preceding-sibling::node()[1][self::text()][normalize-space() = '']"/>
      <xsl:choose>
        <xsl:when test="$running = 'yes'">
          <backend vhost="/dev/null/virt-netboot"/>
        </xsl:when>
        <xsl:otherwise>
          <driver name="qemu"/>
        </xsl:otherwise>
      </xsl:choose>
      <xsl:copy-of select="model/following-sibling::node()"/>
    </xsl:copy>
  </xsl:template>
</xsl:stylesheet>
