#!/bin/sh
# npm run serve -- --port P [--data DIR]: the built Worker on bare workerd. See serve.mjs.
# A shell waits for the runtime instead of Node: it takes no memory and no processor time.
set -eu
cd "$(dirname "$0")/.."

plan=$(node scripts/serve.mjs "$@")
{ read -r workerd; read -r config; read -r scratch; } <<END
$plan
END

runtime=
stopping=
stop() {
  stopping=yes
  [ -z "$runtime" ] || kill -TERM "$runtime" 2>/dev/null || true
}
trap stop TERM INT HUP
trap 'rm -rf "$scratch"' EXIT
"$workerd" serve "$config" &
runtime=$!
status=0
wait "$runtime" || status=$?
if [ -n "$stopping" ]; then # the signal ended the wait, not the runtime
  wait "$runtime" 2>/dev/null || true
  status=0
fi
exit "$status"
