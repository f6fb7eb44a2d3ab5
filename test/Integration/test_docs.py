"""Runs what the documentation shows.

A fenced block marked `bash test` is run; one marked `LANGUAGE test=NAME` is first written to a
file NAME; one marked `bash test needs=MODULE` is left out where Python has no such module. All blocks of a page share one folder, in their order, which holds from the start
model.onnx, calib.npz and test.npz (the demo's network and data).
"""
import importlib.util
import os
import pathlib
import re
import shutil
import subprocess

import pytest

from qopt import driver

BLOCK = re.compile(r"^```(\w+) test(?:=(\S+))?(?: needs=(\w+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = sorted(p.relative_to(driver.ROOT) for p in [driver.ROOT / "README.md",
                                                   *(driver.ROOT / "docs").rglob("*.md")]
               if p.exists() and BLOCK.search(p.read_text(encoding="utf-8")))


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_page(page, model, tmp_path):
    for source, name in zip(model("digits"), ("model.onnx", "calib.npz", "test.npz")):
        shutil.copy(source, tmp_path / name)
    tools = pathlib.Path(driver.binary()).parent
    env = {**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
           "PYTHONPATH": str(driver.ROOT / "python"), "QOPT": str(driver.ROOT),
           "QOPT_BUILD": str(tools.parent)}
    for language, name, needs, text in BLOCK.findall((driver.ROOT / page).read_text(encoding="utf-8")):
        if needs and not importlib.util.find_spec(needs):
            continue
        if name:
            (tmp_path / name).write_text(text, encoding="utf-8")
            continue
        assert language == "bash", f"a block of {language} can only be a file: test=NAME"
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", text], cwd=tmp_path, env=env,
                              capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, f"{page}:\n{text}\n{done.stdout}\n{done.stderr}"
