#include "base/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

static const char *log_process = "autotunnel";
static int log_to_syslog;
static enum log_level log_threshold = LOG_LEVEL_NOTICE;

static const struct {
	const char *name;
	int priority;
} levels[] = {
    [LOG_LEVEL_ERROR] = {"error", LOG_ERR},
    [LOG_LEVEL_WARN] = {"warning", LOG_WARNING},
    [LOG_LEVEL_NOTICE] = {"notice", LOG_NOTICE},
    [LOG_LEVEL_INFO] = {"info", LOG_INFO},
    [LOG_LEVEL_DEBUG] = {"debug", LOG_DEBUG},
};

void
log_init(const char *process, int use_syslog)
{
	log_process = process;
	log_to_syslog = use_syslog;
	tzset(); /* reads a file: later, behind the walls, syslog's times would be UTC */
	if (use_syslog)
		openlog("autotunneld", LOG_PID | LOG_NDELAY, LOG_DAEMON);
}

void
log_set_level(enum log_level level)
{
	__atomic_store_n(&log_threshold, level, __ATOMIC_RELAXED);
}

enum log_level
log_get_level(void)
{
	return __atomic_load_n(&log_threshold, __ATOMIC_RELAXED);
}

int
log_level_parse(const char *text)
{
	for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++)
		if (strcmp(levels[i].name, text) == 0)
			return (int)i;
	return -1;
}

const char *
log_level_text(enum log_level level)
{
	return levels[level].name;
}

/* One write per line, so that lines of several processes do not mix. */
static void __attribute__((format(printf, 3, 0)))
emit(enum log_level level, int error, const char *fmt, va_list args)
{
	char line[1024];
	int saved = errno, n;

	if (level > log_get_level())
		return;
	n = vsnprintf(line, sizeof line, fmt, args);
	if (error != 0 && n >= 0 && (size_t)n < sizeof line)
		snprintf(line + n, sizeof line - (size_t)n, ": %s", strerror(error));
	if (log_to_syslog)
		syslog(levels[level].priority, "%s: %s", log_process, line);
	else
		dprintf(STDERR_FILENO, "%s: %s\n", log_process, line);
	errno = saved;
}

#define EMIT(level, error)                                                                         \
	do {                                                                                       \
		va_list args;                                                                      \
		va_start(args, fmt);                                                               \
		emit(level, error, fmt, args);                                                     \
		va_end(args);                                                                      \
	} while (0)

void
log_warn(const char *fmt, ...)
{
	EMIT(LOG_LEVEL_WARN, errno);
}

void
log_warnx(const char *fmt, ...)
{
	EMIT(LOG_LEVEL_WARN, 0);
}

void
log_error(const char *fmt, ...)
{
	EMIT(LOG_LEVEL_ERROR, 0);
}

void
log_notice(const char *fmt, ...)
{
	EMIT(LOG_LEVEL_NOTICE, 0);
}

void
log_info(const char *fmt, ...)
{
	EMIT(LOG_LEVEL_INFO, 0);
}

void
log_debug(const char *fmt, ...)
{
	EMIT(LOG_LEVEL_DEBUG, 0);
}

void
fatal(const char *fmt, ...)
{
	EMIT(LOG_LEVEL_ERROR, errno);
	exit(1);
}

void
fatalx(const char *fmt, ...)
{
	EMIT(LOG_LEVEL_ERROR, 0);
	exit(1);
}

const char *
log_escape(char *out, size_t size, const char *text, size_t len)
{
	size_t used = 0;

	for (size_t i = 0; i < len && used + 5 <= size; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c >= 0x20 && c < 0x7f && c != '\\')
			out[used++] = (char)c;
		else
			used += (size_t)snprintf(out + used, size - used, "\\x%02x", c);
	}
	if (size > 0)
		out[used] = '\0';
	return out;
}
