#!/bin/sh
# Every secret that is mounted as /run/secrets/BILLMESH_* becomes the environment variable of its name, for the
# command that this process then becomes.
set -eu
for file in /run/secrets/BILLMESH_*; do
    [ -f "$file" ] || continue
    export "${file##*/}=$(cat "$file")"
done
exec "$@"
