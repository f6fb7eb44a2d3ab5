#!/usr/bin/env python3
"""Checks the runtime's object code: what no test of results can see.

  check_objects.py NM OBJDUMP LIBQRT

1. No weak definition: an inline function shared between files built for different instruction
   sets may be the copy that the CPU cannot run.
2. Nothing from libstdc++: programs link the runtime without it.
3. The loops of the convolution tiles keep their accumulators in registers: a function touches the
   stack with whole vectors no more often than it has accumulators (for the buffered epilogue).
"""
import re
import subprocess
import sys


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def check_symbols(nm, library):
    errors = []
    for line in output(nm, library).splitlines():
        fields = line.split()
        if len(fields) == 3 and fields[1] in "WVu":
            errors.append(f"weak definition: {fields[2]}; make it static")
        if len(fields) == 2 and fields[0] == "U" and re.match(r"_Z(?!.*qrt)|__cxa|__gxx", fields[1]):
            errors.append(f"needs libstdc++: {fields[1]}")
    return errors


TILE = re.compile(r"<.*(?:Tile<.*(Avx512Words|Avx512|AvxVnni|Avx2Narrow|Avx2|NeonWords|NeonDot), |(Smmla)Tile<)"
                  r"(\d+), (\d+)>::run")
DOT = {"Avx512": "vpdpbusd", "AvxVnni": "vpdpbusd", "Avx512Words": "vpdpwssd",
       "Avx2Narrow": "vpmaddwd", "Avx2": "vpmaddwd",
       "NeonWords": "smlal", "NeonDot": "sdot", "Smmla": "smmla"}
# A whole vector to or from the stack.
STACK_X86, STACK_ARM = r"%{0}\d.*%r[sb]p|%r[sb]p.*%{0}\d", r"\bq\d+.*\[(sp|x29)"
STACK = {"Avx512": STACK_X86.format("zmm"), "Avx512Words": STACK_X86.format("zmm"),
         "AvxVnni": STACK_X86.format("ymm"), "Avx2Narrow": STACK_X86.format("ymm"),
         "Avx2": STACK_X86.format("ymm"),
         "NeonWords": STACK_ARM, "NeonDot": STACK_ARM, "Smmla": STACK_ARM}


def check_tiles(objdump, library):
    errors, tiles = [], 0
    name, dots, stack = None, 0, 0

    def finish():
        if not name:
            return
        isa, rows, vectors = name
        if dots < rows * vectors:
            errors.append(f"tile {rows}x{vectors} of {isa}: only {dots} dots")
        if stack > rows * vectors:
            errors.append(f"tile {rows}x{vectors} of {isa}: {stack} vectors on the stack; spills")

    text = output(objdump, "-d", "--no-show-raw-insn", "-C", library)
    for line in text.splitlines():
        if line.endswith(">:"):
            finish()
            match = TILE.search(line)
            name = (match[1] or match[2], int(match[3]), int(match[4])) if match else None
            tiles += bool(match)
            dots = stack = 0
        elif name:
            dots += DOT[name[0]] in line
            stack += bool(re.search(STACK[name[0]], line))
    finish()
    if tiles == 0:
        errors.append("no convolution tile found: did their names change?")
    return errors, tiles


def main():
    nm, objdump, library = sys.argv[1:]
    errors = check_symbols(nm, library)
    tile_errors, tiles = check_tiles(objdump, library)
    for error in errors + tile_errors:
        print(f"check_objects: error: {error}")
    if errors or tile_errors:
        sys.exit(1)
    print(f"check_objects: {tiles} tiles without spills, no weak symbol, no libstdc++")


main()
