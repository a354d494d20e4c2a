/* From which of our addresses a connected socket sends, and whether it still would. */
#ifndef CLIENT_SOURCE_H
#define CLIENT_SOURCE_H

/* Would the kernel now choose another address of ours for the peer of this connected socket?  Then
 * nothing reaches the old one any more.  0 also where no way leads to the peer now: the old one may
 * come back. */
int source_moved(int fd);

#endif
