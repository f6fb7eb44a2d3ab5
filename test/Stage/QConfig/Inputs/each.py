"""Runs qconfig-apply on each file of a folder; its last lines (# ...) are expected in the error."""
import pathlib
import subprocess
import sys

folder, network = pathlib.Path(sys.argv[1]), sys.argv[2]
bad, count = 0, 0
for file in sorted(folder.glob("*.json")):
    lines = file.read_text(encoding="utf-8").splitlines()
    expected = [line[2:] for line in lines if line.startswith("# ")]
    clean = file.with_suffix(".clean") / file.name
    clean.parent.mkdir(exist_ok=True)
    clean.write_text("\n".join(line for line in lines if not line.startswith("# ")), encoding="utf-8")
    kind = file.name.split("_")[0]
    option = kind if kind in ("target", "encodings", "overrides") else "config"
    run = subprocess.run(["qopt", network, f"--qopt-qconfig-pipeline={option}={clean}"],
                         capture_output=True, text=True, check=False)
    count += 1
    missing = [text for text in expected if text not in run.stderr]
    if run.returncode != 1 or run.stdout or missing or not expected:
        bad += 1
        print(f"{file.name}: exit code {run.returncode}, expected {expected}, got\n{run.stderr}")
print(f"{count} files, {bad} bad")
sys.exit(1 if bad or not count else 0)
