#include "loop/slept.h"

void
slept_init(struct slept *s, uint64_t mono_ms, uint64_t boot_ms)
{
	s->most_ms = (int64_t)(boot_ms - mono_ms);
}

uint64_t
slept_look(struct slept *s, uint64_t boot_ms, uint64_t mono_ms, uint64_t boot_again_ms)
{
	int64_t least = (int64_t)(boot_ms - mono_ms), most = (int64_t)(boot_again_ms - mono_ms);
	int64_t before = s->most_ms;

	if (least >= before + SLEPT_MIN_MS) {
		s->most_ms = most;
		return (uint64_t)(least - before);
	}
	if (most < before)
		s->most_ms = most;
	return 0;
}
