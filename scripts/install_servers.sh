#!/usr/bin/env bash
# Install the real servers and the browser that the marked tests and the benchmarks use, from Debian 12; needs root.
set -euo pipefail
if [ "$(id -u)" != 0 ]; then
  echo "Not root: ask the machine's operator to install mosquitto mosquitto-clients curl chromium fonts-noto-cjk victoria-metrics influxdb postgresql." >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
# Packages would start their services at once; the tests start their own on free ports.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' > "$policy"
  chmod +x "$policy"
  trap 'rm -f "$policy"' EXIT
fi
apt-get -q update
apt-get -q install -y --no-install-recommends mosquitto mosquitto-clients curl chromium fonts-noto-cjk victoria-metrics influxdb postgresql
