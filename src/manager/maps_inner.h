/* What the files maps*.c share; nobody else includes it. */
#ifndef MANAGER_MAPS_INNER_H
#define MANAGER_MAPS_INNER_H

#include "manager/maps.h"

/* maps.c: the table. */
int maps_same_place(const struct msg_natpmp_want *a, const struct msg_natpmp_want *b);
struct map *maps_find_place(struct maps *t, const struct msg_natpmp_want *want);
/* A wish, new or standing; NULL when the table is full. */
struct map *maps_want_one(struct manager *m, const struct msg_natpmp_want *want, uint64_t now_ms);
/* The hardware address of this router; all zero = not known. */
const uint8_t *maps_mac(const struct network *n, const struct endpoint *gateway);

/* maps_extra.c: move what administrators asked for to the best path, end it in time. */
void maps_decide_extras(struct manager *m, uint64_t now_ms);

/* maps_talk.c: what is remembered of routers, to disk if it changed. */
void maps_save_memory(struct manager *m);

#endif
