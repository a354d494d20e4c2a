/*
 * Who may have a tunnel.  `authorize` is asked when the peer's signature has been verified and
 * before any SA exists: it holds the certificate against name, ULA and roster.  When libcharon
 * itself has refused a peer, `alert` looks at the certificate again to say why.  Both are
 * libcharon's listener_t members of these names, called from its own threads with the IKE SA
 * checked out.
 */
#ifndef IPSEC_TRUST_H
#define IPSEC_TRUST_H

bool trust_authorize(listener_t *this, ike_sa_t *sa, bool final, bool *success);
bool trust_alert(listener_t *this, ike_sa_t *sa, alert_t alert, va_list args);

#endif
