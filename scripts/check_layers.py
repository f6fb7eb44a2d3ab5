#!/usr/bin/env python3
"""Keeps the house in order: who may include whom, how long a file may be, what it may name.

    check_layers.py [--root DIR] [--edges]

Checks every file of the source tree (those git knows, or all where there is no git):
  layers    a room includes only rooms of lower rows of ROWS; rooms of one row are neighbours
            and never include one another; the runtime sees the numerics header and qrt only
  cycles    no header includes itself through others
  sizes     at most 400 lines; more only up to the count in size_allowances.txt, which must
            shrink with the file; never more than 800
  names     no paths of one machine, no hosts of package registries
--edges prints the includes between rooms instead of checking.
"""
import argparse
import collections
import pathlib
import re
import subprocess
import sys

SOFT_LIMIT, HARD_LIMIT = 400, 800
ALLOWANCES = "scripts/size_allowances.txt"

# Lowest first. A room is a folder of dialects/ or tools/, a stage's name under include/qopt/
# and lib/, or one of the named special places.
ROWS = [
    ["qrt", "Support"],
    ["Interfaces"],
    ["NN", "QOpt", "UKernel"],
    ["Reference"],
    ["Import", "Fuse", "QConfig", "Prepare", "Calibrate", "Train", "Convert", "Lower", "LowerOut",
     "Export"],
    ["Run", "Report"],
    ["Pipelines"],
    ["Audit"],
    ["CAPI", "tools", "embed"],
    ["python"],
]
# Beside the rows: rooms that see only what is named, and single headers that may be seen.
ONLY = {
    "qrt": set(),
    "Support": set(),
    "Runtime": {"qrt", "include/qopt/Support/Numerics.h"},
    "examples": {"qrt"},
}
CODE = {".c", ".cc", ".cpp", ".h", ".hpp", ".td", ".def", ".inc"}
SIZED = CODE | {".py", ".sh", ".cmake", ".txt"}
BINARY = {".onnx", ".npz", ".npy", ".png", ".so", ".a", ".o", ".gz", ".mlirbc"}

INCLUDE = re.compile(r'^\s*(?:#\s*)?include\s+["<]([^">]+)[">]', re.MULTILINE)
MACHINE = re.compile(r"(?<![\w.-])/(?:work|root|home|farm|Users|tmp)/\w[\w./-]*")
REGISTRY = re.compile(
    r"\b(?:[\w-]+\.)*(?:pypi|pythonhosted|pytorch|debian|ubuntu|llvm|npmjs|anaconda|conda|crates)"
    r"\.(?:org|com|net|io)/(?:simple|whl|debian|packages|files|bookworm|ubuntu|[\w-]*wheels?)\b"
    r"|\bfiles\.python[h]osted\.org\b|\bdeb\.[d]ebian\.org\b|\bdownload\.[p]ytorch\.org\b"
    r"|\bpypi\.[o]rg\b|\bapt\.[l]lvm\.org\b")


def tracked_files(root):
    """Paths relative to the root, of git or of the folder."""
    listing = subprocess.run(["git", "-C", root, "ls-files", "-co", "--exclude-standard"],
                             capture_output=True, text=True, check=False)
    if listing.returncode == 0:
        names = listing.stdout.splitlines()
    else:
        names = [str(p.relative_to(root)) for p in pathlib.Path(root).rglob("*")]
    return sorted(n for n in names if not n.startswith("build/") and (root / n).is_file())


def room_of(path):
    """The room a path lies in, or None for places without rules (test, cmake, docs)."""
    parts = pathlib.PurePosixPath(path).parts
    if parts[:2] == ("examples", "embed"):
        return "embed"
    if parts[0] in ("tools", "python", "examples"):
        return parts[0]
    if parts[0] in ("dialects", "lib") and len(parts) > 2:
        return parts[1]
    if parts[:2] == ("include", "qopt"):
        return parts[2] if len(parts) > 3 else pathlib.PurePosixPath(parts[2]).stem
    if parts[:2] == ("include", "qrt"):
        return "qrt"
    if parts[:2] == ("include", "qopt-c"):
        return "CAPI"
    return None


def row_of(room):
    for number, rooms in enumerate(ROWS):
        if room in rooms:
            return number
    return None


def resolve(includer, spelled, files):
    """Path in the source tree that an include means; generated files by where they would lie."""
    beside = str(pathlib.PurePosixPath(includer).parent / spelled)
    for candidate in (beside, spelled, f"include/{spelled}"):
        if candidate in files:
            return candidate
    for prefix, folder in (("qopt/", "include/"), ("qrt/", "include/"), ("qopt-c/", "include/"),
                           ("dialects/", ""), ("lib/", "")):
        if spelled.startswith(prefix):
            return folder + spelled
    return None


