# Flags every target shares, and sinter_room(): one folder, one library, one include directory.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

add_library(sinter_flags INTERFACE)
target_compile_options(sinter_flags INTERFACE
  -ffp-contract=off -fno-math-errno -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wno-missing-field-initializers
  -Wno-restrict  # false alarms of GCC 12 on std::string + (GCC bug 105651)
  -Werror)
if(SINTER_SANITIZE)
  target_compile_options(sinter_flags INTERFACE -fsanitize=${SINTER_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(sinter_flags INTERFACE -fsanitize=${SINTER_SANITIZE})
endif()

# Warnings inside other people's headers are theirs: include directories found here are SYSTEM.
function(sinter_header_only target header)
  find_path(SINTER_${target}_INCLUDE ${header} REQUIRED)
  add_library(${target} INTERFACE)
  target_include_directories(${target} SYSTEM INTERFACE ${SINTER_${target}_INCLUDE})
endfunction()

# sinter_room(NAME SOURCES… LINKS…): the library sinter_NAME of this folder.
function(sinter_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;LINKS;PRIVATE" ${ARGN})
  add_library(sinter_${name} STATIC ${ROOM_SOURCES})
  target_include_directories(sinter_${name} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR}/include)
  target_link_libraries(sinter_${name} PUBLIC ${ROOM_LINKS} PRIVATE sinter_flags ${ROOM_PRIVATE})
endfunction()
