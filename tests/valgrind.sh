#!/bin/sh
# Run a unit test under valgrind.  Those that lock themselves in run as they are: their walls would
# keep valgrind's own files from it.  So do the ABI self-test, which looks at where functions are,
# and fuzz targets: the sanitizers see more there in less time.
case $1 in
*/base_proc | */base_sandbox | */manager_worker | */ipsec_abi* | */fuzz_*) exec "$@" ;;
esac
exec valgrind -q --suppressions="${0%.sh}.supp" --error-exitcode=99 --track-fds=no \
	--leak-check=full --errors-for-leak-kinds=definite "$@"
