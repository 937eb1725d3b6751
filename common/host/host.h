// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The only way out to the system: what is asked of it and what is done to it. Tests
 * link a fake of these functions instead. All return 0 or a negative errno, and act
 * in the network namespace of the caller, which is libvirtd's.
 */
#ifndef VIRT_NETBOOT_HOST_H
#define VIRT_NETBOOT_HOST_H

#include "facts.h"
#include "firewall.h"

/**
 * host_only_look() - change nothing from now on, for as long as this process lives
 *
 * The kernel loads modules, and brings the legacy mangle table into use, for whoever asks about
 * them. After this it is asked only for what is there already; what it would have to load counts as
 * there, since it would be when it is needed. No note is written. It is for those who only call
 * functions that read.
 */
void host_only_look(void);

/**
 * host_bridge_get() - ask the kernel about one device by name
 * @name:	a valid interface name
 * @bridge:	filled in, without its ports; an absent device is no error
 *
 * One request, whatever else the host has [linux net/core/rtnetlink.c, rtnl_getlink()].
 */
int host_bridge_get(const char *name, struct bridge_state *bridge);

/* The same by index; an absent device is -ENODEV. */
int host_bridge_get_index(unsigned int ifindex, struct bridge_state *bridge);

/**
 * host_bridge_ports() - list the ports of a bridge
 * @bridge:	ifindex; 0 for the ports of all bridges
 * @ports:	gets an array the caller frees
 * @count:	gets its length
 *
 * The dump is filtered by the kernel to this bridge: 3 ms for 1000 ports, the most that it can
 * have.
 */
int host_bridge_ports(unsigned int bridge, struct bridge_port **ports, size_t *count);

/* The same, to fill in ports_known, guest_ports and other_ports. */
int host_bridge_count_ports(struct bridge_state *bridge);

/**
 * host_bridge_set_forward_delay() - set and read back
 * @ifindex:	the bridge
 * @delay:	1/100 s
 * @noted:	gets 0, or a negative errno if what it was before could not be noted for
 *		host_bridge_delay_before()
 *
 * What was noted is forgotten when it is set to that again.
 *
 * Return: 0, or -EPROTO if the kernel accepted it and did not do it.
 */
int host_bridge_set_forward_delay(unsigned int ifindex, unsigned int delay, int *noted);

/* Switch STP on or off, and read back. */
int host_bridge_set_stp(unsigned int ifindex, bool on);

/* Switch it off, to stay so, and note that it was us. */
int host_bridge_stp_off(unsigned int ifindex);

/* Whether it is off since then. */
int host_bridge_stp_off_is_ours(unsigned int ifindex, bool *ours);

/* True if the kernel will start /sbin/bridge-stp when STP is switched on. */
bool host_has_stp_program(void);

/**
 * host_port_get() - ask the kernel about one device by name
 * @port:	filled in; its bridge is 0 if there is no such device, or if it is no port of a
 *		Linux bridge, a macvtap for one
 */
int host_port_get(const char *name, struct bridge_port *port);

/* The same by index. */
int host_port_get_index(unsigned int ifindex, struct bridge_port *port);

/**
 * host_port_find() - find the port of a bridge that has a MAC address
 * @bridge:	ifindex
 * @mac:	the port's own address
 * @port:	filled in; its bridge is 0 if there is none
 *
 * One look into the bridge's forwarding table, however many ports it has.
 */
int host_port_find(
	unsigned int bridge, const unsigned char mac[MAC_SIZE], struct bridge_port *port);

/**
 * host_port_make_edge() - let a port that is listening or learning forward at once
 * @bridge, @port:	ifindexes
 *
 * STP stays on, with the same forward delay, and other ports keep their state; edge_port.c says
 * how. A port that forwards already is left alone, and so is one in any other state.
 *
 * Return: 0 if the port forwards; -EINPROGRESS if it must wait for the bridge to send its next
 * hello, and this must be called again; or another negative errno.
 */
