# Configuration files: the reader, which autotunnel-dnsd uses too, and autotunnel.conf(5).
noinst_LIBRARIES += libconfig.a
libconfig_a_SOURCES = \
	src/config/allow.c src/config/allow.h \
	src/config/config.c src/config/config.h \
	src/config/keys.c src/config/keys.h \
	src/config/table.c src/config/table.h \
	src/config/types.c src/config/types.h
