#include "base/pieces.h"

#include <stdlib.h>
#include <string.h>

void
pieces_make(union msg *m, enum msg_type type, const char *text, uint32_t total, uint32_t offset)
{
	uint32_t left = total - offset;

	msg_begin(m, type, 0);
	m->roster.total = total;
	m->roster.offset = offset;
	m->roster.len = left < MSG_ROSTER_PIECE ? left : MSG_ROSTER_PIECE;
	if (m->roster.len > 0)
		memcpy(m->roster.data, text + offset, m->roster.len);
}

int
pieces_take(struct pieces *p, const struct msg_roster *piece)
{
	if (piece->offset == 0) {
		pieces_free(p);
		p->total = piece->total;
		p->text = piece->total == 0 ? NULL : malloc(piece->total);
	}
	if (piece->offset != p->got || piece->total != p->total ||
	    (p->total != 0 && p->text == NULL)) {
		pieces_free(p);
		return -1;
	}
	if (piece->len > 0)
		memcpy(p->text + p->got, piece->data, piece->len);
	p->got += piece->len;
	return p->got == p->total;
}

void
pieces_free(struct pieces *p)
{
	free(p->text);
	memset(p, 0, sizeof *p);
}
