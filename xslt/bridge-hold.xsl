<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!--
  bridge-hold.xsl: <bridge stp= delay=> of a network.

  What it changes: whether the network's bridge runs STP, and its forward delay.

  Why: with STP a new port forwards only after twice the forward delay, and a guest that wants an
  address gives up before. With delay='0' the kernel takes its minimum, 2 s, so that a port forwards
  after 4 s; with stp='off' it forwards at once.

  Where: network XML, also within hookData; networks whose bridge libvirt makes (no forward mode, or
  nat, route or open). Others have a bridge of the host's own, or none.

  Parameters: stp, "on" or "off", and delay, in seconds. What is not given stays as it is.

      xsltproc -stringparam delay 0 bridge-hold.xsl network.xml
      xsltproc -stringparam stp off bridge-hold.xsl network.xml
-->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:output method="xml" encoding="UTF-8" omit-xml-declaration="yes" indent="no"/>

  <xsl:param name="stp"/>
  <xsl:param name="delay"/>

  <xsl:template match="@*|node()">
    <xsl:copy>
      <xsl:apply-templates select="@*|node()"/>
    </xsl:copy>
  </xsl:template>

  <!-- What is in there is other programs'. -->
  <xsl:template match="metadata">
    <xsl:copy-of select="."/>
  </xsl:template>

  <xsl:template match="network[not(forward) or forward[not(@mode) or @mode = 'nat'
      or @mode = 'route' or @mode = 'open']]/bridge">
    <xsl:copy>
      <xsl:copy-of select="@*"/>
      <xsl:call-template name="changes"/>
      <xsl:copy-of select="node()"/>
    </xsl:copy>
  </xsl:template>

  <!-- libvirt will choose the bridge's name. -->
  <xsl:template match="network[not(bridge)][not(forward) or forward[not(@mode) or @mode = 'nat'
      or @mode = 'route' or @mode = 'open']]/name">
    <xsl:copy-of select="."/>
    <xsl:if test="$stp != '' or $delay != ''">
      <xsl:copy-of select="preceding-sibling::node()[1][self::text()][normalize-space() = '']"/>
      <bridge>
        <xsl:call-template name="changes"/>
      </bridge>
    </xsl:if>
  </xsl:template>

  <xsl:template name="changes">
    <xsl:if test="$stp != ''">
      <xsl:attribute name="stp">
        <xsl:value-of select="$stp"/>
      </xsl:attribute>
    </xsl:if>
    <xsl:if test="$delay != ''">
      <xsl:attribute name="delay">
        <xsl:value-of select="$delay"/>
      </xsl:attribute>
    </xsl:if>
  </xsl:template>
</xsl:stylesheet>
