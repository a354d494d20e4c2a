#include "ipsec/esp/links.h"

#include <string.h>

void
links_init(struct links *l)
{
	memset(l, 0, sizeof *l);
	pthread_mutex_init(&l->lock, NULL);
}

/* Its place in the table, or LINKS_MAX. */
static unsigned int
find(const struct links *l, const struct endpoint *local)
{
	unsigned int i = 0;

	while (i < LINKS_MAX && !endpoint_same_addr(&l->seen[i].local, local))
		i++;
	return i;
}

void
links_note(struct links *l, const struct endpoint *local, uint32_t link)
{
	unsigned int i;

	if (local->family == 0 || link == 0)
		return;
	pthread_mutex_lock(&l->lock);
	i = find(l, local);
	if (i == LINKS_MAX)
		i = l->next++ % LINKS_MAX;
	l->seen[i].local = *local;
	l->seen[i].link = link;
	pthread_mutex_unlock(&l->lock);
}

void
links_forget(struct links *l, uint32_t link)
{
	pthread_mutex_lock(&l->lock);
	for (unsigned int i = 0; i < LINKS_MAX; i++)
		if (l->seen[i].link == link)
			l->seen[i].link = 0;
	pthread_mutex_unlock(&l->lock);
}

uint32_t
links_find(struct links *l, const struct endpoint *local)
{
	uint32_t link = 0;
	unsigned int i;

	if (local->family == 0)
		return 0;
	pthread_mutex_lock(&l->lock);
	i = find(l, local);
	if (i < LINKS_MAX)
		link = l->seen[i].link;
	pthread_mutex_unlock(&l->lock);
	return link;
}
