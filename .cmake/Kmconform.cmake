# SPDX-License-Identifier: GPL-2.0-or-later
#
# How a layer, a program and a test are declared. Everything that is the same
# for all of them (dialect, warnings, sanitizers, header checks) stands here.

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

add_library(kmc_flags INTERFACE)
target_compile_options(kmc_flags INTERFACE
	-Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes
	-Wpointer-arith -Wundef -Wvla -Wformat=2
	-fno-strict-aliasing -fno-common -fno-semantic-interposition)
target_compile_definitions(kmc_flags INTERFACE _GNU_SOURCE)
if(KMC_WERROR)
	target_compile_options(kmc_flags INTERFACE -Werror)
endif()
if(KMC_SANITIZE)
	target_compile_options(kmc_flags INTERFACE
		-fsanitize=${KMC_SANITIZE} -fno-sanitize-recover=all)
	target_link_options(kmc_flags INTERFACE -fsanitize=${KMC_SANITIZE})
endif()
# What reports stacks walks them by frame pointers; coverage alone does not.
if(KMC_SANITIZE AND NOT KMC_SANITIZE MATCHES "^fuzzer(-no-link)?$")
	target_compile_options(kmc_flags INTERFACE -fno-omit-frame-pointer)
endif()
# Operands of comparisons are of no use where every byte string decodes, and cost a third.
if(KMC_SANITIZE MATCHES "fuzzer")
	target_compile_options(kmc_flags INTERFACE
		-fno-sanitize-coverage=trace-cmp,indirect-calls)
endif()

# What no engine is to see. AFL++ takes the list from the environment of its compiler.
set(kmc_unseen ${CMAKE_SOURCE_DIR}/fuzzers/engine/unseen.list)
if(KMC_FUZZ_ENGINE AND CMAKE_C_COMPILER MATCHES "afl-")
	set(CMAKE_C_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env AFL_LLVM_DENYLIST=${kmc_unseen}
		${CMAKE_C_COMPILER_LAUNCHER})
elseif(KMC_FUZZ_ENGINE AND "${KMC_SANITIZE} ${CMAKE_C_FLAGS}" MATCHES "fuzzer")
	target_compile_options(kmc_flags INTERFACE
		-fsanitize-coverage-ignorelist=${kmc_unseen})
endif()

