#!/bin/sh
# Waits until the test that started it is gone, however that came about, and then removes a server:
# its processes, its shared memory and its folder, which is the only argument.
folder=$1

# Ctrl-C ends the test, not what clears up after it.
trap '' HUP INT TERM

# The test holds the other end of this pipe. The kernel closes it with the test.
while read -r _; do :; done

# Every process of a server works in its folder: no list of them could go out of date.
# shellcheck disable=SC3013 # dash, bash and busybox know -ef; it takes no process for each process
signal_all() {
  left=
  for process in /proc/[0-9]*; do
    if [ "$process/cwd" -ef "$folder" ] || [ "$process/cwd" -ef "$folder/data" ]; then
      left=1
      kill -s "$1" "${process#/proc/}"
    fi
  done
}

# QUIT lets the server free its shared memory; a stopped process hears only KILL.
attempt=0
signal_all QUIT
while [ -n "$left" ]; do
  attempt=$((attempt + 1))
  sleep 0.02
  if [ "$attempt" -lt 250 ]; then signal_all QUIT; else signal_all KILL; fi
done

# A killed server left its shared memory behind. The seventh line says which: key and id.
if [ -f "$folder/data/postmaster.pid" ]; then
  # shellcheck disable=SC2046 # two words
  set -- $(sed -n 7p "$folder/data/postmaster.pid")
  [ -n "$2" ] && ipcrm -m "$2"
fi
rm -rf "$folder"
