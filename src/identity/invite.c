#include "identity/invite.h"

#include "base/buf.h"
#include "base/str.h"
#include "crypto/aead.h"
#include "crypto/cert.h"
#include "crypto/hash.h"
#include "crypto/kdf.h"
#include "crypto/mac.h"
#include "identity/account_file.h"
#include "identity/base64.h"
#include "identity/ula.h"

#include <stdio.h>
#include <string.h>

#define HEAD "at1-"
#define CODE_MAX 300 /* octets */
#define SUM_LEN 4
#define MAC_LEN 16
#define SEALED_HEAD AEAD_NONCE_LEN

static void
slot_name(const char *domain, unsigned slot, char out[MSG_NAME_MAX])
{
	snprintf(out, MSG_NAME_MAX, "invite%u._join.%.200s", slot, domain);
}

int
invite_make(struct invite *i, const struct account *a)
{
	crypto_random(i->key, sizeof i->key);
	memcpy(i->domain, a->domain, sizeof i->domain);
	return account_invite_tsig(a, i->slot, &i->tsig);
}

/* ---- the code ---- */

static void
put_text(struct buf *b, const char *text)
{
	size_t len = strlen(text);

	buf_put_u8(b, (uint8_t)len);
	buf_put(b, text, len);
}

/* 0, or -1 when it does not fit or is not plain. */
static int
get_text(struct buf *b, char *out, size_t size)
{
	size_t len = buf_get_u8(b);
	const uint8_t *p = buf_take(b, len);

	if (p == NULL || len >= size || memchr(p, '\0', len) != NULL)
		return -1;
	memcpy(out, p, len);
	out[len] = '\0';
	return 0;
}

/* Octets that make a mistyped code tell itself. */
static void
checksum(const uint8_t *data, size_t len, uint8_t out[SUM_LEN])
{
	uint8_t hash[SHA256_LEN];

	sha256(data, len, hash);
	memcpy(out, hash, SUM_LEN);
}

static size_t
code_octets(const struct invite *i, uint8_t out[CODE_MAX])
{
	struct buf b = buf_writer(out, CODE_MAX);
	uint8_t sum[SUM_LEN];

	buf_put_u8(&b, i->slot);
	buf_put_u8(&b, i->pins);
	buf_put_u32(&b, i->expires_sec);
	buf_put_u8(&b, i->server.family);
	buf_put_u16(&b, i->server.port);
	buf_put(&b, i->server.addr, i->server.family == 4 ? 4 : 16);
	put_text(&b, i->domain);
	put_text(&b, i->label);
	if (i->pins > 0)
		buf_put(&b, i->pin, sizeof i->pin);
	buf_put(&b, i->tsig.secret, i->tsig.secret_len);
	buf_put(&b, i->key, sizeof i->key);
	checksum(b.data, b.pos, sum);
	buf_put(&b, sum, sizeof sum);
	return b.failed ? 0 : b.pos;
}

/* The alphabet of RFC 4648 section 5 and no padding: a code survives shells, URLs and mails. */
static void
swap(char *text, const char *from, const char *to)
{
	for (; *text != '\0'; text++)
		if (*text == from[0] || *text == from[1])
			*text = to[*text == from[1]];
}

size_t
invite_encode(const struct invite *i, char out[INVITE_TEXT_MAX])
{
	uint8_t raw[CODE_MAX];
	size_t len = code_octets(i, raw), head = sizeof HEAD - 1;

	memcpy(out, HEAD, head);
	base64_encode(raw, len, out + head);
	out[head + strcspn(out + head, "=")] = '\0';
	swap(out + head, "+/", "-_");
	crypto_wipe(raw, sizeof raw);
	return strlen(out);
}

static int
read_code(struct invite *i, const uint8_t *raw, size_t len)
{
	struct buf b = buf_reader(raw, len);

	i->slot = buf_get_u8(&b);
	i->pins = buf_get_u8(&b);
	i->expires_sec = buf_get_u32(&b);
	i->server.family = buf_get_u8(&b);
	i->server.port = buf_get_u16(&b);
	if (i->server.family != 4 && i->server.family != 6)
		return -1;
	buf_get(&b, i->server.addr, i->server.family == 4 ? 4 : 16);
	if (get_text(&b, i->domain, sizeof i->domain) == -1 ||
	    get_text(&b, i->label, sizeof i->label) == -1 || i->pins > 1)
		return -1;
	if (i->pins > 0)
		buf_get(&b, i->pin, sizeof i->pin);
	i->tsig.algorithm = TSIG_HMAC_SHA256;
	i->tsig.secret_len = ACCOUNT_INVITE_SECRET;
	buf_get(&b, i->tsig.secret, ACCOUNT_INVITE_SECRET);
	buf_get(&b, i->key, sizeof i->key);
	slot_name(i->domain, i->slot, i->tsig.name);
	return buf_done(&b);
}