int host_port_make_edge(unsigned int bridge, unsigned int port);

/* Milliseconds until that hello: a bridge sends one each 2 s, or each 10 at most [linux
 * net/bridge/br_private_stp.h, BR_MAX_HELLO_TIME]. */
#define HELLO_MAX 11000

/* A bridge whose STP one of our processes left off when it made a port forward. */
struct stp_recovery {
	char bridge[IFNAME_SIZE];
	unsigned int ifindex;
	/* 0 if STP is on again; -ETIME if it may be off by somebody's wish by now; -ECANCELED if it
	 * was switched on and off since; otherwise why it could not be switched on */
	int result;
};

typedef void stp_recovery_teller(const struct stp_recovery *recovery);

/**
 * host_recover_stp() - switch STP on again where it was left off
 * @teller:	is called after each attempt, without a lock; for the log
 *
 * From now on this process does so wherever it reads such a bridge, or makes an edge port there. A
 * process that has not called this leaves it to the next one that has.
 */
void host_recover_stp(stp_recovery_teller *teller);

/**
 * host_vlan_get() - ask whether a bridge or a port is in a VLAN
 * @ifindex:	the bridge or port
 * @vid:	the VLAN; 0 asks for the PVID, and whether it is in any
 * @membership:	filled in
 *
 * The kernel is asked for this device only; -EOPNOTSUPP before Linux 5.6.
 */
int host_vlan_get(unsigned int ifindex, unsigned int vid, struct vlan_membership *membership);

/* Have a port shut down by the first BPDU that arrives through it, and read back. */
int host_port_set_bpdu_guard(unsigned int port);

/* Be told of links that come, go and change. Return: a socket, or a negative errno. */
int host_watch(void);

/**
 * host_watch_wait() - wait until a bridge or one of its ports has come, gone or changed
 * @watch:	from host_watch()
 * @bridge:	ifindex
 * @timeout:	milliseconds
 */
void host_watch_wait(int watch, unsigned int bridge, int timeout);

/**
 * host_watch_lock() - be the only one to watch for a port
 * @bridge:	ifindex
 * @mac:	of the port
 *
 * Return: a descriptor; the lock is held until it is closed in every process that has it. -EAGAIN
 * if another process has the lock.
 */
int host_watch_lock(unsigned int bridge, const unsigned char mac[MAC_SIZE]);

/* Be told of qdiscs and filters that come, go and change. Return: a socket, or a negative errno. */
int host_qdisc_watch(void);

/**
 * host_qdisc_wait() - wait until others have changed qdiscs or filters, or asked for them
 * @watch:	from host_qdisc_watch()
 * @timeout:	milliseconds; 0 asks what has come meanwhile
 * @ifindexes:	gets an array the caller frees: the devices, some of them more than once; 0 for all,
 *		if not every change was told of
 * @count:	gets its length
 */
void host_qdisc_wait(int watch, int timeout, unsigned int **ifindexes, size_t *count);

/* host_watch_lock() for a bridge as a whole. */
int host_sweep_lock(unsigned int bridge);

/* host_watch_lock() for who follows packets through this network namespace's legacy tables. */
int host_trace_lock(void);

/* True if /dev/vhost-net exists. */
bool host_has_vhost_net(void);

/* A DHCP server of this host. */
struct dhcp_server {
	unsigned int device; /* by which it is reached; 0 for any */
	bool raw;            /* it sends whole frames, whose checksums are complete */
	bool unicast;        /* it is bound to an address, which that device has */
	unsigned long inode; /* of its socket; 0 if that is not known */
};

/**
 * host_dhcp_servers() - find the DHCP servers of this host
 * @family:	IPv4: UDP port 67; IPv6: port 547
 * @servers:	gets an array the caller frees
 * @count:	gets its length
 *
 * By the sockets in this network namespace; others cannot be seen. On an error some may be missing:
 * after host_only_look() -ENOTSUP says that the kernel would have to load a module to tell of them.
 */
