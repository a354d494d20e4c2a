/*
 * Inside a zone: its nodes, the tree they make and the hash table they all stand in.  The table
 * grows by linear hashing: with each name more than there are buckets, one bucket is split in two.
 */
#ifndef DNSUPDATE_SERVER_DATA_TREE_H
#define DNSUPDATE_SERVER_DATA_TREE_H

#include "dnsupdate/server/data/zone.h"

/* The node with this label (length and octets) below parent; NULL when there is none. */
struct node *tree_child(const struct zone *z, const struct node *parent, const uint8_t *label);
/* Make it; it must be new. */
struct node *tree_add(struct zone *z, struct node *parent, const uint8_t *label);
/* A node that is in no tree, with len octets of label: the apex. */
struct node *tree_node(const uint8_t *label, size_t len);
/* Remove n, and those above it, as far as they hold nothing and lead to nothing; the apex stays. */
void tree_prune(struct zone *z, struct node *n);

/* The hash of a label below a node of this hash; the bucket of a hash among so many; the largest
 * power of two that is not above n. */
uint32_t tree_hash(const struct zone *z, uint32_t parent, const uint8_t *label);
size_t tree_bucket(size_t buckets, uint32_t hash);
size_t tree_level(size_t n);

#endif
