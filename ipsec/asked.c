#include "ipsec/asked.h"

#include <string.h>

void
asked_note(struct asked *a, const uint8_t ula[16], uint64_t until_ms)
{
	int at = 0;

	for (int i = 0; i < ASKED_MAX; i++) {
		if (memcmp(a->slot[i].ula, ula, 16) == 0) {
			at = i;
			break;
		}
		if (a->slot[i].until_ms < a->slot[at].until_ms)
			at = i;
	}
	memcpy(a->slot[at].ula, ula, 16);
	a->slot[at].until_ms = until_ms;
}

int
asked_take(struct asked *a, const uint8_t ula[16], uint64_t now_ms)
{
	for (int i = 0; i < ASKED_MAX; i++) {
		if (memcmp(a->slot[i].ula, ula, 16) != 0)
			continue;
		int fresh = a->slot[i].until_ms > now_ms;

		a->slot[i].until_ms = 0;
		return fresh;
	}
	return 0;
}
