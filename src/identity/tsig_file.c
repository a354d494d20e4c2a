/*
 * Reader and writer of key statements.  The reader is strict: only key statements, each with
 * exactly one algorithm and one secret, in either order; comments as BIND has them (slash-star,
 * double slash, number sign).  The text is cut into tokens, and a token never leaves its line.
 */
#include "identity/tsig_file.h"

#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "crypto/mac.h"
#include "identity/base64.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Less is a password; and the daemon's messages take no less (RFC 8945 section 8 wants 32). */
#define SECRET_MIN 16

enum token_kind { TOKEN_END, TOKEN_WORD, TOKEN_MARK, TOKEN_BAD };

struct reader {
	const char *p, *end;
	int line;
	enum token_kind kind; /* of the token read last */
	char token[MSG_NAME_MAX + 2];
	char *why;
};

static const char *const algorithms[] = {
    [TSIG_HMAC_SHA256] = "hmac-sha256",
    [TSIG_HMAC_SHA384] = "hmac-sha384",
    [TSIG_HMAC_SHA512] = "hmac-sha512",
};
#define ALGORITHMS (sizeof algorithms / sizeof algorithms[0])

const char *
tsig_key_algorithm(uint8_t algorithm)
{
	return algorithm < ALGORITHMS ? algorithms[algorithm] : NULL;
}

static int
fail(struct reader *r, const char *what)
{
	snprintf(r->why, MSG_TEXT_MAX, "line %d: %s", r->line, what);
	return -1;
}

static void
skip_line(struct reader *r)
{
	while (r->p < r->end && *r->p != '\n')
		r->p++;
}

/* Behind the closing star and slash, or to the end. */
static void
skip_block(struct reader *r)
{
	for (r->p += 2; r->p < r->end; r->p++) {
		if (*r->p == '\n')
			r->line++;
		if (r->end - r->p >= 2 && r->p[0] == '*' && r->p[1] == '/') {
			r->p += 2;
			return;
		}
	}
}

static void
skip_blank(struct reader *r)
{
	while (r->p < r->end) {
		int two = r->end - r->p >= 2;

		if (*r->p == '#' || (two && r->p[0] == '/' && r->p[1] == '/'))
			skip_line(r);
		else if (two && r->p[0] == '/' && r->p[1] == '*')
			skip_block(r);
		else if (memchr(" \t\r\n", *r->p, 4) != NULL)
			r->line += *r->p++ == '\n';
		else
			return;
	}
}

/* Keep the len characters at from as the token. */
static void
take(struct reader *r, enum token_kind kind, const char *from, size_t len)
{
	r->kind = TOKEN_BAD;
	if (len >= sizeof r->token || memchr(from, '\0', len) != NULL)
		return;
	memcpy(r->token, from, len);
	r->token[len] = '\0';
	r->kind = kind;
}

static void
take_quoted(struct reader *r)
{
	const char *from = ++r->p;

	while (r->p < r->end && *r->p != '"' && *r->p != '\n')
		r->p++;
	if (r->p == r->end || *r->p != '"') {
		r->kind = TOKEN_BAD;
		return;
	}
	take(r, TOKEN_WORD, from, (size_t)(r->p++ - from));
}

static void
next(struct reader *r)
{
	const char *from;

	skip_blank(r);
	r->token[0] = '\0';
	from = r->p;
	if (r->p == r->end) {
		r->kind = TOKEN_END;
	} else if (*r->p == '"') {
		take_quoted(r);
	} else if (memchr("{};", *r->p, 3) != NULL) {
		r->p++;
		take(r, TOKEN_MARK, from, 1);
	} else {
		while (r->p < r->end && memchr(" \t\r\n{};\"", *r->p, 8) == NULL)
			r->p++;
		take(r, TOKEN_WORD, from, (size_t)(r->p - from));
	}
}

static int
expect(struct reader *r, const char *mark, const char *what)
{
	next(r);
	return r->kind == TOKEN_MARK && strcmp(r->token, mark) == 0 ? 0 : fail(r, what);
}

static int
read_name(struct reader *r, struct tsig_key *key)
{
	size_t len;

	next(r);
	len = strlen(r->token);
	if (len > 1 && r->token[len - 1] == '.')
		r->token[len - 1] = '\0';
	if (r->kind != TOKEN_WORD || !str_is_hostname(r->token, 1) ||
	    str_copy(key->name, sizeof key->name, r->token) == -1)
		return fail(r, "a key's name is a domain name");
	str_lower(key->name);
	return 0;
}

