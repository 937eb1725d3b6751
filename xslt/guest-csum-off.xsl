<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!--
  guest-csum-off.xsl: <guest csum='off' .../> in the <driver> of virtio interfaces of a guest.

  What it changes: the guest's card no longer offers to take packets with unfilled checksums, nor
  segments larger than its MTU, which need that. So the kernel fills every checksum before the
  guest gets the packet, whoever sent it and whatever the protocol.

  Why: it is the cure where neither a filter nor a rule on the host can be had and
  <driver name='qemu'/> is not enough, for it completes DHCP over IPv4 only. It costs the guest
  throughput, and the guest sees another card: it cannot be changed while the guest runs, and a
  saved or migrating guest cannot change to it.

  Where: domain XML, also within domainsnapshot and hookData; interfaces of type network, bridge,
  direct and ethernet with a virtio model.

  Parameter: interfaces, a list with spaces between its elements. Each is a MAC address or the
  bridge, network or lower device that stands in <source>. Without it, all such interfaces.

      xsltproc guest-csum-off.xsl guest.xml
      xsltproc -stringparam interfaces '52:54:00:12:34:56 br0' guest-csum-off.xsl guest.xml
-->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:output method="xml" encoding="UTF-8" omit-xml-declaration="yes" indent="no"/>

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
      $list = '  '
      or $mac != '' and contains(translate($list, $upper, $lower), concat(' ', $mac, ' '))
      or source/@*[(name() = 'bridge' or name() = 'network' or name() = 'dev')
        and . != '' and not(contains(., ' ')) and contains($list, concat(' ', ., ' '))]"/>
    <xsl:variable name="possible" select="
      (@type = 'network' or @type = 'bridge' or @type = 'direct' or @type = 'ethernet')
      and starts-with(model/@type, 'virtio')
      and (not(driver/@name) or driver/@name = 'vhost' or driver/@name = 'qemu')
      and not(driver/guest/@csum = 'off')"/>
    <xsl:choose>
      <xsl:when test="$chosen and $possible">
        <xsl:apply-templates select="." mode="csum-off"/>
      </xsl:when>
      <xsl:otherwise>
        <xsl:copy-of select="."/>
      </xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <xsl:template match="interface[driver]" mode="csum-off" priority="1">
    <xsl:copy>
      <xsl:copy-of select="@*|driver[1]/preceding-sibling::node()"/>
      <xsl:apply-templates select="driver[1]" mode="csum-off"/>
      <xsl:copy-of select="driver[1]/following-sibling::node()"/>
    </xsl:copy>
  </xsl:template>

  <xsl:template match="interface" mode="csum-off">
    <xsl:variable name="indent" select="model/preceding-sibling::node()[1][self::text()][normalize-space() = '']"/>
    <xsl:copy>
      <xsl:copy-of select="@*|model/preceding-sibling::node()|model"/>
      <xsl:value-of select="$indent"/>
      <driver>
        <xsl:call-template name="guest">
          <xsl:with-param name="indent" select="$indent"/>
        </xsl:call-template>
      </driver>
      <xsl:copy-of select="model/following-sibling::node()"/>
    </xsl:copy>
  </xsl:template>

  <xsl:template match="driver[guest]" mode="csum-off" priority="2">
    <xsl:copy>
      <xsl:copy-of select="@*|guest/preceding-sibling::node()"/>
      <guest>
        <xsl:copy-of select="guest/@*"/>
        <xsl:call-template name="off"/>
        <xsl:copy-of select="guest/node()"/>
      </guest>
      <xsl:copy-of select="guest/following-sibling::node()"/>
    </xsl:copy>
  </xsl:template>

  <!-- Another child ends with the line that the end tag is on. -->
  <xsl:template match="driver[*|comment()|processing-instruction()]" mode="csum-off" priority="1">
    <xsl:variable name="last" select="node()[not(self::text())][last()]"/>
    <xsl:copy>
      <xsl:copy-of select="@*|$last/preceding-sibling::node()|$last"/>
      <xsl:copy-of select="$last/preceding-sibling::node()[1][self::text()][normalize-space() = '']"/>
      <guest>
        <xsl:call-template name="off"/>
      </guest>
      <xsl:copy-of select="$last/following-sibling::node()"/>
    </xsl:copy>
  </xsl:template>

  <xsl:template match="driver" mode="csum-off">
    <xsl:copy>
      <xsl:copy-of select="@*"/>
      <xsl:call-template name="guest">
        <xsl:with-param name="indent" select="preceding-sibling::node()[1][self::text()][normalize-space() = '']"/>
      </xsl:call-template>
    </xsl:copy>
  </xsl:template>

  <!-- A line of its own, if the document has lines. -->
  <xsl:template name="guest">
    <xsl:param name="indent"/>
    <xsl:if test="contains($indent, '&#10;')">
      <xsl:value-of select="concat($indent, '  ')"/>
    </xsl:if>
    <guest>
      <xsl:call-template name="off"/>
    </guest>
    <xsl:value-of select="$indent"/>
  </xsl:template>

  <xsl:template name="off">
    <xsl:attribute name="csum">off</xsl:attribute>
    <xsl:attribute name="tso4">off</xsl:attribute>
    <xsl:attribute name="tso6">off</xsl:attribute>
    <xsl:attribute name="ecn">off</xsl:attribute>
    <xsl:attribute name="ufo">off</xsl:attribute>
  </xsl:template>
</xsl:stylesheet>
