# Sourced by tests that run name servers: those that ./bootstrap --for-tests has only unpacked, in
# build/servers, are found as if they were installed.
AT_SERVERS=${AT_SERVERS:-$(realpath "$top_builddir")/servers}
if [ -d "$AT_SERVERS/usr" ]; then
	PATH=$AT_SERVERS/usr/sbin:$AT_SERVERS/usr/bin:$PATH
	for dir in "$AT_SERVERS"/usr/lib/*-linux-gnu*; do
		LD_LIBRARY_PATH=$dir${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
	done
	export PATH LD_LIBRARY_PATH AT_SERVERS
fi
