# The only user of libevent.
noinst_LIBRARIES += libloop.a
libloop_a_SOURCES = src/loop/loop.c src/loop/loop.h src/loop/loop_channel.c \
	src/loop/slept.c src/loop/slept.h src/loop/timers.c src/loop/timers.h
libloop_a_CFLAGS = $(AM_CFLAGS) $(EVENT_CFLAGS)
