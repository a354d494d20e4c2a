# The operator of a hostile name server, who has all keys that are there: he writes what he likes.  For scripts
# that have sourced lab.sh.

operator_head=_autotunnel.$LAB_DOMAIN
operator_list=_devices._autotunnel.$LAB_DOMAIN

# operator_begin: he has the account's key, of LAB_PHRASE.
operator_begin() {
	lab_exec laptop autotunnel zone bind $LAB_DOMAIN --keys-only <<<"$LAB_PHRASE" |
		lab_exec ns tee /root/account.key >/dev/null
}

# operator <UPDATE: lines for nsupdate.
operator() {
	{
		printf 'server %s\nzone %s\n' $LAB_NS $LAB_DOMAIN
		cat
		echo send
	} | lab_update ns /root/account.key
}

# operator_save FILE: the roster as it stands in the zone.
operator_save() {
	lab_dig ns $operator_head TXT >$LAB/$1
	lab_dig ns $operator_list TXT >>$LAB/$1
}

# operator_show FILE: the roster in that file, and no other.
operator_show() {
	{
		printf 'update delete %s\nupdate delete %s\n' $operator_head $operator_list
		awk '{ print "update add " $0 }' "$LAB/$1"
	} | operator
}

# operator_seen HOST VIEW SERIAL: the host calls the roster that is shown so; of this serial is the one it
# goes by.
operator_seen() {
	[ "$(lab_status $1 '"\(.roster.view) \(.roster.serial)"')" = "$2 $3" ]
}