def includes(root, files):
    """For each source file, the source files it includes: {path: [(line, target)]}."""
    graph = {}
    for name in files:
        if pathlib.PurePosixPath(name).suffix not in CODE:
            continue
        text = (root / name).read_text(encoding="utf-8", errors="replace")
        graph[name] = [(text.count("\n", 0, match.start(1)) + 1, target)
                       for match in INCLUDE.finditer(text)
                       if (target := resolve(name, match.group(1), files))]
    return graph


def edge_problem(source, target):
    """Why a file must not include another, or None."""
    here, there = room_of(source), room_of(target)
    if here is None or here == there:
        return None
    if there is None:
        return f"{here} includes {target}, which is no room of the product"
    if here in ONLY:
        if there in ONLY[here] or target in ONLY[here]:
            return None
        return f"{here} may see only {', '.join(sorted(ONLY[here])) or 'itself'}, not {target}"
    if row_of(here) is None:
        return f"room {here} stands in no row of ROWS in scripts/check_layers.py"
    if there == "Runtime":
        return f"{here} includes {target}: the runtime is reached through include/qrt only"
    if row_of(there) is None:
        return f"room {there} (of {target}) stands in no row of ROWS in scripts/check_layers.py"
    if row_of(there) == row_of(here):
        return f"{here} includes its neighbour {there} ({target}); they meet only through the IR"
    if row_of(there) > row_of(here):
        return f"{here} includes {there} ({target}), which stands above it"
    return None


def layer_problems(graph):
    for source, edges in graph.items():
        for line, target in edges:
            problem = edge_problem(source, target)
            if problem:
                yield f"{source}:{line}: {problem}"


def cycle_problems(graph):
    """Reports each header cycle once, by a depth-first walk with its path at hand."""
    done, path = set(), []

    def walk(node):
        if node in path:
            ring = path[path.index(node):] + [node]
            yield f"{node}:1: includes itself: {' -> '.join(ring)}"
            return
        if node in done:
            return
        path.append(node)
        for _, target in graph.get(node, []):
            if target in graph and target != node:
                yield from walk(target)
        path.pop()
        done.add(node)

    for name in graph:
        yield from walk(name)


def size_problems(root, files):
    allowed = {}
    if (root / ALLOWANCES).exists():
        for row in (root / ALLOWANCES).read_text(encoding="utf-8").splitlines():
            if row.strip() and not row.startswith("#"):
                count, name = row.split(maxsplit=1)
                allowed[name] = int(count)
    for name in files:
        if pathlib.PurePosixPath(name).suffix not in SIZED:
            continue
        lines = (root / name).read_bytes().count(b"\n")
        limit = allowed.pop(name, SOFT_LIMIT)
        if lines > HARD_LIMIT:
            yield f"{name}:1: {lines} lines, the hard limit is {HARD_LIMIT}: split it by meaning"
        elif lines > limit:
            yield (f"{name}:1: {lines} lines, its limit is {limit}: split it by meaning, or give "
                   f"the reason in {ALLOWANCES}")
        elif limit > SOFT_LIMIT and lines <= SOFT_LIMIT:
            yield f"{ALLOWANCES}:1: {name} has only {lines} lines now: remove its row"
    for name in allowed:
        yield f"{ALLOWANCES}:1: {name} is gone: remove its row"


def name_problems(root, files):
    for name in files:
        if pathlib.PurePosixPath(name).suffix in BINARY:
            continue
        text = (root / name).read_text(encoding="utf-8", errors="replace")
        for pattern, what in ((MACHINE, "a path of one machine"), (REGISTRY, "a registry's host")):
            for match in pattern.finditer(text):
                line = text.count("\n", 0, match.start()) + 1
                yield f"{name}:{line}: names {what}: {match.group(0)}"


def print_edges(graph):
    count = collections.Counter((room_of(s), room_of(t)) for s, e in graph.items() for _, t in e)
    for (here, there), n in sorted(count.items(), key=str):
        if here and there and here != there:
            print(f"{here} -> {there}  {n}")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=pathlib.Path,
                        default=pathlib.Path(__file__).resolve().parents[1])
    parser.add_argument("--edges", action="store_true", help="print the edges between rooms")
    options = parser.parse_args()
    files = tracked_files(options.root)
    graph = includes(options.root, set(files))
    if options.edges:
        print_edges(graph)
        return 0
    problems = [*layer_problems(graph), *cycle_problems(graph),
                *size_problems(options.root, files), *name_problems(options.root, files)]
    print("\n".join(problems) if problems else f"layers, sizes and names: {len(files)} files fine")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
