# autotunnel.conf(5), for the daemon and the command.
noinst_LIBRARIES += libconfig.a
libconfig_a_SOURCES = \
	src/config/allow.c src/config/allow.h \
	src/config/config.c src/config/config.h \
	src/config/keys.c src/config/keys.h
