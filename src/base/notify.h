/* Tell systemd how we are (sd_notify(3)'s protocol, Type=notify units); nothing without it. */
#ifndef BASE_NOTIFY_H
#define BASE_NOTIFY_H

/* "READY=1\nSTATUS=...", "STOPPING=1", ... */
void notify_service_manager(const char *state);

#endif
