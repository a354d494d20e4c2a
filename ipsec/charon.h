/* libcharon's life: initialised before the worker is locked in, started after, ended at the end. */
#ifndef IPSEC_CHARON_H
#define IPSEC_CHARON_H

/* A peer that does not answer a request is given up after so many milliseconds: the retransmissions
 * that charon.c sets, 0.2 + 0.4 + ... + 6.4 s. */
#define CHARON_GIVES_UP_MS 12600

/* Load the libraries' plugins, make all objects, open what needs opening.  No thread runs yet.
 * Ends the process with a sentence when it cannot. */
void charon_prepare(int kernel);
/* Let its threads run. */
void charon_run(void);
/* Take over a change of the log level. */
void charon_relog(void);
/* Delete all SAs (the peers are told), end the threads, free everything. */
void charon_end(void);

#endif
