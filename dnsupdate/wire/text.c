#include "dnsupdate/wire/text.h"

#include "base/str.h"

#include <ldns/ldns.h>
#include <stdlib.h>
#include <string.h>

/* One line of printable ASCII: ldns separates by tabs and ends with a newline. */
static void
tidy(char *text)
{
	size_t len = strlen(text);

	while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == ' '))
		text[--len] = '\0';
	for (; *text != '\0'; text++)
		if (*text == '\t')
			*text = ' ';
		else if (*text < ' ' || *text > '~')
			*text = '?';
}

/* ldns writes no data as "\\# 0"; in an UPDATE there is nothing unknown about it. */
static void
strip_empty(char *text)
{
	char *end = strstr(text, " \\# 0");

	if (end != NULL)
		*end = '\0';
}

const char *
rr_text(const struct message *m, const struct rr *rr, char *out, size_t size)
{
	ldns_rr *record = NULL;
	size_t pos = rr->owner_at;
	char *text = NULL;

	if (ldns_wire2rr(&record, m->data, m->len, &pos, LDNS_SECTION_ANSWER) == LDNS_STATUS_OK)
		text = ldns_rr2str(record);
	if (text != NULL) {
		tidy(text);
		if (rr->rdata_len == 0)
			strip_empty(text);
	}
	str_copy(out, size, text != NULL ? text : "?");
	free(text);
	ldns_rr_free(record);
	return out;
}

/* Through wire format and our own reader, so that only what we accept ourselves comes in. */
static int
take_wire(const uint8_t *wire, size_t len, struct name *owner, uint32_t *ttl, struct rdata *rd)
{
	struct buf b = buf_reader(wire, len);
	uint16_t type, class;

	name_get(&b, owner);
	type = buf_get_u16(&b);
	class = buf_get_u16(&b);
	*ttl = buf_get_u32(&b);
	len = buf_get_u16(&b);
	if (class != CLASS_IN || rdata_get(&b, type, (uint16_t)len, rd) == -1)
		return -1;
	return buf_done(&b);
}

int
rr_from_text(
    const char *line, uint32_t default_ttl, struct name *owner, uint32_t *ttl, struct rdata *rd)
{
	ldns_rr *record = NULL;
	uint8_t *wire = NULL;
	size_t len = 0;
	int result = -1;

	if (ldns_rr_new_frm_str(&record, line, default_ttl, NULL, NULL) == LDNS_STATUS_OK &&
	    ldns_rr2wire(&wire, record, LDNS_SECTION_ANSWER, &len) == LDNS_STATUS_OK)
		result = take_wire(wire, len, owner, ttl, rd);
	free(wire);
	ldns_rr_free(record);
	return result;
}

/* ---- master files ---- */

struct master {
	ldns_rdf *origin, *previous;
	uint32_t ttl;
	int line;
};

/* A record of ldns as our own: 0 or -1. */
static int
take_record(const ldns_rr *record, struct name *owner, uint32_t *ttl, struct rdata *rd)
{
	uint8_t *wire = NULL;
	size_t len = 0;
	int rc = -1;

	if (ldns_rr2wire(&wire, record, LDNS_SECTION_ANSWER, &len) == LDNS_STATUS_OK)
		rc = take_wire(wire, len, owner, ttl, rd);
	free(wire);
	return rc;
}

static int
is_directive(ldns_status status)
{
	return status == LDNS_STATUS_SYNTAX_TTL || status == LDNS_STATUS_SYNTAX_ORIGIN ||
	    status == LDNS_STATUS_SYNTAX_EMPTY;
}

static int
read_record(FILE *in, struct master *m,
    int (*cb)(void *ctx, const struct name *owner, uint32_t ttl, const struct rdata *rd), void *ctx,
    char why[MASTER_WHY_MAX])
{
	ldns_rr *record = NULL;
	ldns_status status =
	    ldns_rr_new_frm_fp_l(&record, in, &m->ttl, &m->origin, &m->previous, &m->line);
	struct name owner;
	struct rdata rd;
	uint32_t ttl;
	int rc = 0;

	if (is_directive(status))
		return 0;
	if (status != LDNS_STATUS_OK) {
		snprintf(
		    why, MASTER_WHY_MAX, "line %d: %s", m->line, ldns_get_errorstr_by_id(status));
		return -1;
	}
	if (take_record(record, &owner, &ttl, &rd) == -1) {
		snprintf(why, MASTER_WHY_MAX,
		    "line %d: a record of another class than IN, or longer than %d octets", m->line,
		    RDATA_MAX);
		rc = -1;
	} else {
		rc = cb(ctx, &owner, ttl, &rd);
	}
	ldns_rr_free(record);
	return rc;
}

int
master_file_read(FILE *in, const struct name *origin, uint32_t default_ttl,
    int (*cb)(void *ctx, const struct name *owner, uint32_t ttl, const struct rdata *rd), void *ctx,
    char why[MASTER_WHY_MAX])
{
	struct master m = {.ttl = default_ttl};
	char text[NAME_TEXT_MAX + 1];
	int rc = 0;

	name_text(origin, text);
	strcat(text, origin->len > 1 ? "." : "");
	m.origin = ldns_dname_new_frm_str(text);
	why[0] = '\0';
	while (rc == 0 && m.origin != NULL && !feof(in))
		rc = read_record(in, &m, cb, ctx, why);
	if (m.origin == NULL) {
		snprintf(why, MASTER_WHY_MAX, "out of memory");
		rc = -1;
	}
	ldns_rdf_deep_free(m.origin);
	ldns_rdf_deep_free(m.previous);
	return rc;
}