# kmc_layer(NAME SOURCES ... [LINK ...] [PRIVATE_LINK ...])
#
# A static library whose public headers are all of <dir>/include. Each header
# is compiled alone when the target all_verify_interface_header_sets is built.
function(kmc_layer name)
	cmake_parse_arguments(A "" "" "SOURCES;LINK;PRIVATE_LINK" ${ARGN})
	add_library(${name} STATIC ${A_SOURCES})
	file(GLOB_RECURSE headers CONFIGURE_DEPENDS
		${CMAKE_CURRENT_SOURCE_DIR}/include/*.h)
	target_sources(${name} PUBLIC FILE_SET HEADERS
		BASE_DIRS ${CMAKE_CURRENT_SOURCE_DIR}/include FILES ${headers})
	set_target_properties(${name} PROPERTIES
		VERIFY_INTERFACE_HEADER_SETS ON POSITION_INDEPENDENT_CODE ON)
	target_link_libraries(${name} PUBLIC ${A_LINK} PRIVATE kmc_flags ${A_PRIVATE_LINK})
endfunction()

# kmc_program(NAME SOURCES ... [LINK ...]): builds and installs kmconform-NAME.
function(kmc_program name)
	cmake_parse_arguments(A "" "" "SOURCES;LINK" ${ARGN})
	add_executable(${name} ${A_SOURCES})
	target_link_libraries(${name} PRIVATE kmc_flags kmc_version ${A_LINK})
	if(name STREQUAL "kmconform")
		install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
	else()
		install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/kmconform)
	endif()
endfunction()

# kmc_link_engine(TARGET): a fuzz target is linked with the engine, by the C++
# compiler where that was asked for (archives of engines are C++).
function(kmc_link_engine target)
	target_link_libraries(${target} PRIVATE ${KMC_FUZZ_ENGINE})
	if(KMC_FUZZ_CXX)
		set_property(TARGET ${target} PROPERTY LINKER_LANGUAGE CXX)
	endif()
endfunction()

# kmc_test(NAME SOURCES ... [LINK ...] [LABEL short|medium|long] [TIMEOUT s])
#
# A cmocka program run by ctest. Exit status 77 is a visible skip. What has threads of its
# own is labelled so, and made by the target threaded_tests: ThreadSanitizer looks at these.
add_custom_target(threaded_tests)
function(kmc_test name)
	if(NOT BUILD_TESTING)
		return()
	endif()
	cmake_parse_arguments(A "" "LABEL;TIMEOUT" "SOURCES;LINK;ARGS" ${ARGN})
	add_executable(${name} ${A_SOURCES})
	target_link_libraries(${name} PRIVATE kmc_flags PkgConfig::CMOCKA ${A_LINK})
	add_test(NAME ${name} COMMAND ${name} ${A_ARGS})
	kmc_test_properties(${name} "${A_LABEL}" "${A_TIMEOUT}")
	foreach(source ${A_SOURCES})
		file(STRINGS ${source} threads REGEX "include <pthread.h>" LIMIT_COUNT 1)
		if(threads)
			set_property(TEST ${name} APPEND PROPERTY LABELS threads)
			add_dependencies(threaded_tests ${name})
		endif()
	endforeach()
endfunction()

# kmc_test_script(NAME SCRIPT path [LABEL l] [TIMEOUT s] [ARGS ...]): a test
# written in shell; it is given the programs' folder as KMC_BIN, the source
# folder as KMC_SRC and its scratch folder as KMC_TMP.
function(kmc_test_script name)
	if(NOT BUILD_TESTING)
		return()
	endif()
	cmake_parse_arguments(A "" "SCRIPT;LABEL;TIMEOUT" "ARGS" ${ARGN})
	add_test(NAME ${name}
		COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/${A_SCRIPT} ${A_ARGS})
	kmc_test_properties(${name} "${A_LABEL}" "${A_TIMEOUT}")
	set(scratch ${CMAKE_BINARY_DIR}/scratch/${name})
	file(MAKE_DIRECTORY ${scratch})
	set_property(TEST ${name} PROPERTY ENVIRONMENT
		"KMC_BIN=${CMAKE_RUNTIME_OUTPUT_DIRECTORY};KMC_SRC=${CMAKE_SOURCE_DIR};KMC_BUILD=${CMAKE_BINARY_DIR};KMC_TMP=${scratch}")
endfunction()

function(kmc_test_properties name label timeout)
	if(NOT label)
		set(label short)
	endif()
	if(NOT timeout)
		set(timeout 300) # what takes a tenth of that on a machine of its own
	endif()
	set_tests_properties(${name} PROPERTIES
		LABELS ${label} TIMEOUT ${timeout} SKIP_RETURN_CODE 77)
endfunction()

# The commit and the compiler, for --version. The commit is looked up at each
# build and the file rewritten only when it changed.
add_custom_target(kmc_version_stamp
	COMMAND ${CMAKE_COMMAND}
		-DSRC=${CMAKE_SOURCE_DIR}
		-DOUT=${CMAKE_BINARY_DIR}/version/kmc-version.h
		-DVERSION=${PROJECT_VERSION}
		"-DCOMPILER=${CMAKE_C_COMPILER_ID} ${CMAKE_C_COMPILER_VERSION}"
		-P ${CMAKE_SOURCE_DIR}/.cmake/Version.cmake
	BYPRODUCTS ${CMAKE_BINARY_DIR}/version/kmc-version.h
	COMMENT "" VERBATIM)
add_library(kmc_version INTERFACE)
add_dependencies(kmc_version kmc_version_stamp)
target_include_directories(kmc_version INTERFACE ${CMAKE_BINARY_DIR}/version)