static int
is_sound(const struct invite *i)
{
	return i->slot >= 1 && i->slot <= INVITE_SLOTS && account_domain_valid(i->domain) &&
	    i->server.port != 0 && endpoint_valid(&i->server) &&
	    (i->label[0] == '\0' ||
		(str_is_hostname(i->label, 0) && strchr(i->label, '.') == NULL));
}

/* The octets of a code; -1 when it is none, or mistyped. */
static int
take_octets(const char *text, uint8_t raw[CODE_MAX])
{
	char plain[INVITE_TEXT_MAX + 4];
	uint8_t sum[SUM_LEN];
	size_t n;
	int len;

	text += strspn(text, " \t\r\n");
	n = strcspn(text, " \t\r\n");
	if (strncmp(text, HEAD, sizeof HEAD - 1) != 0 || n >= INVITE_TEXT_MAX ||
	    text[n + strspn(text + n, " \t\r\n")] != '\0')
		return -1;
	snprintf(plain, sizeof plain, "%.*s", (int)(n - (sizeof HEAD - 1)), text + sizeof HEAD - 1);
	swap(plain, "-_", "+/");
	for (n = strlen(plain); n % 4 != 0; n++)
		memcpy(plain + n, "=", 2);
	len = base64_decode(plain, raw, CODE_MAX);
	crypto_wipe(plain, sizeof plain);
	if (len < SUM_LEN)
		return -1;
	checksum(raw, (size_t)len - SUM_LEN, sum);
	return memcmp(raw + len - SUM_LEN, sum, SUM_LEN) == 0 ? len - SUM_LEN : -1;
}

int
invite_decode(const char *text, struct invite *i, char why[MSG_TEXT_MAX])
{
	uint8_t raw[CODE_MAX];
	int len = take_octets(text, raw);
	int good;

	memset(i, 0, sizeof *i);
	good = len != -1 && read_code(i, raw, (size_t)len) == 0 && is_sound(i);
	crypto_wipe(raw, sizeof raw);
	if (good)
		return 0;
	crypto_wipe(i, sizeof *i);
	snprintf(why, MSG_TEXT_MAX,
	    "that is no invitation: a code begins with \"" HEAD "\" and must be copied whole");
	return -1;
}

/* ---- what is derived from its secret ---- */

static int
derive(const struct invite *i, const char *label, uint8_t out[32])
{
	return hkdf_sha256(i->key, sizeof i->key, NULL, 0, label, strlen(label), out, 32);
}

/* HMAC under the key of this label over domain, label and public key.  0 or -1. */
static int
mac_request(const struct invite *i, const char *label, const struct invite_request *r,
    uint8_t out[MAC_LEN_MAX])
{
	uint8_t key[32];
	struct mac *m = NULL;

	if (derive(i, label, key) == 0)
		m = mac_new(MAC_HMAC_SHA256, key, sizeof key);
	crypto_wipe(key, sizeof key);
	if (m == NULL)
		return -1;
	mac_update(m, i->domain, strlen(i->domain) + 1);
	mac_update(m, r->label, strlen(r->label) + 1);
	mac_update(m, r->public_key, sizeof r->public_key);
	return mac_final(m, out);
}

/* ---- the request ---- */

size_t
invite_ask(const struct invite *i, const struct invite_request *r, uint8_t out[INVITE_REQUEST_MAX])
{
	struct buf b = buf_writer(out, INVITE_REQUEST_MAX);
	uint8_t mac[MAC_LEN_MAX];

	if (mac_request(i, "request", r, mac) == -1)
		return 0;
	put_text(&b, r->label);
	buf_put(&b, r->public_key, sizeof r->public_key);
	buf_put(&b, mac, MAC_LEN);
	return b.failed ? 0 : b.pos;
}

int
invite_hear(const struct invite *i, const uint8_t *data, size_t len, struct invite_request *r)
{
	struct buf b = buf_reader(data, len);
	uint8_t mac[MAC_LEN] = {0}, want[MAC_LEN_MAX];

	memset(r, 0, sizeof *r);
	if (get_text(&b, r->label, sizeof r->label) == -1)
		return -1;
	buf_get(&b, r->public_key, sizeof r->public_key);
	buf_get(&b, mac, sizeof mac);
	if (buf_done(&b) == -1 || mac_request(i, "request", r, want) == -1 ||
	    !crypto_equal(mac, want, sizeof mac))
		return -1;
	if (!str_is_hostname(r->label, 0) || strchr(r->label, '.') != NULL)
		return -1;
	return i->label[0] == '\0' || strcmp(i->label, r->label) == 0 ? 0 : -1;
}

unsigned
invite_check(const struct invite *i, const struct invite_request *r)
{
	uint8_t mac[MAC_LEN_MAX] = {0};
	struct buf b = buf_reader(mac, 4);

	if (mac_request(i, "check", r, mac) == -1)
		return 0;
	return buf_get_u32(&b) % 1000000;
}

/* ---- the reply ---- */

