/* What a command asks of the manager, one function each; who may, and the answer. */
#include "manager/control_inner.h"

#include "base/log.h"
#include "base/str.h"
#include "manager/worker.h"

int
control_answer(struct client *cl, enum ctl_code code, const char *text)
{
	union msg msg;

	msg_begin(&msg, MSG_CTL_RESULT, 0);
	msg.ctl_result.code = code;
	str_copy(msg.ctl_result.text, sizeof msg.ctl_result.text, text);
	return loop_channel_send(cl->channel, &msg, -1);
}

static int
on_show(struct client *cl, const union msg *msg)
{
	if (msg->ctl_show.version != MSG_VERSION)
		return control_answer(cl, CTL_VERSION,
		    "autotunnel and autotunneld are of different versions: restart autotunneld");
	cl->watch = (int)msg->ctl_show.watch;
	cl->exchanges = (int)msg->ctl_show.exchanges;
	cl->steps = msg->ctl_show.steps;
	return control_show(cl);
}

static int
on_log_level(struct client *cl, const union msg *msg)
{
	struct manager *m = cl->control->manager;

	if (!cl->privileged)
		return control_answer(cl, CTL_DENIED, "only root may change the log level");
	log_set_level(msg->log_level.level);
	worker_set_log_level(m->natpmp, (int)msg->log_level.level);
	worker_set_log_level(m->dnsupdate, (int)msg->log_level.level);
	worker_set_log_level(m->ipsec, (int)msg->log_level.level);
	return control_answer(cl, CTL_DONE, "");
}

static int
on_reload(struct client *cl)
{
	char why[MSG_TEXT_MAX] = "";

	if (!cl->privileged)
		return control_answer(
		    cl, CTL_DENIED, "only root may have the configuration read again");
	if (manager_reload(cl->control->manager, why) == -1)
		return control_answer(cl, CTL_FAILED, why);
	return control_answer(cl, CTL_DONE, why);
}

static int
on_sleep(struct client *cl, const union msg *msg)
{
	struct manager *m = cl->control->manager;

	if (!cl->privileged)
		return control_answer(
		    cl, CTL_DENIED, "only root may send this machine's records to sleep");
	m->asleep = (int)msg->ctl_sleep.asleep;
	m->hurry_dirty |= !m->asleep;
	manager_changed(m);
	return control_answer(cl, CTL_DONE, "");
}

static int
on_verify(struct client *cl)
{
	struct manager *m = cl->control->manager;

	if (!cl->privileged)
		return control_answer(cl, CTL_DENIED, "only root may have this machine knocked at");
	outside_verify(m);
	manager_changed(m);
	return control_answer(cl, CTL_DONE, "");
}

static int
on_map(struct client *cl, const union msg *msg)
{
	const struct msg_ctl_map *c = &msg->ctl_map;
	struct manager *m = cl->control->manager;
	char why[MSG_TEXT_MAX] = "";
	int rc;

	if (!cl->privileged)
		return control_answer(cl, CTL_DENIED, "only root may open ports of the router");
	if (c->seconds == 0)
		rc = maps_delete(m, c->proto, c->port, why);
	else
		rc = maps_add(m, c->proto, c->port, c->external, c->seconds, why);
	if (rc == 0)
		manager_changed(m);
	return control_answer(cl, rc == 0 ? CTL_DONE : CTL_FAILED, why);
}

int
control_take(struct client *cl, const union msg *msg)
{
	switch (msg->hdr.type) {
	case MSG_CTL_SHOW:
		return on_show(cl, msg);
	case MSG_CTL_LOG_LEVEL:
		return on_log_level(cl, msg);
	case MSG_CTL_RELOAD:
		return on_reload(cl);
	case MSG_CTL_SLEEP:
		return on_sleep(cl, msg);
	case MSG_CTL_VERIFY:
		return on_verify(cl);
	case MSG_CTL_MAP:
		return on_map(cl, msg);
	default:
		return -1;
	}
}
