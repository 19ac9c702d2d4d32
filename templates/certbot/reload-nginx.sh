#!/bin/sh
# Made by Windlass: after a renewal nginx serves the new certificate.
set -e
nginx -t -q
systemctl reload nginx.service
