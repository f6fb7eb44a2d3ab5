"""A module prepared for training: trained parameters go in, and the simulation, the converted module
and the program agree in every code."""
import json

import numpy as np
import pytest

import qopt
from qopt import driver

try:
    core = qopt._core
except ImportError as error:
    pytest.skip(str(error), allow_module_level=True)

SPECS = {
    "default": {},
    "s8 activations, per-tensor weights": {
        "activation": {"dtype": "s8", "scheme": "symmetric", "observer": "min_max"},
        "weight": {"granularity": "per_tensor"}},
    "learned, 4 bits": {
        "activation": {"dtype": "u4", "observer": "min_max", "learned": "scale_and_zero_point"},
        "weight": {"dtype": "s4", "learned": "scale", "grad_scale": "torch"}},
}


class Net:
    """Roots with batch_norm, residuals, and what else meets them; random but repeatable."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.build = core.Builder([("x", (None, 3, 12, 12))])

    def parameter(self, name, shape, low=-0.4, high=0.4):
        return self.build.parameter(name, self.rng.uniform(low, high, shape).astype(np.float32))

    def batch_norm(self, x, name, channels):
        stats = [self.parameter(f"{name}.{part}", channels, *bounds) for part, bounds in
                 (("weight", (-1.5, 1.5)), ("bias", (-1, 1)), ("running_mean", (-0.5, 0.5)),
                  ("running_var", (0.2, 2)))]
        return self.build.op("nn.batch_norm", [x, *stats], {"eps": 1e-3}, name=name, layer=name)

    def conv(self, x, name, channels, bias=False, **attrs):
        made = self.build.shape(x)[1] // attrs.get("groups", 1)
        weight = self.parameter(f"{name}.weight", (channels, made, 3, 3))
        given = self.parameter(f"{name}.bias", channels) if bias else None
        x = self.build.op("nn.conv2d", [x, weight, given],
                          {"padding": [1] * 4, "stride": [1, 1], **attrs}, name=name, layer=name)
        return self.batch_norm(x, f"{name}_bn", channels)

    def op(self, kind, operands, name, **attrs):
        return self.build.op(f"nn.{kind}", operands, attrs, name=name)

    def finish(self):
        x = self.op("relu", [self.conv(0, "stem", 8)], "stem_out")
        y = self.op("relu", [self.conv(x, "block1", 8, bias=True)], "block1_out")
        y = self.op("add", [self.conv(y, "block2", 8), x], "sum")
        y = self.op("relu", [y], "sum_out")
        z = self.op("hard_swish", [self.conv(y, "depthwise", 8, groups=8)], "swish")
        z = self.op("mul_scalar", [z], "half", scalar=0.5)
        y = self.op("cat", [y, z], "cat", axis=1)
        up = self.parameter("up.weight", (16, 3, 2, 2))
        y = self.build.op("nn.conv_transpose2d", [y, up], {"stride": [2, 2], "groups": 2},
                          name="up", layer="up")
        y = self.op("relu6", [self.batch_norm(y, "up_bn", 6)], "up_out")
        y = self.op("avg_pool2d", [y], "pool", kernel=[4, 4], stride=[4, 4])
        y = self.op("flatten", [y], "flat", axis=1)
        fc = self.parameter("fc.weight", (10, 216))
        y = self.build.op("nn.linear", [y, fc], name="fc", layer="fc")
        return self.build.finish([("logits", y)])


def samples(count, seed=5):
    return np.random.default_rng(seed).normal(0, 1, (count, 3, 12, 12)).astype(np.float32)


def trained(spec, seed=1):
    """Prepared for training, calibrated, and then changed as training would."""
    module = Net(seed).finish()
    module.run("qopt-fuse-pipeline{train=true}")
    module.configure(json.dumps({"global": spec}))
    module.run("qopt-prepare-qat-pipeline")
    qopt.calibrate(module, [samples(16)])
    rng = np.random.default_rng(seed + 1)
    for op in module.graph()["ops"]:
        if op["op"] == "nn.parameter" and not op["attrs"]["name"].endswith("running_var"):
            data = module.data(op["attrs"]["name"])
            step = rng.normal(0, 0.05, data.shape).astype(np.float32)
            module.set_data(op["attrs"]["name"], data + step)
    for symbol, q in module.graph()["qparams"].items():
        scales = np.float32(q["scales"]) * rng.uniform(0.7, 1.2, len(q["scales"]))
        moves = q["scheme"] == "affine" and not q["derived_from"]
        zero = [int(np.clip(z + moves * rng.integers(-2, 3), q["qmin"], q["qmax"]))
                for z in q["zero_points"]]
        module.set_qparams(symbol, [float(s) for s in np.float32(scales)], zero)
    return module


@pytest.mark.parametrize("spec", SPECS, ids=str)
def test_simulation_module_and_program_agree(spec, tmp_path):
    module = trained(SPECS[spec])
    module.run("train-freeze-batch-norm, train-set-points{observer=off}, qopt-settle-pipeline")
    assert module.stage == "calibrated"
    module.save(tmp_path / "trained.mlir")
    module.run("qopt-convert-pipeline{fail-on-float=all}")
    module.save(tmp_path / "int.mlir")
    module.compile(str(tmp_path / "net.so"))
    np.savez(tmp_path / "x.npz", x=np.concatenate([samples(8, 9), samples(4, 10) * 20]))
    for a, b in (("trained.mlir", "int.mlir"), ("int.mlir", "net.so")):
        tensors = driver.compare(tmp_path / a, tmp_path / b, tmp_path / "x.npz")
        assert {t["codes_differ"] for t in tensors} == {0}
        assert len(tensors) == 12
    program = qopt.Program(tmp_path / "net.so")
    assert len(np.unique(program(samples(32)))) > 8  # of 16 codes where they have 4 bits


def test_folds_in_a_float_run_equal_folded_weights(tmp_path):
    x = tmp_path / "x.npz"
    np.savez(x, x=samples(6))
    outputs = []
    for name, fuse in (("plain", "qopt-fuse-pipeline"), ("train", "qopt-fuse-pipeline{train=true}")):
        module = Net(3).finish()
        module.run(fuse)
        module.save(tmp_path / f"{name}.mlir")
        driver.run("run", tmp_path / f"{name}.mlir", "--input", x, "--output", tmp_path / name)
        with np.load(tmp_path / name) as file:
            outputs.append(file["logits"])
    np.testing.assert_array_equal(outputs[0], outputs[1])


def test_observers_and_folds_start_like_calibration():
    """Before a step of training the scales are those of the float network with folded weights."""
    scales = []
    for fuse, prepare in (("qopt-fuse-pipeline", "qopt-prepare-pipeline"),
                          ("qopt-fuse-pipeline{train=true}", "qopt-prepare-qat-pipeline")):
        module = Net(4).finish()
        module.run(fuse)
        module.configure()
        module.run(prepare)
        qopt.calibrate(module, [samples(8)])
        scales.append({name: q["scales"] for name, q in module.graph()["qparams"].items()})
    assert scales[0] == scales[1]


def test_the_graph_tells_what_is_trained():
    module = trained(SPECS["learned, 4 bits"])
    module.run("train-freeze-batch-norm{names=stem}, train-set-points{names=x observer=off}")
    graph = module.graph()
    folds = [op for op in graph["ops"] if op["op"] == "qopt.fold_batch_norm"]
    assert [op["attrs"]["policy"] for op in folds] == ["freeze"] + ["update"] * 4
    assert folds[0]["roles"] == ["weight", "gamma", "beta", "mean", "var"]
    assert folds[1]["roles"] == ["weight", "bias", "gamma", "beta", "mean", "var"]
    q = graph["qparams"]
    assert q["x"]["observer_enabled"] is False and q["stem_out"]["observer_enabled"] is True
    assert q["stem.weight"]["learned"] == {"zero_point": False, "grad_scale": "torch"}
    assert q["stem_out"]["learned"] == {"zero_point": True, "grad_scale": "lsq"}
    assert q["half"]["derived_from"] == "swish" and q["half"]["learned"] is None


def test_wide_codes_exist_in_simulation_only(tmp_path):
    module = trained({"activation": {"dtype": "s16", "observer": "min_max"},
                      "weight": {"dtype": "s12"}})
    module.run("qopt-settle-pipeline")
    module.save(tmp_path / "wide.mlir")
    np.savez(tmp_path / "x.npz", x=samples(4))
    driver.run("run", tmp_path / "wide.mlir", "--input", tmp_path / "x.npz", "--output",
               tmp_path / "y.npz")
    with pytest.raises(core.Error, match="'cat': observer @cat asks for 16 bits, which exist only in simulation"):
        module.run("qopt-convert-pipeline")
