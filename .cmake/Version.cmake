# SPDX-License-Identifier: GPL-2.0-or-later
# Writes kmc-version.h; run at each build, touches the file only on a change.
execute_process(COMMAND git -C ${SRC} describe --always --dirty --abbrev=12
	OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE
	ERROR_QUIET RESULT_VARIABLE failed)
if(failed OR NOT commit)
	set(commit unknown)
endif()
set(text "/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Made by the build. */
#pragma once
#define KMC_VERSION \"${VERSION}\"
#define KMC_COMMIT \"${commit}\"
#define KMC_COMPILER \"${COMPILER}\"
#define KMC_VERSION_LINE \"kmconform ${VERSION} (commit ${commit}, ${COMPILER})\"
")
set(old "")
if(EXISTS ${OUT})
	file(READ ${OUT} old)
endif()
if(NOT old STREQUAL text)
	file(WRITE ${OUT} "${text}")
endif()