int host_dhcp_servers(enum ip_family family, struct dhcp_server **servers, size_t *count);

/**
 * host_way_out() - find where what is sent out of a device goes
 * @way:	gets an array the caller frees: first the device itself, then those it is made on
 *		and the bridges that frames enter
 * @count:	gets its length
 *
 * A bridge is the end of it. A request for each device; for a VRF a dump, filtered by the kernel.
 * On an error some may be missing.
 */
int host_way_out(unsigned int ifindex, unsigned int **way, size_t *count);

/* Find out who, other than this host and its guests, may send by way of a port, or of what that is
 * made on, and leave checksums to be completed. What cannot be read is OUTSIDE_NONE. */
enum outside_sender host_outside_sender(unsigned int ifindex);

/* True if host_note_told() has been called for this bridge. */
bool host_is_told(unsigned int bridge);

/* Note that the finding which is logged once for each bridge is about to be. Return: 0 for the
 * first who does; -EALREADY; or another negative errno. */
int host_note_told(unsigned int bridge);

/* What is wanted, or found, towards one bridge. */
struct checksum_rule {
	char bridge[IFNAME_SIZE];
	enum fill_scope scope;   /* wanted: FILL_NONE removes our rule */
	bool for_guests;         /* wanted: it is to go with the last guest */
	struct fill_state state; /* found */
	size_t counters_lost;    /* by host_rules_set(), in the first of its rules: how many packet
				  * counters of rules, whoever's, are zero over it */
};

/* True if the legacy mangle table is in use in this network namespace. */
bool host_rules_in_use(enum ip_family family);

/**
 * host_rules_support() - ask whether the kernel can fill checksums by rule
 *
 * Brings the legacy mangle table into use in this network namespace and makes the kernel load the
 * target CHECKSUM, if it has them; ip_tables itself it does not load [linux
 * net/netfilter/nf_sockopt.c]. After host_only_look() it does neither; the target is then said to
 * be there, or not, whether there is a table or not.
 */
int host_rules_support(enum ip_family family, struct rule_support *support);

/**
 * host_rules_read() - find the rules that fill checksums towards bridges
 * @rules:	@count of them, each with its bridge; their state is filled in
 *
 * Reads the legacy mangle table once; where none is in use, none is brought into use. And the rules
 * that iptables-nft made.
 */
int host_rules_read(enum ip_family family, struct checksum_rule *rules, size_t count);

/**
 * host_rules_set() - make our rules be as wanted
 * @rules:	@count of them, each with bridge and scope
 *
 * One commit for all, under the lock of iptables; a rule of ours that is as wide as wanted stays.
 * Read back: their state is filled in. Nobody else's rule is touched.
 */
int host_rules_set(enum ip_family family, struct checksum_rule *rules, size_t count);

/**
 * host_rules_list() - find all our rules, whichever bridges they are for
 * @rules:	gets an array the caller frees, each with the bridge and no scope: for
 *		host_rules_set() to remove
 * @count:	gets its length
 */
int host_rules_list(enum ip_family family, struct checksum_rule **rules, size_t *count);

/**
 * host_filter_tables_read() - add the chains of the legacy filter table
 * @facts:	gets them, with their rules
 *
 * Where the table is not in use it is not brought into use, and nothing is added.
 */
int host_filter_tables_read(enum ip_family family, struct firewall_facts *facts);

/* True if br_netfilter is there, in this network namespace. */
bool host_has_br_netfilter(void);

/* True if it hands over to iptables what all bridges forward. One bridge may have it do so, too:
 * nf_call in struct bridge_state. */
bool host_bridges_call_iptables(enum ip_family family);

/* What is wanted of our rule in DOCKER-USER. */
enum docker_user_wish { DOCKER_USER_NONE, DOCKER_USER_FOR_GUESTS, DOCKER_USER_STAYS };

