include dnsupdate/wire/local.mk
include dnsupdate/client/local.mk
include dnsupdate/server/local.mk
include dnsupdate/ctl/local.mk
