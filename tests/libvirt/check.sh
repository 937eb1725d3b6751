#!/bin/bash
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/hypervisor.sh"
. "$SRC/tests/lib/check.sh"
sandbox "$@"
hypervisor_start
network_create slow virbr15 on 15
network_create fast virbr4 on 0
ip link add br0 up type bridge stp_state 1 forward_delay 1500
ip link add eth1 up type veth peer name eth1p; ip link set eth1p up
printf "<network><name>pool</name><forward mode='bridge'><interface dev='eth1'/></forward></network>" >/tmp/p.xml
virsh net-define /tmp/p.xml
virsh net-start pool
tap_nodes
guest_define off network=slow
guest_define offbr bridge=br0
guest_define offpool network=pool
guest_start on network=slow
guest_start onpool network=pool
time check --all
cat $CHECKED $CHECKED.errors
sleep 1
check --domain on; cat $CHECKED
kill $(cat /run/libvirt/network/slow.pid)
sleep 0.2
check --network slow; cat $CHECKED
hooks_install
virsh net-list
check --network slow; cat $CHECKED
kill -HUP $(cat $LIBVIRTD_PIDFILE); sleep 1
check --network slow; cat $CHECKED
check --domain off; cat $CHECKED
check --domain offbr; cat $CHECKED
"$HOOKS/virt-netboot" enable; libvirtd_restart
check --domain offbr --domain offpool --domain on --domain off; cat $CHECKED $CHECKED.errors