/**
 * host_docker_user_read() - look at the chain DOCKER-USER
 * @bridge:	what packets come in and go out through
 * @state:	filled in, of the legacy table and of the one that iptables-nft writes together
 *
 * Where there is no legacy table, none is brought into use.
 */
int host_docker_user_read(
	enum ip_family family, const char *bridge, struct docker_user_state *state);

/**
 * host_docker_user_set() - have DOCKER-USER accept what a bridge forwards, by a rule with our name
 * @counters_lost:	gets how many packet counters of rules, whoever's, are zero over it; may be
 * NULL
 *
 * In each table that has the chain; the first rule of it. One atomic change to each table, read
 * back. Nobody else's rule is touched. Return: 0; -ENOENT if it is wanted and there is no such
 * chain; or another negative errno. No rule is made if host_docker_user_was_made() cannot be made
 * true before.
 */
int host_docker_user_set(enum ip_family family, const char *bridge, enum docker_user_wish wish,
	size_t *counters_lost);

/**
 * host_docker_user_list() - find the bridges for which there are rules of ours in DOCKER-USER
 * @bridges:	gets an array the caller frees, each bridge once
 * @count:	gets its length
 */
int host_docker_user_list(enum ip_family family, char (**bridges)[IFNAME_SIZE], size_t *count);

/* False if no rule of ours was ever made in DOCKER-USER of this network namespace since the host
 * booted. No request is made of the kernel's packet filters. */
bool host_docker_user_was_made(void);

/**
 * host_bridge_delay_before() - find out which forward delay we shortened
 * @ifindex:	the bridge
 * @before:	gets it, in 1/100 s; 0 if its delay is not what we have set, or it is not known
 * @hidden:	gets true if that cannot be seen, and *@before what it was all the same
 *
 * Of a bridge that is not the root the kernel shows the root's delay [linux
 * net/bridge/br_netlink.c, br_fill_info(), net/bridge/br_stp.c, br_record_config_timeout_values()].
 */
int host_bridge_delay_before(unsigned int ifindex, unsigned int *before, bool *hidden);

/* Read what was noted of a device's zone; all empty if nothing was. */
int host_zone_noted(unsigned int ifindex, struct zone_note *note);

/* Note it, until the device goes or the host is started again; all empty forgets it. */
int host_note_zone(unsigned int ifindex, const struct zone_note *note);

/* One rule of a legacy IPv4 table, or the policy of one of its chains. */
struct legacy_rule {
	bool policy;
	bool drops; /* or rejects */
};

/**
 * host_legacy_rule_read() - read what a rule does
 * @table, @chain, @number:	the rule, from 1; the one after the last is the chain's policy
 * @rule:	filled in
 *
 * Return: 0; -ENOENT if there is none, or the table is not in use, and it is not brought into use;
 * or another negative errno.
 */
int host_legacy_rule_read(
	const char *table, const char *chain, unsigned int number, struct legacy_rule *rule);

/* False if nf_tables is a module that is not loaded, so that there are no rules, and this process
 * only looks. */
bool host_has_nf_tables(void);

#define NFT_TABLE_NAME_SIZE 256 /* NFT_NAME_MAXLEN */

struct nft_table {
	const char *family; /* "inet", "ip", ...; static */
	char name[NFT_TABLE_NAME_SIZE];
	bool has_flags; /* one or more: */
	bool dormant;   /* its rules meet no packets */
};

/**
 * host_nft_tables() - list the tables of nftables
 * @tables:	gets an array the caller frees
 * @count:	gets its length
 *
 * Return: 0, also without nf_tables; or a negative errno.
 */
int host_nft_tables(struct nft_table **tables, size_t *count);

/**
 * host_zeroing_read() - find a rule of nftables that sets IPv4 DHCP replies' checksums to zero
 * @device:	what they go out through
 * @zeroing:	filled in
 *
 * Return: 0, also if there are none or no nf_tables; or a negative errno.
 */
int host_zeroing_read(const char *device, struct zeroing *zeroing);

