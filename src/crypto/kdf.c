#include "crypto/kdf.h"

#include <argon2.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

/* OpenSSL's parameters take pointers to non-const and only read them. */
static OSSL_PARAM
octets(const char *name, const void *data, size_t len)
{
	return OSSL_PARAM_construct_octet_string(name, (void *)(uintptr_t)data, len);
}

int
hkdf_sha256(const void *key, size_t key_len, const void *salt, size_t salt_len, const void *info,
    size_t info_len, uint8_t *out, size_t out_len)
{
	char digest[] = "SHA256";
	OSSL_PARAM params[5], *p = params;
	EVP_KDF_CTX *ctx;
	EVP_KDF *kdf;
	int ok;

	*p++ = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0);
	*p++ = octets(OSSL_KDF_PARAM_KEY, key, key_len);
	if (salt_len > 0)
		*p++ = octets(OSSL_KDF_PARAM_SALT, salt, salt_len);
	if (info_len > 0)
		*p++ = octets(OSSL_KDF_PARAM_INFO, info, info_len);
	*p = OSSL_PARAM_construct_end();
	kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	ctx = kdf == NULL ? NULL : EVP_KDF_CTX_new(kdf);
	ok = ctx != NULL && EVP_KDF_derive(ctx, out, out_len, params) == 1;
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return ok ? 0 : -1;
}

/* One thread for all lanes: enrolling is rare, and the result is the same. */
int
argon2id(const struct argon2_cost *cost, const void *password, size_t password_len,
    const void *salt, size_t salt_len, uint8_t *out, size_t out_len)
{
	argon2_context ctx = {
	    .out = out,
	    .outlen = (uint32_t)out_len,
	    .pwd = (uint8_t *)(uintptr_t)password,
	    .pwdlen = (uint32_t)password_len,
	    .salt = (uint8_t *)(uintptr_t)salt,
	    .saltlen = (uint32_t)salt_len,
	    .t_cost = cost->passes,
	    .m_cost = cost->memory_kib,
	    .lanes = cost->lanes,
	    .threads = 1,
	    .version = ARGON2_VERSION_13,
	    .flags = ARGON2_DEFAULT_FLAGS,
	};

	return argon2id_ctx(&ctx) == ARGON2_OK ? 0 : -1;
}
