#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The arrows between the layers are enforced by include paths: each forbidden
# include is tried with the very command that compiles a file of the layer,
# and must not compile; each permitted one must.
set -u
commands="$KMC_BUILD/compile_commands.json"
[ -r "$commands" ] || { echo "no compile_commands.json"; exit 77; }
failed=0

# The command of one source file, without what it reads and writes.
command_of() {
	grep '"command":' "$commands" | grep -F -- "/$1\"" | head -1 |
		sed -e 's/^ *"command": "//' -e 's/",\?$//' -e 's/\\"/"/g' \
		    -e 's/ -o [^ ]*//' -e 's/ -MF [^ ]*//' -e 's/ -MT [^ ]*//' -e 's/ -MD//' \
		    -e 's/ -c [^ ]*$//'
}

compiles() { # SOURCE HEADER
	local command
	command=$(command_of "$1")
	[ "$command" ] || { echo "FAILED: $1 is not compiled here"; failed=1; return 2; }
	echo "#include \"$2\"" | (cd "$KMC_BUILD" && eval "$command -fsyntax-only -x c -") \
		2> "$KMC_TMP/errors"
}

may() { # SOURCE HEADER...
	local source=$1 header
	shift
	for header; do
		compiles "$source" "$header" || {
			echo "FAILED: $source may include $header"
			head -3 "$KMC_TMP/errors"
			failed=1
		}
	done
}

may_not() { # SOURCE HEADER...
	local source=$1 header
	shift
	for header; do
		compiles "$source" "$header" && {
			echo "FAILED: $source can include $header"
			failed=1
		}
		grep -q "No such file\|file not found" "$KMC_TMP/errors" || {
			echo "FAILED: $header in $source fails for another reason"
			head -3 "$KMC_TMP/errors"
			failed=1
		}
	done
}

may     alloc/machine/sim.c alloc/sim.h linux/slab.h
may_not alloc/machine/sim.c vocab/op.h vocab/event.h trace/trace.h oracle/judge.h exec/target.h

may     oracle/vocab/gfp.c vocab/op.h
may_not oracle/vocab/gfp.c alloc/sim.h linux/slab.h linux/gfp_types.h trace/trace.h \
	oracle/judge.h exec/target.h

may     oracle/trace/trace_write.c trace/trace.h vocab/event.h
may_not oracle/trace/trace_write.c alloc/sim.h linux/slab.h oracle/judge.h exec/target.h

may     oracle/judge/judge.c oracle/judge.h oracle/report.h vocab/event.h
may_not oracle/judge/judge.c alloc/sim.h alloc/slab_layout.h linux/slab.h linux/gfp_types.h \
	trace/trace.h exec/target.h

may     replay/exec/exec.c exec/target.h alloc/sim.h vocab/op.h oracle/judge.h
may_not replay/exec/exec.c trace/trace.h

may     replay/replay/replay_run.c trace/trace.h alloc/sim.h oracle/judge.h exec/target.h

if grep -q '/ebpf/recorder.c"' "$commands"; then
	may     ebpf/recorder.c trace/trace.h vocab/event.h
	may_not ebpf/recorder.c alloc/sim.h linux/slab.h oracle/judge.h exec/target.h
fi
exit $failed
