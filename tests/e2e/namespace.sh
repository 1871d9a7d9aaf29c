#!/bin/sh
# Runs a command where DNS has port 53 on loopback and the C library asks it.
# Usage: unshare -Urnm namespace.sh DIRECTORY COMMAND...
# Nothing outside sees any of it: network and mounts are the namespace's own.
set -eu

directory=$1
shift

ip link set lo up
# Clients that ask for configured families alone (AI_ADDRCONFIG) do not count 127.0.0.1.
ip address add 192.0.2.1/32 dev lo
printf 'nameserver 127.0.0.1\n' >"$directory/resolv.conf"
# A link would be followed to a file that may not exist here.
mount --bind "$directory/resolv.conf" "$(readlink -f /etc/resolv.conf)"
# Only hosts and DNS, whatever the machine asks otherwise.
printf 'passwd: files\ngroup: files\nhosts: files dns\n' >"$directory/nsswitch.conf"
mount --bind "$directory/nsswitch.conf" /etc/nsswitch.conf

exec "$@"
