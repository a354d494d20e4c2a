/* Why a TLS connection failed, in words that say whose doing it was. */
#include "crypto/tls_inner.h"

#include "base/str.h"

#include <openssl/err.h>
#include <openssl/sslerr.h>
#include <stdio.h>
#include <string.h>

static const struct {
	int reason;
	const char *text;
} reasons[] = {
    {SSL_R_WRONG_VERSION_NUMBER, "the other side does not speak TLS"},
    {SSL_R_HTTP_REQUEST, "the other side speaks HTTP"},
    {SSL_R_UNSUPPORTED_PROTOCOL, "the other side does not speak TLS 1.3"},
    {SSL_R_NO_PROTOCOLS_AVAILABLE, "the other side does not speak TLS 1.3"},
    {SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, "the other side does not speak TLS 1.3"},
    {SSL_R_VERSION_TOO_LOW, "the other side does not speak TLS 1.3"},
    {SSL_R_NO_SHARED_CIPHER, "no common cipher"},
    {SSL_R_NO_SUITABLE_KEY_SHARE, "no common key exchange"},
    {SSL_R_NO_APPLICATION_PROTOCOL, "the client speaks no DNS over TLS (ALPN \"dot\")"},
    {SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL,
	"the server offers no DNS over TLS there (ALPN \"dot\")"},
    {SSL_R_UNEXPECTED_EOF_WHILE_READING, "the connection was cut off"},
    {SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE, "the other side turned the handshake down"},
    {SSL_R_TLSV1_ALERT_UNKNOWN_CA, "the other side does not believe our certificate"},
    {SSL_R_SSLV3_ALERT_BAD_CERTIFICATE, "the other side does not believe our certificate"},
    {SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN, "the other side does not believe our certificate"},
    {SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED, "the other side says that our certificate has expired"},
    {SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED, "the other side demands a certificate"},
    {SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC, "what came was damaged on the way"},
};

static const char *
reason_text(unsigned long error)
{
	if (ERR_GET_LIB(error) != ERR_LIB_SSL)
		return NULL;
	for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
		if (ERR_GET_REASON(error) == reasons[i].reason)
			return reasons[i].text;
	return NULL;
}

/* The server was not believed. */
static void
explain_verify(struct tls *t, long result)
{
	char text[PIN_TEXT_MAX] = "none";
	struct pin p;

	if (t->context->pin_count > 0) {
		if (tls_peer_pin(t, &p) == 0)
			pin_text(&p, text);
		snprintf(t->error, sizeof t->error,
		    "the server's key is not the pinned one; its pin is %s", text);
	} else if (result == X509_V_ERR_HOSTNAME_MISMATCH) {
		snprintf(t->error, sizeof t->error,
		    "the server's certificate is not for the name %.100s", t->context->name);
	} else {
		snprintf(t->error, sizeof t->error, "the server's certificate is not valid: %s",
		    X509_verify_cert_error_string(result));
	}
}

void
tls_explain(struct tls *t, int system)
{
	unsigned long error = ERR_peek_error();
	const char *text = reason_text(error);
	long verify = SSL_get_verify_result(t->ssl);

	if (t->error[0] != '\0')
		return;
	if (!t->context->server && verify != X509_V_OK)
		explain_verify(t, verify);
	else if (text != NULL)
		str_copy(t->error, sizeof t->error, text);
	else if (error != 0 && ERR_reason_error_string(error) != NULL)
		snprintf(t->error, sizeof t->error, "TLS: %s", ERR_reason_error_string(error));
	else if (system != 0)
		str_copy(t->error, sizeof t->error, strerror(system));
	else
		str_copy(t->error, sizeof t->error, "the connection was cut off");
	ERR_clear_error();
}
