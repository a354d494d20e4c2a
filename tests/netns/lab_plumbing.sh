#!/bin/bash
# The lab itself, without our programs: NAT, port mapping, private files, capture.
#
#    laptop 192.168.1.10 ── home .2 ─┐  Internet  ┌─ office .3 ── nas 192.168.2.10
#                                    └────────────┘
LAB_PLAIN=1
. "${0%/*}/lab.sh"
lab_require nft miniupnpd natpmpc

lab_internet
lab_nat home 11.22.33.2 192.168.1.1/24
lab_nat office 11.22.33.3 192.168.2.1/24 natpmp
lab_host laptop home
lab_host nas office

check "laptop reaches the Internet" lab_exec laptop ping -c 1 -W 2 11.22.33.1
check_not "nobody reaches into the LAN" lab_exec laptop ping -c 1 -W 1 192.168.2.10
check "NAT-PMP maps a port on home" lab_exec laptop natpmpc -a 4500 4500 udp 3600
check "nft shows it" test -n "$(lab_mappings home)"
check "NAT-PMP maps a port on office" lab_exec nas natpmpc -a 4500 4500 udp 3600

# Through the mapping from outside: recorded on the Internet and on laptop's own interface.
lab_capture wire udp port 4500
lab_start laptop inside tcpdump -Z root --immediate-mode -l -n -i eth0 udp port 4500
lab_wait_until 5 grep -q listening "$(lab_log laptop inside)"
lab_exec nas bash -c 'echo hello >/dev/udp/11.22.33.2/4500'
check_soon "a packet to the mapped port arrives inside" 3 \
	grep ' > 192.168.1.10.4500: ' "$(lab_log laptop inside)"
lab_capture_stop wire
check_equal "the Internet saw it, and that alone" 1 "$(lab_packets wire udp)"

check_equal "a machine has its own name" nas "$(lab_exec nas hostname)"
lab_exec nas sh -c 'echo only here >/etc/lab-was-here; echo x >/root/lab; echo x >/var/lab'
check_not "its files are its own" lab_exec laptop test -e /etc/lab-was-here -o -e /root/lab
check_not "this machine's files stay as they are" test -e /etc/lab-was-here -o -e /var/lab
check "no way out" test -z "$(ip route show default)"
