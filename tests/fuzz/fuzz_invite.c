/* Codes, requests and replies as a stranger may write them. */
#include "identity/invite.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct identity id;
	struct invite i = {.slot = 1, .domain = "alice.example.com"}, read, again;
	struct invite_request r;
	char text[INVITE_TEXT_MAX], code[INVITE_TEXT_MAX], why[MSG_TEXT_MAX] = "";

	if (invite_hear(&i, data, size, &r) == 0)
		abort(); /* nobody guesses a MAC */
	memset(&r, 0, sizeof r);
	if (invite_open(&i, &r, data, size, &id) == 0)
		abort();
	if (size >= sizeof text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (invite_decode(text, &read, why) == -1) {
		if (why[0] == '\0')
			abort();
		return 0;
	}
	invite_encode(&read, code);
	if (invite_decode(code, &again, why) == -1 || memcmp(&again, &read, sizeof read) != 0)
		abort();
	return 0;
}
