"""What libqopt-c exports is the committed list: check_symbols.py NM LIBRARY LIST.

A name that is gone breaks programs of others: it comes back, or QOPT_C_VERSION is raised. A new
one is added to the list.
"""
import pathlib
import subprocess
import sys


def main():
    nm, library, listed = sys.argv[1:]
    told = subprocess.run([nm, "-D", "--defined-only", "--format=just-symbols", library],
                          capture_output=True, text=True, check=True).stdout
    exported, promised = set(told.split()), set(pathlib.Path(listed).read_text(encoding="utf-8").split())
    for name in sorted(promised - exported):
        print(f"{library}: no longer exports {name}")
    for name in sorted(exported - promised):
        print(f"{library}: exports {name}, which is not in {listed}")
    return 1 if exported != promised else 0


if __name__ == "__main__":
    sys.exit(main())
