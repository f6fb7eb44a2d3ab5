"""Files of every version of the IR: read, the same as text and bytecode, with the same results; and
files of a newer one, refused. The files of version N were written by the qopt that introduced it
(Inputs/ir/make.py) and are never made again."""
import pathlib

import numpy as np
import pytest

import qopt
from qopt import driver

try:
    core = qopt._core
except ImportError as error:
    pytest.skip(str(error), allow_module_level=True)

FOLDERS = sorted((pathlib.Path(__file__).parent / "Inputs" / "ir").glob("v*"))
STAGES = {"imported": "imported", "fused": "fused", "calibrated": "calibrated", "converted": "converted",
          "qat": "calibrated"}
CURRENT = 1
CASES = [pytest.param(folder, stage, id=f"{folder.name}-{stage}") for folder in FOLDERS for stage in STAGES]


def run(model, x, folder):
    np.savez(folder / "x.npz", x=x)
    driver.run("run", model, "--input", folder / "x.npz", "--output", folder / "y.npz")
    with np.load(folder / "y.npz") as file:
        return file["logits"]


def expected(folder, stage):
    with np.load(folder / "values.npz") as file:
        return file["x"], file[stage]


def test_there_are_files_of_each_version():
    assert [folder.name for folder in FOLDERS] == [f"v{i}" for i in range(1, CURRENT + 1)]
    assert f"qopt.version = {CURRENT} : i64" in core.Module.parse_file(FOLDERS[0] / "fused.mlir").text(elide=True)


@pytest.mark.parametrize("folder, stage", CASES)
def test_old_files_are_read(folder, stage):
    """Text and bytecode are one module, which comes back from both forms."""
    from_text = core.Module.parse_file(folder / f"{stage}.mlir")
    from_bytes = core.Module.parse_file(folder / f"{stage}.mlirbc")
    text = from_text.text()
    assert from_text.stage == from_bytes.stage == STAGES[stage]
    assert from_bytes.text() == text
    assert core.Module.parse(text).text() == text
    assert core.Module.parse(from_text.bytecode()).text() == text
    assert f"qopt.version = {CURRENT} : i64" in text


@pytest.mark.parametrize("form", ["mlir", "mlirbc"])
@pytest.mark.parametrize("folder, stage", CASES)
def test_old_files_give_the_same(folder, stage, form, tmp_path):
    x, y = expected(folder, stage)
    got = run(folder / f"{stage}.{form}", x, tmp_path)
    if stage in ("imported", "fused"):  # float: oneDNN's order of sums is the CPU's
        np.testing.assert_allclose(got, y, rtol=1e-4, atol=1e-5)
    else:
        assert np.array_equal(got, y)


@pytest.mark.parametrize("form", ["mlir", "mlirbc"])
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
@pytest.mark.parametrize("stage, result", [("calibrated", "converted"), ("qat", "qat")])
def test_old_files_can_be_gone_on_from(folder, stage, result, form, tmp_path):
    """Convert and compile today: the codes of then."""
    module = core.Module.parse_file(folder / f"{stage}.{form}")
    module.run("qopt-convert-pipeline")
    module.compile(str(tmp_path / "p.so"))
    x, y = expected(folder, result)
    assert np.array_equal(run(tmp_path / "p.so", x, tmp_path), y)


def newer_text(text):
    """A text of the next version, with syntax that only that one knows."""
    assert f"qopt.version = {CURRENT} : i64" in text
    return (text.replace(f"qopt.version = {CURRENT} : i64", f"qopt.version = {CURRENT + 1} : i64")
            .replace("nn.linear", "nn.linear2 <new>"))


def newer_bytecode(data):
    """Bytecode of the next version: that of a dialect is a section (number 7, length 1) that holds it."""
    def varint(value):
        return bytes([value * 2 + 1])
    section = bytes([7]) + varint(1)
    assert data.count(section + varint(CURRENT)) >= 2, "no versions of nn and qopt in the bytecode"
    return data.replace(section + varint(CURRENT), section + varint(CURRENT + 1))


def test_a_newer_version_is_refused(tmp_path):
    module = core.Module.parse_file(FOLDERS[-1] / "fused.mlir")
    (tmp_path / "new.mlir").write_text(newer_text(module.text()), encoding="utf-8")
    (tmp_path / "new.mlirbc").write_bytes(newer_bytecode(module.bytecode()))
    says = (f"IR version {CURRENT + 1} is newer than this qopt, which reads versions 1 to {CURRENT}; use the qopt that "
            "wrote the file, or make the file again from its model with this one")
    for name in ("new.mlir", "new.mlirbc"):
        with pytest.raises(core.Error) as caught:
            core.Module.parse_file(tmp_path / name)
        assert says in str(caught.value)
        with pytest.raises(driver.QoptError, match="is newer than this qopt"):
            driver.run("info", tmp_path / name)
    with pytest.raises(core.Error) as caught:
        core.Module.parse_file(tmp_path / "new.mlir")
    first = caught.value.diagnostics[0]
    line = next(i for i, text in enumerate(newer_text(module.text()).splitlines(), 1) if "qopt.version" in text)
    assert (first.file, first.line) == (str(tmp_path / "new.mlir"), line)


def test_text_without_a_version_is_taken_as_it_is():
    """What a host makes by itself need not say a version; what a comment says is none."""
    module = core.Module.parse("// qopt.version = 7 : i64\nmodule {\n}\n")
    assert "qopt.version" not in module.text()
    with pytest.raises(core.Error, match="IR version 0 does not exist; this qopt reads versions 1 to"):
        core.Module.parse("module attributes {qopt.version = 0 : i64} {\n}\n")
