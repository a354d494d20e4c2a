/*
 * A disk that fails and a machine that loses power, for journal and snapshot: file operations on
 * real files of which any one can be made to fail, and whose unsynced writes can be lost.
 */
#ifndef TESTS_UNIT_DNSD_FAULTS_H
#define TESTS_UNIT_DNSD_FAULTS_H

#include "dnsupdate/server/disk/file_ops.h"

#include <stdint.h>

enum fault {
	FAULT_NONE,
	FAULT_ONCE, /* that operation fails with `error` */
	FAULT_SHORT, /* that pwrite writes half and says so, the next operation fails */
	FAULT_DEAD, /* that operation and all later ones fail */
};

extern const struct file_ops faults_ops;

/* From now on operation number `at` (from 1, reading not counted) has this fault. */
void faults_arm(enum fault fault, unsigned at, int error);
/* Operations that may fail, since faults_arm. */
unsigned faults_seen(void);
/* Power loss: each 512-octet sector written and not synced is, as the seed has it, on disk or as it
 * was before, and so are the newest names.  Call when nothing uses the files any more. */
void faults_lose_power(unsigned seed);
/* Forget what was not synced (it is all on disk). */
void faults_forget(void);

/* A directory for a test, made empty; and gone. */
void faults_make_dir(char dir[64]);
void faults_remove_dir(const char *dir);

#endif
