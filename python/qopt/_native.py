"""Finds the native module qopt._core: in the package's folder where it was installed, else in
the build that belongs to the driver in use (QOPT_BIN), else in build/release or build/dev."""
import importlib.util
import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]


def folders():
    """Folders where a build puts qopt/_core*.so, the best first."""
    named = os.environ.get("QOPT_BIN")
    builds = [pathlib.Path(named).resolve().parents[1]] if named else []
    builds += [ROOT / "build" / preset for preset in ("release", "dev")]
    return [build / "python" / "qopt" for build in builds]


def extend(path):
    """Adds the build's folder to the package's path, unless the module lies beside this file."""
    here = pathlib.Path(__file__).parent
    if any(here.glob("_core*.so")):
        return
    for folder in folders():
        if any(folder.glob("_core*.so")):
            path.append(str(folder))
            return


def missing(error):
    """What to say when `import qopt._core` failed."""
    text = str(error)
    if "shared object file" in text:
        return ("qopt._core needs shared libraries that this system does not have: LLVM and MLIR "
                "22 (libMLIR.so.22.1, libLLVM.so.22.1), oneDNN, libzip, protobuf. Debian: apt "
                f"install libmlir-22 libdnnl2 libzip4 libprotobuf32. The loader says: {text}")
    if importlib.util.find_spec("qopt._core") is None:
        return ("the native module qopt._core is not built; run scripts/build.sh (with nanobind, "
                "which scripts/setup.sh installs), or pip install .")
    return f"the native module qopt._core cannot be loaded: {text}"