/* True if the kernel has, or just loaded, the action of traffic control that computes checksums;
 * after host_only_look(): has, or would load. */
bool host_filters_supported(void);

/**
 * host_filters_read() - find the filters that fill checksums at a device
 * @ifindex:	the device
 * @hook:	which way the packets go
 * @state:	filled in
 */
int host_filters_read(unsigned int ifindex, enum filter_hook hook, struct filter_state *state);

/* What is wanted of our filters at a device. */
struct filter_wish {
	enum filter_hook hook;
	enum fill_scope scope; /* at least so much; FILL_NONE takes our filters away */
	bool for_guests;       /* they are to go with the last guest */
};

/**
 * host_filters_set() - have our filters fill checksums at a device, in both families
 *
 * Read back. Nobody else's filter or qdisc is touched.
 *
 * Return: 0; -EBUSY if somebody else's qdisc is in the way; or another negative errno.
 */
int host_filters_set(unsigned int ifindex, const struct filter_wish *wish);

/**
 * host_devices() - list all devices
 * @devices:	gets an array the caller frees, with name and ifindex of each, and whether it is a
 *		Linux bridge
 * @count:	gets its length
 */
int host_devices(struct device_facts **devices, size_t *count);

/**
 * host_links() - read all devices, with what there is to say of them as bridges and ports
 * @links:	gets an array the caller frees
 * @count:	gets its length
 *
 * One dump. A bridge on which an edge port is being made may be seen with STP off.
 */
int host_links(struct link_facts **links, size_t *count);

/**
 * host_qdiscs() - find the devices that traffic control filters or limits
 * @qdiscs:	gets an array the caller frees, by ifindex
 * @count:	gets its length
 *
 * One dump. Whoever is not in it has no filters.
 */
int host_qdiscs(struct qdisc_facts **qdiscs, size_t *count);

/* The same as host_filters_read(), of a device whose qdiscs are known. */
int host_filters_read_in(
	const struct qdisc_facts *qdisc, enum filter_hook hook, struct filter_state *state);

/* Read how many bytes a second the root class of a device's htb lets out; 0 if there is none. */
int host_htb_rate(unsigned int ifindex, unsigned long long *rate);

/* Be told of what changes the answers of these. Return: a socket to wait for, which does not
 * block, or a negative errno. */
int host_picture_watch(void);

/* Forget what has come. Return: true if it may change an answer; false if not, or there is none. */
bool host_picture_changed(int watch);

/* True if this host has an IPv4 address at a device, so that a server of its own may be there. */
bool host_has_address(const char *name);

/* True if transmit checksumming is off at a device, so that the kernel fills all that goes out. */
bool host_tx_checksum_is_off(const char *name);

/**
 * host_tx_checksum_is_ours() - ask whether it is off at a bridge because we switched it off
 * @name, @ifindex:	the bridge
 * @ours:		the answer
 *
 * If it is on, somebody switched it on after us. That we switched it off is then forgotten, so that
 * a later "off" is not taken for ours.
 */
int host_tx_checksum_is_ours(const char *name, unsigned int ifindex, bool *ours);

/**
 * host_tx_checksum_set() - switch a bridge's transmit checksumming
 * @name, @ifindex:	the bridge
 * @on:		false switches it off, and notes so if it was on; true switches it on if so noted
 *
 * Read back. Return: 0; -EPROTO if the kernel accepted it and did not do it; or another negative
 * errno.
 */
int host_tx_checksum_set(const char *name, unsigned int ifindex, bool on);

/**
 * host_lower_device() - find what a macvtap is on, or will be on
 * @name:	the macvtap, or what it is to be made on
 * @lower:	gets name and ifindex
 *
 * A macvtap that is made on a macvlan is not on that, but beside it on its lower device [linux
 * drivers/net/macvlan.c, macvlan_common_newlink()]. Any other device is the lower one itself.
 *
 * Return: 0; -ENODEV if it is absent or in another namespace; or another negative errno.
 */
