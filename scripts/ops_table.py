#!/usr/bin/env python3
"""Writes the table of ops by stage as Markdown.

    ops_table.py --ops OPS.json --records NN.json --tests DIR [--out FILE]

OPS.json is what `qopt ops --json` prints; NN.json what llvm-tblgen dumps of the nn dialect,
for the field `holes` beside each op: why a column is empty, as "kernels: why; codes: why".
A column that is empty without a reason, or a reason for a column that is not empty, is an
error.
"""
import argparse
import json
import pathlib
import re
import sys

STAGES = ["importers", "float", "simulation", "codes", "lowering", "kernels", "tests"]
HEADINGS = {"op": "op", "rule": "parameters", "importers": "from ONNX", "fusion": "fusion",
            "float": "float", "simulation": "simulation", "codes": "codes", "lowering": "lowering",
            "kernels": "kernels", "tests": "tests"}
INTRO = """<!-- Written by scripts/gen_docs.sh from the tables of the stages; do not edit. -->
# Ops by stage

Each column is read from the stage's own table, so the page cannot say more than the code does.
Where a column is empty, the reason stands in its place.

- **parameters**: where the result's scale and zero point come from (the op's quantization rule),
  with the roles of its operands
- **from ONNX**: the operators that become this op
- **fusion**: what the op takes into itself, or what it can become part of
- **float**, **simulation**, **codes**: the reference evaluators, in f32, in f64 on quantized
  values, and on integer codes
- **lowering**, **kernels**: the kinds of kernels a program calls, with the instruction sets that
  have one of their own (every kind has a scalar one)
- **tests**: the suites that name the op, or an operator it is imported from: `test/Dialect` (prints,
  parses, refuses), `test/Stage` (what passes make of it), `test/Unit` (its numbers in the evaluators
  and in programs), `test/Integration` (whole networks from ONNX to program)

"""


def reasons(text):
    """{"kernels": "why", ...} of "kernels: why; simulation, codes: why"."""
    found = {}
    for part in filter(None, (p.strip() for p in text.split(";"))):
        columns, _, why = part.partition(":")
        for column in columns.split(","):
            found[column.strip()] = why.strip()
    return found


def declared_holes(records):
    """The field `holes` of every op, by name."""
    dump = json.loads(records.read_text(encoding="utf-8"))
    ops = (dump[name] for name in dump["!instanceof"]["NN_Op"])
    return {"nn." + op["opName"]: reasons(op["holes"]) for op in ops}


SUITES = {"Dialect": "dialect", "Stage": "stages", "Unit": "units", "Integration": "networks"}


def mentions(tests, rows):
    """Op name -> the suites that name it."""
    found = {row["name"]: set() for row in rows}
    onnx = {row["name"]: {text.split(" ")[0] for text in row["importers"]} for row in rows}
    for path in sorted(tests.rglob("*")):
        suite = SUITES.get(path.relative_to(tests).parts[0])
        if not suite or path.suffix not in (".mlir", ".test", ".cpp", ".py") or "Inputs" in path.parts:
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        words = set(re.findall(r"\bnn\.[a-z_0-9]+", text))
        # Networks made in Python name ONNX's operators, in quotes.
        quoted = set(re.findall(r"\"([A-Z][A-Za-z]+)\"", text)) if path.suffix == ".py" else set()
        classes = set(re.findall(r"\bnn::(\w+)Op\b", text))
        for name, suites in found.items():
            camel = name[3:].replace("_", "")
            if name in words or onnx[name] & quoted or camel in {c.lower() for c in classes}:
                suites.add(suite)
    return {name: sorted(suites) for name, suites in found.items()}


def kernel_text(kernels):
    texts = []
    for kernel in kernels:
        fast = [isa for isa in kernel["isas"] if isa != "scalar"]
        texts.append(f"`{kernel['kind']}`" + (f" ({', '.join(fast)})" if fast else ""))
    return ", ".join(texts)


def cells(row, suites):
    """Column -> text, empty for a hole."""
    return {"op": f"`{row['name']}`", "rule": f"{row['rule']} ({', '.join(row['roles'])})",
            "importers": ", ".join(row["importers"]), "fusion": row["fusion"],
            **{key: "yes" if row[key] else "" for key in ("float", "simulation", "codes", "lowering")},
            "kernels": kernel_text(row["kernels"]), "tests": ", ".join(suites)}


def fill_holes(line, holes, problems):
    """Puts reasons into empty cells."""
    for column in ["fusion", *STAGES]:
        why = holes.get(column)
        if line[column] and why and column != "fusion":
            problems.append(f"{line['op']}: a reason for an empty column '{column}', which is not "
                            "empty: remove it from `holes`")
        elif not line[column] and not why and column != "fusion":
            problems.append(f"{line['op']}: nothing in column '{column}', and no reason: add what "
                            "is missing, or `let holes = \"" + column + ": why\";` beside the op")
        elif why:
            line[column] = ", ".join(filter(None, [line[column], f"*{why}*"]))
    for column in set(holes) - {"fusion", *STAGES}:
        problems.append(f"{line['op']}: `holes` names no column: '{column}'")


def render(lines):
    head = list(HEADINGS)
    out = ["| " + " | ".join(HEADINGS.values()) + " |", "|" + " --- |" * len(head)]
    out += ["| " + " | ".join(line[column] or "-" for column in head) + " |" for line in lines]
    return INTRO + "\n".join(out) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ops", type=pathlib.Path, required=True)
    parser.add_argument("--records", type=pathlib.Path, required=True)
    parser.add_argument("--tests", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path)
    options = parser.parse_args()
    rows = json.loads(options.ops.read_text(encoding="utf-8"))
    holes = declared_holes(options.records)
    suites = mentions(options.tests, rows)
    problems, lines = [], []
    named = {row["name"] for row in rows}
    for name in sorted(named ^ set(holes)):
        problems.append(f"{name}: only in " + ("`qopt ops`" if name in named else "TableGen's rows"))
    for row in rows:
        line = cells(row, suites[row["name"]])
        fill_holes(line, holes.get(row["name"], {}), problems)
        lines.append(line)
    for problem in problems:
        print(f"ops_table: {problem}", file=sys.stderr)
    if problems:
        return 1
    text = render(lines)
    if options.out:
        options.out.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
