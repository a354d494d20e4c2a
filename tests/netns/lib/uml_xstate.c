/*
 * Let user-mode-linux 6.1 run on processors whose register state is larger than it knows.
 *
 * It saves and restores its processes' vector registers with ptrace and a buffer of some 2.6 kB.
 * Linux hands out a part of the state gladly, but takes back only the whole, which on processors
 * with AMX is 11 kB; so the first switch of a process ends the machine.  Preloaded into
 * user-mode-linux, this puts what it gives in front of the rest of the present state.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/uio.h>

static long (*real_ptrace)(int, ...);
/* Not on the stack: the caller's are small.  The machine has one processor and takes no
 * interrupts here, so one will do. */
static unsigned char whole[65536];

static long
put_xstate(pid_t pid, const struct iovec *part)
{
	struct iovec iov = {whole, sizeof whole};

	if (real_ptrace(PTRACE_GETREGSET, pid, (void *)NT_X86_XSTATE, &iov) != 0)
		return -1;
	memcpy(whole, part->iov_base, part->iov_len < iov.iov_len ? part->iov_len : iov.iov_len);
	return real_ptrace(PTRACE_SETREGSET, pid, (void *)NT_X86_XSTATE, &iov);
}

long
ptrace(enum __ptrace_request request, ...)
{
	va_list ap;
	pid_t pid;
	void *addr, *data;

	va_start(ap, request);
	pid = va_arg(ap, pid_t);
	addr = va_arg(ap, void *);
	data = va_arg(ap, void *);
	va_end(ap);
	if (real_ptrace == NULL)
		*(void **)&real_ptrace = dlsym(RTLD_NEXT, "ptrace");
	if (request == PTRACE_SETREGSET && addr == (void *)NT_X86_XSTATE)
		return put_xstate(pid, data);
	return real_ptrace((int)request, pid, addr, data);
}
