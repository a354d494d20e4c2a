#include "ipsec/swan.h"

#include "ipsec/sa_peer.h"

#include "base/str.h"
#include "ipsec/creds.h"
#include "ipsec/steps.h"

void
sa_name(ike_sa_t *sa, char name[MSG_NAME_MAX])
{
	peer_cfg_t *cfg = sa->get_peer_cfg(sa);

	if (fqdn_of(sa->get_other_id(sa), name, MSG_NAME_MAX) == 0)
		return;
	if (cfg == NULL || str_copy(name, MSG_NAME_MAX, cfg->get_name(cfg)) == -1)
		name[0] = '\0';
}

certificate_t *
sa_certificate(ike_sa_t *sa)
{
	auth_cfg_t *auth;
	certificate_t *cert = NULL;
	enumerator_t *rounds = sa->create_auth_cfg_enumerator(sa, FALSE);

	while (cert == NULL && rounds->enumerate(rounds, &auth))
		cert = auth->get(auth, AUTH_RULE_SUBJECT_CERT);
	rounds->destroy(rounds);
	auth = sa->get_auth_cfg(sa, FALSE);
	if (cert == NULL)
		cert = auth->get(auth, AUTH_RULE_SUBJECT_CERT);
	if (cert == NULL)
		cert = auth->get(auth, AUTH_HELPER_SUBJECT_CERT);
	return cert;
}

struct peer *
sa_peer(ike_sa_t *sa, struct tunnel **t)
{
	struct peer *p = peers_by_sa(sa->get_unique_id(sa), t);
	char name[MSG_NAME_MAX];

	if (p != NULL)
		return p;
	sa_name(sa, name);
	return peers_by_name(name);
}

void
sa_note(struct peer *p, ike_sa_t *sa, enum ipsec_step kind, const char *text)
{
	const struct steps_of of = {.peer = p->id,
	    .sa = sa->get_unique_id(sa),
	    .mine = sa->has_condition(sa, COND_ORIGINAL_INITIATOR)};
	struct endpoint place = endpoint_of(sa->get_other_host(sa));

	steps_note(&of, kind, &place, text);
}
