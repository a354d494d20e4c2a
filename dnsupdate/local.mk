include dnsupdate/wire/local.mk
include dnsupdate/client/local.mk
