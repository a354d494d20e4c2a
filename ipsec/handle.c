#include "ipsec/handle.h"

#include "ipsec/plane.h"

ike_sa_t *
sa_check_out(uint32_t sa)
{
	return charon->ike_sa_manager->checkout_by_id(charon->ike_sa_manager, sa);
}

void
sa_check_in(ike_sa_t *sa, status_t status)
{
	if (status == DESTROY_ME)
		charon->ike_sa_manager->checkin_and_destroy(charon->ike_sa_manager, sa);
	else
		charon->ike_sa_manager->checkin(charon->ike_sa_manager, sa);
}

void
sa_end(uint32_t sa, int at_once)
{
	charon->controller->terminate_ike(charon->controller, sa, at_once, NULL, NULL, 0);
}

void
sooner(uint64_t *wait_ms, uint64_t other)
{
	if (other < *wait_ms)
		*wait_ms = other;
}

host_t *
own_host(host_t *other)
{
	host_t *me = charon->kernel->get_source_addr(charon->kernel, other, NULL);

	if (me != NULL)
		me->set_port(me, plane_port());
	return me;
}
