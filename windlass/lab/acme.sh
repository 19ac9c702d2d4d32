#!/bin/sh
# The lab's ACME server and DNS. Names of .test, and all that Pebble asks, come from the challenge test
# server; every other name that a lab host asks for goes on to the resolver of this machine.
set -e
. /etc/pebble/environment

pebble-challtestsrv -management :8055 -dns01 :8053 -http01 "" -https01 "" -tlsalpn01 "" \
    -defaultIPv4 "$DEFAULT_IPV4" -defaultIPv6 "" &
dnsmasq --keep-in-foreground --user=root --no-hosts --bind-interfaces \
    --server=/test/127.0.0.1#8053 --address="/acme.lab.test/$OWN_IPV4" &
exec pebble -config /etc/pebble/pebble.json -dnsserver 127.0.0.1:8053
