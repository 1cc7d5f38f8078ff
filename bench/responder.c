/* A peer for high rates: answers IPv4 for a whole /16 in the kernel, before its stack sees a frame (XDP).
 *
 * What an address and port is, open, closed or silent, follows from a hash of the two, so that the truth can be
 * computed for any number of ports (bench/responder.py has the same hash). A SYN gets a SYN-ACK, a RST-ACK or nothing
 * (RFC 9293 section 3.10.7); an echo request is answered, unless the hash of the address and port 0 says silent
 * (RFC 792). Everything else to that network is swallowed, the scanner's own resets among it; what is not for that
 * network, such as ARP, is the kernel's. Answers to SYNs are frames of 54 bytes.
 *
 * Limits: no IP options, no fragments, no IPv6, no VLAN tags. Loss is drawn anew for every frame in either direction.
 *
 * Given on the command line of the compiler, as bench/responder.py knows them: NETWORK (the upper 16 bits of the
 * addresses), OPEN and CLOSED (bounds of the upper half of the hash: below OPEN is open, below CLOSED closed), LOSS
 * (of 65,536 frames in one direction), SPREAD, FIRST and SECOND (the hash's multipliers).
 *
 * SPDX-License-Identifier: Apache-2.0
 */

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>

#define SECTION(name) __attribute__((section(name), used))
#define INLINE static inline __attribute__((always_inline))
#define htons(value) __builtin_bswap16(value)
#define htonl(value) __builtin_bswap32(value)

static __u32 (*draw)(void) = (void *)BPF_FUNC_get_prandom_u32;
static long (*adjust_tail)(struct xdp_md *, int) = (void *)BPF_FUNC_xdp_adjust_tail;

enum { ECHO_REPLY = 0, ECHO = 8 };

struct icmp {
    __u8 type, code;
    __u16 checksum, id, number;
};

#define ANSWER (ETH_HLEN + sizeof(struct iphdr) + sizeof(struct tcphdr))

/* An address and a port, mixed: two rounds of multiply and shift. */
INLINE __u32 mixed(__u32 address, __u32 port)
{
    __u32 x = address ^ (port * SPREAD);
    x ^= x >> 16;
    x *= FIRST;
    x ^= x >> 15;
    x *= SECOND;
    return x ^ (x >> 16);
}

INLINE int lost(void)
{
    return (draw() & 0xFFFF) < LOSS;
}

/* RFC 1071, over whole 16-bit words. */
INLINE __u32 summed(const __u16 *words, int count)
{
    __u32 sum = 0;
#pragma unroll
    for (int i = 0; i < count; i++)
        sum += words[i];
    return sum;
}

INLINE __u16 folded(__u32 sum)
{
    sum = (sum & 0xFFFF) + (sum >> 16);
    sum = (sum & 0xFFFF) + (sum >> 16);
    return ~sum;
}

INLINE void turn_back(struct ethhdr *ethernet, struct iphdr *ip)
{
    __u32 us = ip->daddr;
    __u8 mac[ETH_ALEN];
    __builtin_memcpy(mac, ethernet->h_dest, ETH_ALEN);
    __builtin_memcpy(ethernet->h_dest, ethernet->h_source, ETH_ALEN);
    __builtin_memcpy(ethernet->h_source, mac, ETH_ALEN);
    ip->daddr = ip->saddr;
    ip->saddr = us;
    ip->ttl = 64;
    ip->check = 0;
    ip->check = folded(summed((const __u16 *)ip, sizeof *ip / 2));
}

INLINE int echo(struct ethhdr *ethernet, struct iphdr *ip, void *end)
{
    struct icmp *icmp = (void *)(ip + 1);
    if ((void *)(icmp + 1) > end || icmp->type != ECHO)
        return XDP_DROP;
    if (mixed(htonl(ip->daddr), 0) >> 16 >= CLOSED || lost() || lost())
        return XDP_DROP;
    icmp->type = ECHO_REPLY; /* the checksum's first word falls by 0x0800 (RFC 1624) */
    icmp->checksum = folded((__u16)~icmp->checksum + (__u16)~htons(ECHO << 8));
    turn_back(ethernet, ip);
    return XDP_TX;
}

INLINE int handshake(struct xdp_md *context, struct ethhdr *ethernet, struct iphdr *ip)
{
    struct tcphdr *tcp = (void *)(ip + 1);
    __u32 hash = mixed(htonl(ip->daddr), htons(tcp->dest));
    __u32 length = context->data_end - context->data;
    __u16 port = tcp->dest;
    int open = hash >> 16 < OPEN;

    if (!tcp->syn || tcp->ack || tcp->rst || hash >> 16 >= CLOSED || lost() || lost())
        return XDP_DROP;
    tcp->dest = tcp->source;
    tcp->source = port;
    tcp->ack_seq = htonl(htonl(tcp->seq) + 1);
    tcp->seq = open ? hash : 0;
    ((__u8 *)tcp)[12] = 5 << 4;
    ((__u8 *)tcp)[13] = open ? 0x12 : 0x14; /* SYN or RST, and ACK */
    tcp->window = open ? htons(64240) : 0;
    tcp->check = 0;
    tcp->urg_ptr = 0;
    ip->tos = 0;
    ip->id = 0;
    ip->frag_off = htons(0x4000);
    ip->tot_len = htons(ANSWER - ETH_HLEN);
    turn_back(ethernet, ip);
    tcp->check = folded(summed((const __u16 *)&ip->saddr, 4) + htons(IPPROTO_TCP) + htons(sizeof *tcp) +
                        summed((const __u16 *)tcp, sizeof *tcp / 2));
    if (length > ANSWER && adjust_tail(context, (int)ANSWER - (int)length))
        return XDP_DROP;
    return XDP_TX;
}

SECTION("responder")
int respond(struct xdp_md *context)
{
    void *data = (void *)(long)context->data, *end = (void *)(long)context->data_end;
    struct ethhdr *ethernet = data;
    struct iphdr *ip = (void *)(ethernet + 1);

    if ((void *)(ip + 1) > end || ethernet->h_proto != htons(ETH_P_IP) || htonl(ip->daddr) >> 16 != NETWORK)
        return XDP_PASS;
    if (ip->ihl != 5 || ip->frag_off & htons(0x3FFF))
        return XDP_DROP;
    if (ip->protocol == IPPROTO_ICMP)
        return echo(ethernet, ip, end);
    if (ip->protocol != IPPROTO_TCP || data + ANSWER > end)
        return XDP_DROP;
    return handshake(context, ethernet, ip);
}

char terms[] SECTION("license") = "Apache-2.0";
