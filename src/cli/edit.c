#include "cli/edit.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "cli/cmd.h"
#include "dnsupdate/wire/roster_records.h"
#include "identity/store.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define READS_MAX 3 /* somebody may write between our two questions */
#define WRITES_MAX 8 /* others may be faster */

/* The roster as the zone shows it. */
struct shown {
	struct rdata head;
	int has_head;
	struct roster roster; /* empty unless it is the account's */
	int is_old; /* it is one by an old phrase, so nothing in it counts */
};

static void *
allocate(size_t size)
{
	void *p = malloc(size);

	if (p == NULL)
		fatalx("out of memory");
	return p;
}

/* Whose is a roster? */
enum whose { STRANGE, OURS, OLD_PHRASE };

/* Did the present key of a lineage that holds, as far as the roster shows one, sign it? */
static int
is_signed(const struct roster *r, const struct account *a)
{
	const uint8_t *key = r->cas.count > 0 ? lineage_present(&r->cas) : a->cas.ca[0].key;

	return roster_verify(r, a->domain, key);
}

/* For who has a phrase: which keys came before it is then known.  What an earlier key has signed is
 * not to be gone on from: whoever stole its phrase may have. */
static enum whose
ask_phrase(const struct roster *r, struct account *a, char why[MSG_TEXT_MAX])
{
	if (!is_signed(r, a))
		return STRANGE;
	if (r->cas.count == 0 ? a->cas.count == 1 : account_adopt(a, &r->cas) == 0)
		return OURS;
	if (r->cas.count == 0 || lineage_extends(&a->cas, &r->cas)) {
		snprintf(why, MSG_TEXT_MAX, "it was signed with an old recovery phrase");
		return OLD_PHRASE;
	}
	if (lineage_find(&r->cas, lineage_present(&a->cas)) != -1)
		snprintf(why, MSG_TEXT_MAX, "this recovery phrase was replaced by a new one");
	return STRANGE;
}

/* Unless it is the reader's account's, r is empty and why says more. */
static enum whose
understand(struct roster *r, const char *text, size_t len, const struct edit_reader *by,
    char why[MSG_TEXT_MAX])
{
	enum whose whose;

	if (roster_parse(r, text, len, why) == -1)
		return STRANGE;
	snprintf(why, MSG_TEXT_MAX, "another key has signed it");
	if (by->known == NULL)
		whose = ask_phrase(r, by->account, why);
	else
		whose = roster_trusted(r, by->domain, by->known) ? OURS : STRANGE;
	if (whose != OURS)
		roster_free(r);
	return whose;
}

/* Both parts as text.  TALK_DONE, also when there is no roster (*len 0) or what is there is none
 * (*len -1). */
static enum talk_result
fetch(struct talk *t, struct shown *s, char *text, ssize_t *len)
{
	enum roster_part parts[] = {ROSTER_HEAD, ROSTER_LIST};
	size_t used = 0;

	*len = 0;
	s->has_head = 0;
	for (int i = 0; i < 2; i++) {
		enum talk_result result;
		struct question q;
		int n;

		if (roster_question(&q, parts[i], &t->domain) == -1)
			return talk_later(t, "cannot be asked: the name is too long");
		if ((result = talk_ask(t, &q)) != TALK_DONE)
			return result;
		n = roster_read(
		    &t->reply->message, parts[i], &t->domain, text, ROSTER_TEXT_MAX, &used);
		if (i == 0 && n == 0)
			return TALK_DONE;
		if (i == 0)
			s->has_head = roster_head(&t->reply->message, &t->domain, &s->head);
		if (n == -1 || s->has_head == -1) {
			*len = -1;
			return TALK_DONE;
		}
	}
	*len = (ssize_t)used;
	return TALK_DONE;
}

static enum talk_result
read_shown(struct talk *t, const struct edit_reader *by, struct shown *s)
{
	char *text = allocate(ROSTER_TEXT_MAX), why[MSG_TEXT_MAX] = "it is none";
	enum talk_result result = TALK_LATER;
	enum whose whose = STRANGE;

	memset(s, 0, sizeof *s);
	for (int i = 0; i < READS_MAX && whose != OURS; i++) {
		ssize_t len;

		result = fetch(t, s, text, &len);
		if (result != TALK_DONE)
			break;
		if (len >= 0)
			whose =
			    len == 0 ? OURS : understand(&s->roster, text, (size_t)len, by, why);
	}
	free(text);
	s->is_old = whose == OLD_PHRASE;
	if (result == TALK_DONE && whose != OURS)
		return talk_fail(t, TALK_OTHER_ACCOUNT,
		    "the roster in %.60s is not this account's: %.60s", by->domain, why);
	return result;
}

