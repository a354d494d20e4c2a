/* What libcharon says of its SAs, written into the table of peers; and who may have one at all. */
#ifndef IPSEC_EVENTS_H
#define IPSEC_EVENTS_H

void events_listen(void);
void events_stop(void);

#endif
