"""Writes the files by which a version of the IR is remembered (test/Integration/test_versions.py):

    make.py FOLDER      with the qopt package of that version in PYTHONPATH

A small network at each stage, as text and as bytecode, and values.npz: an input `x` and what each
stage makes of it. Made once, when a version is raised (FOLDER is v<version> beside this file), and never again.
"""
import pathlib
import sys

import numpy as np

import qopt
from qopt import driver

core = qopt._core
STAGES = ["imported", "fused", "calibrated", "converted", "qat"]


def network(rng):
    """Residual, activations that clamp and that are tables, a cat, and both kinds of root."""
    build = core.Builder([("x", (None, 3, 8, 8))])

    def parameter(name, *shape, low=-0.5, high=0.5):
        return build.parameter(name, rng.uniform(low, high, shape).astype(np.float32))

    def conv(x, name, channels, made):
        x = build.op("nn.conv2d", [x, parameter(f"{name}.weight", made, channels, 3, 3)],
                     {"padding": [1, 1, 1, 1]}, name=name, layer=name)
        norm = [parameter(f"{name}_bn.{part}", made, low=0.5, high=1.5) for part in ("weight", "bias", "mean", "var")]
        return build.op("nn.batch_norm", [x, *norm], name=f"{name}_bn", layer=f"{name}_bn")

    y = build.op("nn.relu", [conv(0, "stem", 3, 4)], name="stem_out")
    z = build.op("nn.add", [conv(y, "block", 4, 4), y], name="sum")
    z = build.op("nn.relu6", [z], name="sum_out")
    w = build.op("nn.hard_swish", [conv(z, "tail", 4, 4)], name="swish")
    z = build.op("nn.cat", [z, w], {"axis": 1}, name="cat")
    z = build.op("nn.adaptive_avg_pool2d", [z], {"output_size": [1, 1]}, name="pool")
    z = build.op("nn.flatten", [z], {"axis": 1}, name="flat")
    z = build.op("nn.linear", [z, parameter("fc.weight", 3, 8), parameter("fc.bias", 3)], name="logits", layer="fc")
    return build.finish([("logits", z)])


def modules(x):
    """Stage -> module."""
    imported = network(np.random.default_rng(7))
    module = imported.clone()
    module.run("qopt-fuse-pipeline")
    made = {"imported": imported, "fused": module.clone()}
    module.configure('{"global": {"activation": {"observer": "min_max"}}}')
    module.run("qopt-prepare-pipeline")
    qopt.calibrate(module, [x])
    made["calibrated"] = module.clone()
    module.run("qopt-convert-pipeline")
    made["converted"] = module
    trained = imported.clone()
    trained.run("qopt-fuse-pipeline{train=true}")
    trained.configure('{"global": {"activation": {"observer": "min_max"}, "weight": {"learned": "scale"}}}')
    trained.run("qopt-prepare-qat-pipeline")
    qopt.calibrate(trained, [x])
    trained.run("qopt-settle-pipeline")
    made["qat"] = trained
    return made


def result(path, x, folder):
    """What `qopt run` makes of x."""
    np.savez(folder / "in.npz", x=x)
    driver.run("run", path, "--input", folder / "in.npz", "--output", folder / "out.npz")
    with np.load(folder / "out.npz") as outputs:
        value = outputs["logits"]
    (folder / "in.npz").unlink()
    (folder / "out.npz").unlink()
    return value


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    x = np.random.default_rng(8).normal(size=(16, 3, 8, 8)).astype(np.float32)
    values = {"x": x}
    for stage, module in modules(x).items():
        module.save(folder / f"{stage}.mlir")
        module.save(folder / f"{stage}.mlirbc")
        values[stage] = result(folder / f"{stage}.mlir", x, folder)
    np.savez_compressed(folder / "values.npz", **values)


if __name__ == "__main__":
    main()
