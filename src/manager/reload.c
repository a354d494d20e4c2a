/* The configuration, read again while running. */
#include "manager/manager.h"

#include "base/log.h"
#include "base/str.h"
#include "manager/worker.h"

#include <string.h>

static int
needs_restart(const struct config *a, const struct config *b)
{
	return a->listen_port != b->listen_port || a->dataplane != b->dataplane ||
	    a->mtu != b->mtu || a->offload != b->offload ||
	    strcmp(a->interface, b->interface) != 0 ||
	    strcmp(a->control_group, b->control_group) != 0 ||
	    strcmp(a->user_map, b->user_map) != 0 || strcmp(a->user_dns, b->user_dns) != 0 ||
	    strcmp(a->user_ike, b->user_ike) != 0 || strcmp(a->state_dir, b->state_dir) != 0 ||
	    strcmp(a->run_dir, b->run_dir) != 0 || a->idle != b->idle || a->rekey != b->rekey ||
	    a->dpd != b->dpd;
}

static void
take_over(struct config *now, const struct config *next)
{
	now->log = next->log;
	now->methods = next->methods;
	now->lifetime = next->lifetime;
	now->gateway = next->gateway;
	now->external = next->external;
	now->hosts_file = next->hosts_file;
	now->dns = next->dns;
	now->connect = next->connect;
	now->allow_everyone = next->allow_everyone;
	now->allow_machines = next->allow_machines;
}

int
manager_reload(struct manager *m, char why[MSG_TEXT_MAX])
{
	struct config_error error;
	struct config next;
	int other_level;

	/* A file that was named at the start and is gone now does not mean "all defaults". */
	if (config_load(m->config_path, strcmp(m->config_path, CONFIG_FILE) != 0, &next, &error) ==
	    -1) {
		log_error("%s (nothing was changed)", error.text);
		str_copy(why, MSG_TEXT_MAX, error.text);
		return -1;
	}
	if (needs_restart(&m->config, &next)) {
		str_copy(
		    why, MSG_TEXT_MAX, "read; some of the changes need a restart of autotunneld");
		log_notice("configuration %s", why);
	}
	m->zone_dirty |= memcmp(&next.dns, &m->config.dns, sizeof next.dns) != 0;
	other_level = next.log != m->config.log;
	/* Before anything is said: whatever is dirty goes out with it. */
	take_over(&m->config, &next);
	if (other_level) {
		log_set_level(next.log);
		worker_set_log_level(m->natpmp, (int)next.log);
		worker_set_log_level(m->dnsupdate, (int)next.log);
		worker_set_log_level(m->ipsec, (int)next.log);
	}
	manager_network_changed(m); /* another router may be named */
	manager_changed(m);
	return 0;
}
