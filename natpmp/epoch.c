#include "natpmp/epoch.h"

int
epoch_hear_pmp(struct epoch *e, uint32_t sec, uint64_t now)
{
	uint64_t elapsed_sec = e->heard_ms == 0 ? 0 : (now - e->heard_ms) / 1000;
	int lost = e->heard_ms != 0 && (uint64_t)sec + 2 < e->sec + elapsed_sec * 7 / 8;

	*e = (struct epoch) {now, sec};
	return lost;
}

int
epoch_hear_pcp(struct epoch *e, uint32_t sec, uint64_t now)
{
	uint64_t client, server;
	int lost = 0;

	if (e->heard_ms != 0) {
		client = (now - e->heard_ms) / 1000;
		server = sec > e->sec ? sec - e->sec : 0;
		lost = (uint64_t)sec + 1 < e->sec || client + 2 < server - server / 16 ||
		    server + 2 < client - client / 16;
	}
	*e = (struct epoch) {now, sec};
	return lost;
}