static int
read_algorithm(struct reader *r, struct tsig_key *key)
{
	if (key->algorithm != 0)
		return fail(r, "a key has one algorithm");
	next(r);
	for (uint8_t i = TSIG_HMAC_SHA256; i < ALGORITHMS; i++)
		if (r->kind == TOKEN_WORD && strcasecmp(r->token, algorithms[i]) == 0)
			key->algorithm = i;
	if (key->algorithm == 0)
		return fail(r, "the algorithm must be hmac-sha256, hmac-sha384 or hmac-sha512");
	return 0;
}

static int
read_secret(struct reader *r, struct tsig_key *key)
{
	int len;

	if (key->secret_len != 0)
		return fail(r, "a key has one secret");
	next(r);
	len = r->kind == TOKEN_WORD ? base64_decode(r->token, key->secret, sizeof key->secret) : -1;
	crypto_wipe(r->token, sizeof r->token);
	if (len < SECRET_MIN)
		return fail(r, "the secret must be 16 to 64 octets in base64");
	key->secret_len = (uint8_t)len;
	return 0;
}

/* What stands between the braces, and the closing one. */
static int
read_body(struct reader *r, struct tsig_key *key)
{
	for (;;) {
		int rc;

		next(r);
		if (r->kind == TOKEN_MARK && strcmp(r->token, "}") == 0)
			return 0;
		if (r->kind == TOKEN_WORD && strcmp(r->token, "algorithm") == 0)
			rc = read_algorithm(r, key);
		else if (r->kind == TOKEN_WORD && strcmp(r->token, "secret") == 0)
			rc = read_secret(r, key);
		else
			return fail(r, "\"algorithm\", \"secret\" or \"}\" should stand here");
		if (rc == -1 || expect(r, ";", "\";\" is missing") == -1)
			return -1;
	}
}

static int
read_key(struct reader *r, struct tsig_file *out)
{
	struct tsig_key *key = &out->key[out->keys];

	if (out->keys == TSIG_FILE_KEYS)
		return fail(r, "too many keys");
	if (read_name(r, key) == -1 || expect(r, "{", "\"{\" is missing") == -1 ||
	    read_body(r, key) == -1 || expect(r, ";", "\";\" is missing") == -1)
		return -1;
	if (key->algorithm == 0 || key->secret_len == 0)
		return fail(r, "a key has an algorithm and a secret");
	for (int i = 0; i < out->keys; i++)
		if (strcmp(out->key[i].name, key->name) == 0)
			return fail(r, "two keys have the same name");
	out->keys++;
	return 0;
}

int
tsig_file_parse(const char *text, size_t len, struct tsig_file *out, char why[MSG_TEXT_MAX])
{
	struct reader r = {.p = text, .end = text + len, .line = 1, .why = why};

	memset(out, 0, sizeof *out);
	for (next(&r); r.kind != TOKEN_END; next(&r)) {
		if (r.kind != TOKEN_WORD || strcmp(r.token, "key") != 0)
			return fail(&r, "a key statement should begin here");
		if (read_key(&r, out) == -1)
			return -1;
	}
	return 0;
}

int
tsig_file_load(const char *path, struct tsig_file *out, char why[MSG_TEXT_MAX])
{
	char text[TSIG_FILE_SIZE], reason[MSG_TEXT_MAX];
	ssize_t len = file_read(path, text, sizeof text);
	int rc;

	if (len == -1) {
		snprintf(why, MSG_TEXT_MAX, "%.100s: %s", path, strerror(errno));
		return -1;
	}
	rc = tsig_file_parse(text, (size_t)len, out, reason);
	if (rc == -1)
		snprintf(why, MSG_TEXT_MAX, "%.80s: %.76s", path, reason);
	crypto_wipe(text, sizeof text);
	return rc;
}

size_t
tsig_key_print(const struct tsig_key *key, char out[TSIG_TEXT_MAX])
{
	char secret[BASE64_SIZE(MSG_SECRET_MAX)];
	int len;

	base64_encode(key->secret, key->secret_len, secret);
	len = snprintf(out, TSIG_TEXT_MAX, "key \"%s\" {\n\talgorithm %s;\n\tsecret \"%s\";\n};\n",
	    key->name, tsig_key_algorithm(key->algorithm), secret);
	crypto_wipe(secret, sizeof secret);
	return (size_t)len;
}