/* 1 when the zone shows less than this machine has seen, and that was put back. */
static int
restore(struct roster *r, const struct roster *held)
{
	enum roster_verdict v;

	if (held == NULL || held->serial == 0)
		return 0;
	v = roster_judge(held, r);
	if (v == ROSTER_SAME || v == ROSTER_NEWER)
		return 0;
	cmd_warn("the name server shows an old roster (serial %u, this machine has seen %u): "
		 "what it lacks is written again",
	    r->serial, held->serial);
	roster_merge(r, held);
	return 1;
}

/* A copy, to see whether anything changes. */
static char *
print(const struct roster *r, size_t *len)
{
	char *text = allocate(ROSTER_TEXT_MAX);

	*len = roster_print(r, text, ROSTER_TEXT_MAX);
	return text;
}

static int
fill_update(
    struct talk *t, const struct edit *e, struct update *u, const struct shown *s, int changed)
{
	struct question head;
	size_t len;
	char *text;
	int rc = 0;

	if (changed) {
		text = print(&s->roster, &len);
		rc = roster_write(u, &t->domain, text, len, s->has_head == 1 ? &s->head : NULL);
		free(text);
	} else if (roster_question(&head, ROSTER_HEAD, &t->domain) == 0) {
		update_need_exactly(u, &head.name, &s->head, 1);
	}
	return rc == -1 || (e->records != NULL && e->records(e->ctx, t, u) == -1) ? -1 : 0;
}

/* Change it; 1 when it must be signed and written, 0 when it is as it was, -1 when result says why.
 */
static int
change(struct talk *t, const struct edit *e, struct shown *s, enum talk_result *result)
{
	size_t before_len, after_len;
	char *before = print(&s->roster, &before_len), *after;
	int restored = restore(&s->roster, e->held), changed;

	if (e->account->cas.count > 1)
		s->roster.cas = e->account->cas;
	*result = e->change(e->ctx, t, &s->roster);
	after = print(&s->roster, &after_len);
	changed = restored || s->roster.serial == 0 || before_len != after_len ||
	    memcmp(before, after, after_len) != 0;
	free(before);
	free(after);
	return *result == TALK_DONE ? changed : -1;
}

static enum talk_result
write_shown(struct talk *t, const struct edit *e, struct shown *s, int changed)
{
	const struct account *signer = e->signer == NULL ? e->account : e->signer;
	uint8_t *room = allocate(MESSAGE_MAX);
	enum talk_result result;
	struct update u;

	talk_update_begin(t, &u, room, MESSAGE_MAX);
	if (changed &&
	    roster_sign(&s->roster, signer->domain, signer->ca_seed, clock_wall_sec()) == -1)
		result = talk_fail(t, TALK_GONE, "the roster has too many machines");
	else if (fill_update(t, e, &u, s, changed) == -1)
		result = talk_later(t, "cannot be told: the name is too long");
	else
		result = talk_update(t, &u);
	free(room);
	return result;
}

/* What is shown does not count.  May it be written over: with what this machine has seen of the
 * present phrase, or with a new account? */
static int
may_overwrite(const struct edit *e, const struct shown *s)
{
	return e->overwrite ||
	    (s->is_old && e->held != NULL && e->held->serial > 0 &&
		e->held->cas.count == e->account->cas.count);
}

static enum talk_result
edit_once(struct talk *t, const struct edit *e)
{
	struct edit_reader by = {.domain = e->account->domain, .account = e->account};
	enum talk_result result;
	struct shown s;
	int changed;

	result = read_shown(t, &by, &s);
	if (result == TALK_OTHER_ACCOUNT && may_overwrite(e, &s))
		result = TALK_DONE;
	if (result == TALK_DONE && (changed = change(t, e, &s, &result)) != -1)
		result = write_shown(t, e, &s, changed);
	roster_free(&s.roster);
	return result;
}

enum talk_result
edit_roster(struct talk *t, const struct edit *e)
{
	enum talk_result result = TALK_CONFLICT;

	for (int i = 0; i < WRITES_MAX && result == TALK_CONFLICT; i++)
		result = edit_once(t, e);
	return result == TALK_CONFLICT ? TALK_LATER : result;
}

enum talk_result
edit_read(struct talk *t, const struct edit_reader *by, struct roster *r)
{
	struct shown s;
	enum talk_result result = read_shown(t, by, &s);

	*r = s.roster;
	return result;
}

void
edit_load_held(const char *state_dir, const struct edit_reader *by, struct roster *r)
{
	char path[PATH_MAX], why[MSG_TEXT_MAX], *text = allocate(ROSTER_TEXT_MAX);
	ssize_t len = -1;

	memset(r, 0, sizeof *r);
	if (snprintf(path, sizeof path, "%s/%s", state_dir, STORE_ROSTER) < (int)sizeof path)
		len = file_read(path, text, ROSTER_TEXT_MAX);
	if (len > 0)
		understand(r, text, (size_t)len, by, why);
	free(text);
}
