# The leaf everybody may use; it knows no process.
noinst_LIBRARIES += libbase.a
libbase_a_SOURCES = \
	src/base/addr.c src/base/addr.h \
	src/base/buf.c src/base/buf.h \
	src/base/channel.c src/base/channel.h \
	src/base/clock.c src/base/clock.h \
	src/base/file.c src/base/file.h \
	src/base/hosts.c src/base/hosts.h src/base/hosts_write.c \
	src/base/knock.c src/base/knock.h \
	src/base/limit.c src/base/limit.h \
	src/base/log.c src/base/log.h \
	src/base/msg.h src/base/msg_rules.c \
	src/base/msg/ctl.c src/base/msg/ctl.h \
	src/base/msg/dns.c src/base/msg/dns.h \
	src/base/msg/head.h \
	src/base/msg/ipsec.c src/base/msg/ipsec.h \
	src/base/msg/natpmp.c src/base/msg/natpmp.h \
	src/base/msg/rule.h \
	src/base/notify.c src/base/notify.h \
	src/base/pieces.c src/base/pieces.h \
	src/base/proc.c src/base/proc.h \
	src/base/sandbox.c src/base/sandbox.h \
	src/base/str.c src/base/str.h
libbase_a_CFLAGS = $(AM_CFLAGS) $(SECCOMP_CFLAGS)
