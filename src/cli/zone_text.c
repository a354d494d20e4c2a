#include "cli/zone_text.h"

#include "crypto/mac.h"
#include "identity/account.h"
#include "identity/base64.h"
#include "identity/tsig_file.h"

/* "selfsub" with a wildcard identity: a key named nas.DOMAIN may write nas.DOMAIN and below. */
static void
bind_zone(const struct zone_text *z, FILE *out)
{
	fprintf(out,
	    "\nzone \"%s\" {\n"
	    "\ttype primary;\n"
	    "\tfile \"%s.zone\";\t// named must be able to write it and its directory\n"
	    "\tallow-transfer { key \"%s\"; };\n"
	    "\t// For more than 100 machines, each of which is a record of one set; BIND has the\n"
	    "\t// limit, and this word, since its summer of 2024:\n"
	    "\t// max-records-per-type 1100;\n"
	    "\tupdate-policy {\n"
	    "\t\tgrant %s zonesub ANY;\n"
	    "\t\tgrant * selfsub * A AAAA SRV TXT;\n"
	    "\t};\n"
	    "};\n",
	    z->domain, z->domain, z->key[0].name, z->key[0].name);
}

/* A zone needs an SOA and an NS record before it can be loaded. */
static void
first_zone_file(const char *domain, const char *comment, FILE *out)
{
	fprintf(out,
	    "\n%s The file %s.zone to begin with, when there is no such zone yet:\n"
	    "%s\t$TTL 60\n"
	    "%s\t@ SOA ns hostmaster 1 3600 600 604800 60\n"
	    "%s\t@ NS ns\n"
	    "%s\tns A 192.0.2.53 ; this server's address\n",
	    comment, domain, comment, comment, comment, comment);
}

void
zone_text_bind(const struct zone_text *z, FILE *out)
{
	char text[TSIG_TEXT_MAX];

	fprintf(out, "// BIND: for named.conf.  Secret: only named may read the file.\n");
	for (size_t i = 0; i < z->keys; i++) {
		tsig_key_print(&z->key[i], text);
		fputs(text, out);
	}
	crypto_wipe(text, sizeof text);
	if (z->keys_only)
		return;
	bind_zone(z, out);
	first_zone_file(z->domain, "//", out);
}

static void
knot_keys(const struct zone_text *z, FILE *out)
{
	char secret[BASE64_SIZE(MSG_SECRET_MAX)];

	fprintf(out, "key:\n");
	for (size_t i = 0; i < z->keys; i++) {
		base64_encode(z->key[i].secret, z->key[i].secret_len, secret);
		fprintf(out, "  - id: %s\n    algorithm: %s\n    secret: %s\n", z->key[i].name,
		    tsig_key_algorithm(z->key[i].algorithm), secret);
	}
	crypto_wipe(secret, sizeof secret);
}

static void
knot_acl(const struct zone_text *z, FILE *out)
{
	fprintf(out, "\nacl:\n  - id: %s-account\n    key: %s\n    action: [update, transfer]\n",
	    z->domain, z->key[0].name);
	if (z->keys == 1)
		return;
	fprintf(out, "  - id: %s-machines\n    key: [", z->domain);
	for (size_t i = 1; i < z->keys; i++)
		fprintf(out, "%s%s", i == 1 ? "" : ", ", z->key[i].name);
	fprintf(out,
	    "]\n    action: update\n    update-type: [A, AAAA, SRV, TXT]\n"
	    "    update-owner: key\n    update-owner-match: sub-or-equal\n");
}

void
zone_text_knot(const struct zone_text *z, FILE *out)
{
	fprintf(out, "# Knot DNS: for knot.conf.  Secret: only knotd may read the file.\n");
	knot_keys(z, out);
	if (z->keys_only)
		return;
	knot_acl(z, out);
	fprintf(out, "\nzone:\n  - domain: %s\n    file: %s.zone\n    acl: [%s-account%s%s%s]\n",
	    z->domain, z->domain, z->domain, z->keys > 1 ? ", " : "", z->keys > 1 ? z->domain : "",
	    z->keys > 1 ? "-machines" : "");
	first_zone_file(z->domain, "#", out);
}

