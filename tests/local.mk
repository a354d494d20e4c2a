# What all tests share, and the tests of src/base, src/loop and src/config.
if FUZZ
FUZZ_MAIN =
else
FUZZ_MAIN = tests/fuzz/replay.c
endif


UNIT_LIBS = $(CMOCKA_LIBS)
BASE_LIBS = libbase.a $(SECCOMP_LIBS)
