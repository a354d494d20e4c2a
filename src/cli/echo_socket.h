/* A socket for the messages of echo.h. */
#ifndef CLI_ECHO_SOCKET_H
#define CLI_ECHO_SOCKET_H

#include <stdint.h>

/* Connected to this address and non-blocking; where it is a raw one, it passes nothing but echo
 * replies.  -1 with errno, EPERM or EACCES when neither kind is permitted. */
int echo_open(const uint8_t ula[16]);

#endif