int host_lower_device(const char *name, struct lower_facts *lower);

/* What may be on a lower device: the host's own interfaces, and guests'. */
enum macvlan_kind { MACVLAN_OF_HOST, MACVTAP_OF_GUEST };

/**
 * host_macvlans_on() - find the devices on a lower device that reach each other, in mode "bridge"
 * @lower:	its name
 * @users:	gets an array the caller frees, with name and ifindex of each
 * @count:	gets its length
 *
 * The dump is filtered by the kernel to all devices of the kind.
 */
int host_macvlans_on(
	const char *lower, enum macvlan_kind kind, struct bridge_state **users, size_t *count);

/* The MAC address of one of them. */
int host_macvlan_mac(unsigned int ifindex, unsigned char mac[MAC_SIZE]);

/* The device of this host that has a MAC address; *@ifindex is 0 if there is none. */
int host_find_device(const unsigned char mac[MAC_SIZE], unsigned int *ifindex);

/* A guest's card without a guest: a tap that is a port of a bridge, or a macvtap. */
struct card_wish {
	unsigned int bridge;         /* ifindex, or 0 */
	unsigned int parent;         /* of the macvtap, if bridge is 0 */
	unsigned char mac[MAC_SIZE]; /* what is sent has it as its source. A tap's own is different:
				      * greater than any other port's, so that the bridge does not
				      * take it */
	unsigned int vlan; /* the port is in this VLAN only, untagged; 0: as any new port is */
	bool isolated;
	bool partial;     /* the driver takes partial checksums (TUN_F_CSUM) */
	bool fdb_entry;   /* libvirt maintains the bridge's forwarding table: as for its guests'
			   * ports, no learning and no flooding, and an entry for mac */
	const char *mode; /* of a macvtap: "bridge", "vepa", ... */
};

struct card {
	int fd; /* moves one frame at a time, behind 12 bytes of virtio-net header; does not block
		 */
	char name[IFNAME_SIZE];
	unsigned int ifindex;
	unsigned char mac[MAC_SIZE]; /* as wished for */
	int guardian; /* of a macvtap, which does not go with its descriptor; or -1 */
};

/**
 * host_card_open() - make a card and plug it in
 * @card:	filled in, for host_card_close(), also after an error
 *
 * It is gone when the process ends, in whatever way. It has the bridge's MTU, and no IPv6 address
 * of its own. Plugged in, then up: the bridge's delay begins when this returns.
 *
 * Return: 0; -EOPNOTSUPP if wish->bridge is no Linux bridge, or the mode is not possible; -EEXIST
 * if another port has an entry for mac (fdb_entry); -EADDRINUSE if another macvtap on the parent
 * device has that MAC address; -EBUSY if that is a bridge's port, -EINVAL if a macvtap has it for
 * itself; or another negative errno.
 */
int host_card_open(const struct card_wish *wish, struct card *card);
void host_card_close(struct card *card);

/* True if a bridge's MAC address was set. Otherwise it has that of one of its ports, or none. Also
 * false if this cannot be read. */
bool host_bridge_has_own_mac(const char *name);

/* Find the port behind which a bridge knows a MAC address: *@ifindex, 0 if it knows it nowhere, the
 * bridge's own if it is the host's. */
int host_bridge_find_mac(
	unsigned int bridge, const unsigned char mac[MAC_SIZE], unsigned int *ifindex);

/* Let the host forget that @mac has @address, wherever it has learned that; what was set by hand
 * stays. */
int host_neighbour_forget(
	enum ip_family family, const unsigned char *address, const unsigned char mac[MAC_SIZE]);

/* The program that has a DHCP server's socket open at a device (0: any): "dnsmasq" and its process
 * id. Return: 0; -ENOENT if there is none that can be seen; or another negative errno. */
struct server_process {
	char name[64];
	int pid;
};
int host_dhcp_server_process(
	enum ip_family family, unsigned int device, struct server_process *process);

#endif
