#include "ipsec/held.h"

#include "base/pieces.h"
#include "base/str.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

static char domain[MSG_NAME_MAX];
static uint8_t own_key[ROSTER_KEY_LEN];
static struct lineage cas; /* the account's certification keys; only grows */
static struct roster held; /* under the lock; only the main thread changes it */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* a leaf: nothing is called under it */
static struct pieces arriving;
static struct msg_ipsec_roster_state state;
static int dirty;

void
held_init(const char *name, const struct lineage *known, const uint8_t own[ED25519_PUBLIC_LEN])
{
	str_copy(domain, sizeof domain, name);
	cas = *known;
	roster_key(own, own_key);
}

const struct lineage *
held_cas(void)
{
	return &cas;
}

const char *
held_domain(void)
{
	return domain;
}

static void
label_of(const char *name, char label[ROSTER_LABEL_MAX])
{
	snprintf(label, ROSTER_LABEL_MAX, "%.*s", (int)strcspn(name, "."), name);
}

/* ROSTER_FOREIGN with why, or how it stands to the held one. */
static enum roster_verdict
judge(struct roster *offered, char why[MSG_TEXT_MAX])
{
	if (roster_parse(offered, arriving.text, arriving.total, why) == -1)
		return ROSTER_FOREIGN;
	if (roster_trusted(offered, domain, &cas))
		return roster_judge(&held, offered);
	snprintf(why, MSG_TEXT_MAX, "it is not signed by the account's key%s",
	    cas.count > 1 ? "; perhaps by that of an old recovery phrase" : "");
	roster_free(offered);
	return ROSTER_FOREIGN;
}

static void
explain(enum roster_verdict v, uint32_t offered, char why[MSG_TEXT_MAX])
{
	switch (v) {
	case ROSTER_OLDER:
		snprintf(why, MSG_TEXT_MAX,
		    "it is an old one: serial %u, but %u has been seen; does somebody hide changes?",
		    offered, held.serial);
		break;
	case ROSTER_DIVERGES:
		snprintf(
		    why, MSG_TEXT_MAX, "there are two of serial %u; the first one counts", offered);
		break;
	case ROSTER_FORGETS:
		snprintf(why, MSG_TEXT_MAX,
		    "its serial is %u, but a machine that was revoked (serial %u) is not so in it",
		    offered, held.serial);
		break;
	case ROSTER_FOREIGN:
		break;
	default:
		why[0] = '\0';
		break;
	}
}

static uint8_t
self_state(void)
{
	const struct roster_device *d = roster_find_key(&held, own_key);

	if (held.serial == 0)
		return ROSTER_SELF_UNKNOWN;
	if (d == NULL)
		return ROSTER_SELF_UNLISTED;
	return d->state == ROSTER_OK ? ROSTER_SELF_LISTED : ROSTER_SELF_REVOKED;
}

static void
describe_held(void)
{
	state.self = self_state();
	state.open = held.open;
	state.serial = held.serial;
	state.signed_sec = held.time_sec;
	state.machines = state.revoked = 0;
	for (size_t i = 0; i < held.count; i++) {
		state.machines += held.device[i].state == ROSTER_OK;
		state.revoked += held.device[i].state == ROSTER_REVOKED;
	}
}

static void
hold(const struct roster *offered)
{
	struct roster old = held;

	pthread_mutex_lock(&lock);
	held = *offered;
	pthread_mutex_unlock(&lock);
	if (offered->cas.count > cas.count)
		cas = offered->cas;
	roster_free(&old);
}

int
held_take(const struct msg_roster *piece)
{
	char why[MSG_TEXT_MAX] = "";
	struct roster offered;
	enum roster_verdict v;

	if (pieces_take(&arriving, piece) != 1)
		return 0;
	v = judge(&offered, why);
	explain(v, offered.serial, why);
	pieces_free(&arriving);
	state.verdict = (uint8_t)v;
	state.offered = offered.serial;
	memcpy(state.reason, why, sizeof state.reason);
	if (v == ROSTER_NEWER)
		hold(&offered);
	else
		roster_free(&offered);
	describe_held();
	dirty = 1;
	return v == ROSTER_NEWER;
}

int
held_admits(const char *name, const uint8_t key[ROSTER_KEY_LEN], char why[MSG_TEXT_MAX])
{
	char label[ROSTER_LABEL_MAX];
	int rc;

	label_of(name, label);
	pthread_mutex_lock(&lock);
	rc = roster_admits(&held, label, key, why);
	pthread_mutex_unlock(&lock);
	return rc;
}

int
held_address(const char *name, const uint8_t own_ula[16], uint8_t ula[16])
{
	char label[ROSTER_LABEL_MAX];
	const struct roster_device *d;
	int in;

	label_of(name, label);
	memset(ula, 0, 16);
	pthread_mutex_lock(&lock);
	d = roster_find_label(&held, label);
	in = d != NULL || held.serial == 0 || held.open;
	if (d != NULL) {
		memcpy(ula, own_ula, 8); /* one prefix for the account */
		memcpy(ula + 8, d->key, 8);
	}
	pthread_mutex_unlock(&lock);
	return in;
}

int
held_describe(union msg *m)
{
	if (!dirty)
		return 0;
	msg_begin(m, MSG_IPSEC_ROSTER_STATE, 0);
	memcpy(
	    &m->ipsec_roster_state.verdict, &state.verdict, sizeof state - sizeof(struct msg_hdr));
	return 1;
}

void
held_said(void)
{
	dirty = 0;
}
