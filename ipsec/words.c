#include "ipsec/words.h"

#include <stdio.h>
#include <string.h>

/* Notifications worth a word: errors (RFC 7296 3.10.1: below 16384), and what makes the caller
 * start again or move. */
static int
is_telling(notify_type_t type)
{
	return type < 16384 || type == COOKIE || type == REDIRECT || type == UPDATE_SA_ADDRESSES;
}

void
words_message(message_t *message, char out[MSG_WORD_MAX])
{
	enumerator_t *payloads = message->create_payload_enumerator(message);
	payload_t *payload;
	size_t len;

	snprintf(out, MSG_WORD_MAX, "%s %s",
	    enum_to_name(exchange_type_names, message->get_exchange_type(message)),
	    message->get_request(message) ? "request" : "response");
	while (payloads->enumerate(payloads, &payload)) {
		notify_payload_t *notify = (notify_payload_t *)payload;
		const char *name;

		if (payload->get_type(payload) != PLV2_NOTIFY ||
		    !is_telling(notify->get_notify_type(notify)))
			continue;
		name = enum_to_name(notify_type_names, notify->get_notify_type(notify));
		len = strlen(out);
		snprintf(out + len, MSG_WORD_MAX - len, ", %s", name == NULL ? "an error" : name);
	}
	payloads->destroy(payloads);
}

void
words_cipher(child_sa_t *child, char out[MSG_WORD_MAX])
{
	proposal_t *proposal = child->get_proposal(child);
	uint16_t alg = 0, bits = 0, esn = 0;

	out[0] = '\0';
	if (proposal == NULL)
		return;
	proposal->get_algorithm(proposal, ENCRYPTION_ALGORITHM, &alg, &bits);
	proposal->get_algorithm(proposal, EXTENDED_SEQUENCE_NUMBERS, &esn, NULL);
	if (alg == ENCR_AES_GCM_ICV16)
		snprintf(out, MSG_WORD_MAX, "aes%ugcm16", bits);
	else if (alg == ENCR_CHACHA20_POLY1305)
		snprintf(out, MSG_WORD_MAX, "chacha20poly1305");
	if (esn == EXT_SEQ_NUMBERS)
		strncat(out, "-esn", MSG_WORD_MAX - strlen(out) - 1);
}
