#!/bin/sh
# Run a unit test under valgrind.  The one that locks itself in runs as it is: its walls would keep
# valgrind's own files from it.  Fuzz targets too: the sanitizers see more there in less time.
case $1 in
*/base_sandbox | */fuzz_*) exec "$@" ;;
esac
exec valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite \
	--track-fds=no "$@"
