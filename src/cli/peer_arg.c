#include "cli/peer_arg.h"

#include "base/log.h"
#include "cli/cmd.h"

#include <string.h>

int
peer_arg(const struct snapshot *s, const char *who, const struct msg_ctl_peer **peer)
{
	char shown[MSG_NAME_MAX];

	log_escape(shown, sizeof shown, who, strlen(who));
	if (!s->self.enrolled) {
		cmd_warn("this device belongs to no account yet");
		return EXIT_NO_PEER;
	}
	switch (snapshot_find(s, who, peer)) {
	case SNAPSHOT_PEER:
		return EXIT_OK;
	case SNAPSHOT_SELF:
		cmd_warn("%s is this machine", shown);
		return EXIT_NO_PEER;
	default:
		cmd_warn("no peer is called %s; \"autotunnel status\" lists them", shown);
		return EXIT_NO_PEER;
	}
}
