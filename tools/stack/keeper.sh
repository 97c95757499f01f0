#!/bin/sh
# Starts the supervisor again when it is killed, for as long as the file `keep` is there: keeper.sh DIRECTORY COMMAND...
# The supervisor's own processes end with it (they asked the kernel for that) and are started again with it.
directory=$1
shift
echo $$ >"$directory/keeper.pid"
while [ -e "$directory/keep" ]; do
    "$@" && exit 0
    sleep 1
done
