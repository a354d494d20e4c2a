/*
 * The only door to strongSwan's headers.  They want a config.h of their own, redefine some of
 * libc's names, and come first in a file.  Of strongSwan's many build options only ME changes
 * structures; configure finds out whether the installed library has it.
 */
#ifndef IPSEC_SWAN_H
#define IPSEC_SWAN_H

#pragma GCC system_header /* no warnings about strongSwan's style */

#define CONFIG_H_INCLUDED
#undef _GNU_SOURCE
#define _GNU_SOURCE /* empty, as strongSwan has it */
#define HAVE_STDBOOL_H 1
#define HAVE_ALLOCA_H 1
#define HAVE_SYS_PARAM_H 1
#define HAVE_SIGWAITINFO 1
#define HAVE_CLOSEFROM 1
#define HAVE_EXPLICIT_BZERO 1
#define HAVE_MEMRCHR 1
#define HAVE_CLOCK_GETTIME 1
#define HAVE_CONDATTR_CLOCK_MONOTONIC 1
#define HAVE_IN6ADDR_ANY 1

#include <library.h>
#include <daemon.h>

#include <collections/blocking_queue.h>
#include <config/backend.h>
#include <credentials/auth_cfg.h>
#include <credentials/certificates/x509.h>
#include <credentials/sets/mem_cred.h>
#include <sa/ikev2/tasks/ike_dpd.h>

#include "base/addr.h"

/* Conversions; new objects are the caller's.  host_of gives NULL for family 0. */
host_t *host_of(const struct endpoint *ep);
/* family 0 for anything that is no IPv4 or IPv6 address. */
struct endpoint endpoint_of(host_t *host);
/* "name" of an ID_FQDN identity, lower-cased; -1 for other kinds and odd characters. */
int fqdn_of(identification_t *id, char *out, size_t size);
/* The one address of a selector that covers exactly one IPv6 address; -1 otherwise. */
int address_of(traffic_selector_t *ts, uint8_t out[16]);

#endif
