/*
 * One line per event, to standard error or syslog.  Errors keep errno.
 * Text that came from the network goes through log_escape() first.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stddef.h>

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARN,
	LOG_LEVEL_NOTICE,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG
};

/* Name the process in every line; use_syslog != 0 sends lines to syslog instead of stderr.
 * Call once, before threads start. */
void log_init(const char *process, int use_syslog);
void log_set_level(enum log_level level);
enum log_level log_get_level(void);

/* "error", "warning", "notice", "info", "debug" -> level; -1 when it is none of them. */
int log_level_parse(const char *text);
const char *log_level_text(enum log_level level);

/* log_warn and fatal append ": strerror(errno)"; the x forms do not.
 * fatal and fatalx end the process with status 1. */
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warnx(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_notice(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void fatal(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));
void fatalx(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

/* Copy text from outside with control characters, backslash and non-ASCII written as \xNN.
 * Always terminates; returns out. */
const char *log_escape(char *out, size_t size, const char *text, size_t len);

#endif