static struct aead *
reply_key(const struct invite *i, int encrypt)
{
	uint8_t key[32];
	struct aead *a = NULL;

	if (derive(i, "reply", key) == 0)
		a = aead_new(AEAD_AES_256_GCM, key, encrypt);
	crypto_wipe(key, sizeof key);
	return a;
}

static void
put_blob(struct buf *b, const void *data, size_t len)
{
	buf_put_u16(b, (uint16_t)len);
	buf_put(b, data, len);
}

size_t
invite_seal(const struct invite *i, const struct invite_request *r, const struct identity *id,
    uint8_t out[INVITE_REPLY_MAX])
{
	struct buf b = buf_writer(out, INVITE_REPLY_MAX - AEAD_TAG_LEN);
	struct aead *a = reply_key(i, 1);
	size_t len = 0;

	crypto_random(out, SEALED_HEAD);
	b.pos = SEALED_HEAD;
	put_blob(&b, id->cert.data, id->cert.len);
	put_blob(&b, id->ca.data, id->ca.len);
	put_blob(&b, id->tsig.secret, id->tsig.secret_len);
	for (unsigned k = 1; k < id->cas.count; k++)
		buf_put(&b, &id->cas.ca[k], sizeof id->cas.ca[k]);
	if (a != NULL && !b.failed &&
	    aead_seal(a, out, r->public_key, sizeof r->public_key, out + SEALED_HEAD,
		b.pos - SEALED_HEAD, out + b.pos) == 0)
		len = b.pos + AEAD_TAG_LEN;
	aead_free(a);
	return len;
}

static int
get_blob(struct buf *b, uint8_t *out, size_t size)
{
	size_t len = buf_get_u16(b);
	const uint8_t *p = buf_take(b, len);

	if (p == NULL || len > size)
		return -1;
	memcpy(out, p, len);
	return (int)len;
}

static int
read_reply(struct identity *id, const uint8_t *data, size_t len)
{
	struct buf b = buf_reader(data, len);
	int cert = get_blob(&b, id->cert.data, sizeof id->cert.data);
	int ca = get_blob(&b, id->ca.data, sizeof id->ca.data);
	int secret = get_blob(&b, id->tsig.secret, sizeof id->tsig.secret);

	if (cert == -1 || ca == -1 || secret < 16 ||
	    lineage_add_cert(&id->cas, id->ca.data, (size_t)ca) == -1)
		return -1;
	while (buf_left(&b) > 0 && id->cas.count < LINEAGE_MAX)
		buf_get(&b, &id->cas.ca[id->cas.count++], sizeof id->cas.ca[0]);
	if (buf_done(&b) == -1)
		return -1;
	id->cert.len = (uint16_t)cert;
	id->ca.len = (uint16_t)ca;
	id->tsig.secret_len = (uint8_t)secret;
	id->tsig.algorithm = TSIG_HMAC_SHA256;
	return 0;
}

/* Do the certificates belong together, and to what was asked for? */
static int
check_reply(const struct invite *i, const struct invite_request *r, struct identity *id)
{
	struct cert_info cert, ca;

	snprintf(id->domain, sizeof id->domain, "%s", i->domain);
	if (cert_read(id->ca.data, id->ca.len, &ca) == -1 || !ca.is_ca ||
	    cert_read(id->cert.data, id->cert.len, &cert) == -1 || cert.is_ca ||
	    !lineage_valid(&id->cas, id->domain) ||
	    !lineage_issued(&id->cas, id->domain, id->cert.data, id->cert.len))
		return -1;
	if (snprintf(id->name, sizeof id->name, "%s.%s", r->label, i->domain) >=
	    (int)sizeof id->name)
		return -1;
	memcpy(id->tsig.name, id->name, sizeof id->tsig.name);
	ula_derive(ca.public_key, cert.public_key, id->ula);
	return strcmp(ca.common_name, id->domain) == 0 && strcmp(cert.dns_name, id->name) == 0 &&
		memcmp(cert.public_key, r->public_key, sizeof r->public_key) == 0 &&
		memcmp(cert.address, id->ula, sizeof id->ula) == 0
	    ? 0
	    : -1;
}

int
invite_open(const struct invite *i, const struct invite_request *r, const uint8_t *data, size_t len,
    struct identity *id)
{
	uint8_t plain[INVITE_REPLY_MAX];
	size_t plain_len = len - SEALED_HEAD - AEAD_TAG_LEN;
	struct aead *a;
	int rc = -1;

	memset(id, 0, sizeof *id);
	if (len < SEALED_HEAD + AEAD_TAG_LEN || len > INVITE_REPLY_MAX ||
	    (a = reply_key(i, 0)) == NULL)
		return -1;
	memcpy(plain, data + SEALED_HEAD, plain_len);
	if (aead_open(a, data, r->public_key, sizeof r->public_key, plain, plain_len,
		data + SEALED_HEAD + plain_len) == 0 &&
	    read_reply(id, plain, plain_len) == 0)
		rc = check_reply(i, r, id);
	aead_free(a);
	crypto_wipe(plain, sizeof plain);
	return rc;
}
