#!/bin/sh
# Runs a command as the same user in a network namespace of its own, where only loopback exists.
# Usage: own_network.sh COMMAND...
# Test processes that run concurrently then cannot meet at a port, an address or a consumer range.
set -eu

if [ "${1-}" != --inside ]; then
    exec unshare --user --map-current-user --net --keep-caps -- "$0" --inside "$@"
fi
shift

ip link set lo up
# Clients that ask for configured families alone (AI_ADDRCONFIG) do not count 127.0.0.1.
ip address add 192.0.2.1/32 dev lo
exec setpriv --ambient-caps=-all --inh-caps=-all -- "$@"
