#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Five kinds of load on the running kernel, each recorded until there are so many
# events, each recording replayed and judged: no finding against the kernel's
# allocator nor against ours. Takes minutes, and megabytes a kind.
#   KMC_WORKLOAD_EVENTS   of each kind (10500000)
#   KMC_WORKLOAD_SECONDS  a recording (30)
#   KMC_WORKLOADS         which (compile files sockets processes memory)
set -u
record=$KMC_BIN/kmconform-record
replay=$KMC_BIN/kmconform-replay
trace=$KMC_BIN/kmconform-trace
enough=${KMC_WORKLOAD_EVENTS:-10500000}
read -ra kinds <<<"${KMC_WORKLOADS:-compile files sockets processes memory}"
rm -rf "$KMC_TMP" && mkdir -p "$KMC_TMP" && cd "$KMC_TMP" || exit 1

if ! "$record" -q -d 0.1 -o can.kmt 2>why; then
	echo "skipped: $(cat why)"
	exit 77
fi
command -v cc python3 tar gzip >/dev/null || { echo "skipped: no compiler, python3, tar"; exit 77; }

# Each goes on until the file `on` is gone.
compile() {
	printf '#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n#include <pthread.h>\n' >job.c
	for i in {1..200}; do
		echo "int f$i(int x) { char b[64]; snprintf(b, 64, \"%d\", x + $i); return (int)strlen(b); }"
	done >>job.c
	while [ -e on ]; do cc -O1 -c -o "job.$1" job.c; done
}
files() {
	while [ -e on ]; do
		mkdir -p "files.$1"
		tar -cf - -C /usr/include . 2>/dev/null | tar -xf - -C "files.$1"
		find "files.$1" -type f -exec chmod g+w {} +
		tar -czf "files.$1.tgz" "files.$1" && sync -f "files.$1.tgz"
		rm -rf "files.$1" "files.$1.tgz"
	done
}
sockets() {
	python3 - <<-'EOF'
	import os, socket, threading
	def serve(kind, address, listener):
	    while True:
	        peer, _ = listener.accept()
	        while (data := peer.recv(65536)):
	            peer.sendall(data)
	        peer.close()
	listeners = []
	for kind, address in ((socket.AF_INET, ("127.0.0.1", 0)), (socket.AF_UNIX, "\0kmc%d" % os.getpid())):
	    listener = socket.socket(kind, socket.SOCK_STREAM)
	    listener.bind(address)
	    listener.listen(64)
	    threading.Thread(target=serve, args=(kind, address, listener), daemon=True).start()
	    listeners.append((kind, listener.getsockname()))
	while os.path.exists("on"):
	    for kind, address in listeners:
	        for size in (1, 100, 1500, 9000, 60000):
	            with socket.socket(kind, socket.SOCK_STREAM) as s:
	                s.connect(address)
	                for _ in range(8):
	                    s.sendall(b"x" * size)
	                    got = 0
	                    while got < size:
	                        got += len(s.recv(65536))
	    a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
	    for size in range(1, 4000, 61):
	        a.send(b"y" * size)
	        b.recv(4096)
	    a.close(), b.close()
	EOF
}
processes() {
	while [ -e on ]; do
		for _ in {1..50}; do /bin/true; done
		find /usr/share/doc -maxdepth 1 | sort | uniq -c | wc -l >/dev/null
		( ( : ) & ( : ) & wait )
	done
}
memory() {
	python3 - <<-'EOF'
	import mmap, os, random
	random.seed(1)
	while os.path.exists("on"):
	    maps = []
	    for _ in range(200):
	        pages = random.choice((1, 2, 16, 64, 512))
	        m = mmap.mmap(-1, pages * 4096)
	        for p in range(0, pages, 1 if pages < 64 else 3):
	            m[p * 4096] = 1
	        maps.append(m)
	        if len(maps) > 40:
	            maps.pop(random.randrange(40)).close()
	    if os.fork() == 0:
	        for m in maps:
	            m[0] = 2
	        os._exit(0)
	    os.wait()
	    fd = os.memfd_create("kmc")
	    os.ftruncate(fd, 8 << 20)
	    for at in range(0, 8 << 20, 1 << 16):
	        os.pwrite(fd, b"z" * 4096, at)
	    os.close(fd)
	EOF
}

jobs=()
trap 'rm -f on' EXIT
# number KEY: of the first such key in the document of `trace info --json`
number() {
	sed -n "s/^ *\"$1\": *\([0-9.]*\),\{0,1\}\$/\1/p" info.json | head -1
}

lost() {
	sed -n 's/^ *"lost": *\([0-9]*\),\{0,1\}$/\1/p' info.json | awk '{ n += $1 } END { print n + 0 }'
}

failures=0 total=0
for kind in "${kinds[@]}"; do
	events=0 part=0
	touch on
	for worker in 1 2; do
		"$kind" $worker >/dev/null 2>&1 &
		jobs+=($!)
	done
	while [ "$events" -lt "$enough" ] && [ $part -lt 60 ]; do
		part=$((part + 1))
		"$record" -q -d ${KMC_WORKLOAD_SECONDS:-30} -o part.kmt && "$trace" info --json part.kmt >info.json || exit 1
		events=$((events + $(number records)))
		"$replay" --brief -o "$kind.json" part.kmt >said.txt
		status=$?
		if [ $status -ne 0 ]; then
			failures=$((failures + 1))
			mv part.kmt "failed.$kind.$part.kmt"
			sed -n '/findings against/,$p' said.txt
		fi
		echo "$kind: recording $part, $(number records) events, $(lost) lost, replay $status"
	done
	rm -f on
	wait "${jobs[@]}"
	jobs=()
	total=$((total + events))
	[ "$events" -ge "$enough" ] || { echo "$kind: no more than $events events"; failures=$((failures + 1)); }
done
echo "$total events of ${#kinds[@]} kinds of load, $failures failures"
[ $failures -eq 0 ]
