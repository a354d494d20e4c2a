# The only user of libevent.
noinst_LIBRARIES += libloop.a
libloop_a_SOURCES = src/loop/loop.c src/loop/loop.h src/loop/loop_channel.c
libloop_a_CFLAGS = $(AM_CFLAGS) $(EVENT_CFLAGS)
