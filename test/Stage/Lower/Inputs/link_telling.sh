#!/bin/sh
# link_telling.sh CC QOPT-SOURCE LIBQRT FOLDER: links FOLDER/object.o with the runtime and
# examples/c/main.c to FOLDER/tell, which names each kernel that runs.
set -eu
cc=$1 source=$2 library=$3 folder=$4
sed -n 's/^QRT_KERNEL[A-Z_]*([a-z0-9_]*, [A-Z0-9_]*, \([a-z0-9_]*\).*/-Wl,--wrap=\1/p' \
  "$source/include/qrt/kernels.def" >"$folder/wraps"
"$cc" -I"$source/include" -I"$folder" -include object.h "$source/examples/c/main.c" \
  "$(dirname "$0")/tell_kernels.c" "$folder/object.o" "@$folder/wraps" \
  -Wl,--whole-archive "$library" -Wl,--no-whole-archive -l:libgomp.so.1 -lm -lpthread \
  -o "$folder/tell"