static void
dnsd_key(const char *keyword, const struct tsig_key *key, FILE *out)
{
	char secret[BASE64_SIZE(MSG_SECRET_MAX)];

	base64_encode(key->secret, key->secret_len, secret);
	fprintf(
	    out, "%s = %s:%s:%s\n", keyword, tsig_key_algorithm(key->algorithm), key->name, secret);
	crypto_wipe(secret, sizeof secret);
}

void
zone_text_dnsd(const struct zone_text *z, FILE *out)
{
	fprintf(out,
	    "# For autotunnel-dnsd.conf.  Secret: only root may read the file.\n"
	    "[zone %s]\n",
	    z->domain);
	if (z->addresses != NULL)
		fprintf(out, "address = %s\n", z->addresses);
	else if (!z->keys_only)
		fprintf(out, "#address = 192.0.2.53\t# this server's own, as the world sees it\n");
	dnsd_key("account-key", &z->key[0], out);
	for (size_t i = 1; i < z->keys; i++)
		dnsd_key("device-key", &z->key[i], out);
}

/* PowerDNS has no rule of this kind in its configuration, but asks a Lua function. */
static const char powerdns_policy[] =
    "cat >/etc/powerdns/autotunnel.lua <<'LUA'\n"
    "-- Who may change what: an account's key its whole zone, a machine's key its own records.\n"
    "local types = { [pdns.A] = 1, [pdns.AAAA] = 1, [pdns.SRV] = 1, [pdns.TXT] = 1 }\n"
    "function updatepolicy(input)\n"
    "\tlocal key, zone = input:getTsigName(), input:getZoneName()\n"
    "\tif key:countLabels() <= zone:countLabels() or not key:isPartOf(zone) then return false end\n"
    "\tif key == newDN(\"" ACCOUNT_KEY_LABEL ".\" .. zone:toString()) then return true end\n"
    "\treturn types[input:getQType()] ~= nil and input:getQName():isPartOf(key)\n"
    "end\n"
    "LUA\n";

void
zone_text_powerdns(const struct zone_text *z, FILE *out)
{
	char secret[BASE64_SIZE(MSG_SECRET_MAX)];

	fprintf(out,
	    "#!/bin/sh -e\n"
	    "# PowerDNS: run this as root on the server, and then delete it: it is secret.\n"
	    "# pdns.conf must say, besides which backend to launch:\n"
	    "#\tdnsupdate=yes\n"
	    "#\tallow-dnsupdate-from=0.0.0.0/0,::/0\n"
	    "#\tlua-dnsupdate-policy-script=/etc/powerdns/autotunnel.lua\n\n");
	if (!z->keys_only)
		fprintf(out, "pdnsutil create-zone %s ns.%s\n", z->domain, z->domain);
	for (size_t i = 0; i < z->keys; i++) {
		base64_encode(z->key[i].secret, z->key[i].secret_len, secret);
		fprintf(out, "pdnsutil import-tsig-key %s %s %s\n", z->key[i].name,
		    tsig_key_algorithm(z->key[i].algorithm), secret);
	}
	crypto_wipe(secret, sizeof secret);
	for (size_t i = 0; i < z->keys; i++)
		fprintf(out, "pdnsutil add-meta %s TSIG-ALLOW-DNSUPDATE %s\n", z->domain,
		    z->key[i].name);
	if (z->keys_only)
		return;
	fprintf(out,
	    "pdnsutil add-record %s ns A 60 ${1:-192.0.2.53} # this server's address\n"
	    "pdnsutil set-meta %s SOA-EDIT-DNSUPDATE INCREASE\n"
	    "%schmod 644 /etc/powerdns/autotunnel.lua\n"
	    "# Then start PowerDNS again, so that it reads the policy.\n",
	    z->domain, z->domain, powerdns_policy);
}
