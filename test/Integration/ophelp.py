"""What the op tests ask of a model: stages made by the driver, comparisons, ONNX Runtime."""
import dataclasses
import json
import pathlib
import re

import numpy as np
import onnxruntime as ort

import opmodels
import oprandom
from qopt import driver

ROOT = pathlib.Path(__file__).resolve().parents[2]


@dataclasses.dataclass
class Made:
    """Everything that quantize and compile made of one model under one configuration."""
    files: object  # onnx, calib, test
    calibrated: pathlib.Path
    quantized: pathlib.Path
    program: pathlib.Path

    def compare(self, other, *options, isa=None):
        """Compares the f64 simulation with `other`; the driver's whole answer."""
        env = {"QRT_ISA": isa} if isa else {}
        done = driver.run("compare", self.calibrated, other, "--data", self.files.test, "--json",
                          *options, env=env, check=False)
        assert done.stdout.startswith("{"), done.stderr
        return json.loads(done.stdout)

    def info(self):
        return driver.run_json("info", self.quantized)["tensors"]


class Workshop:
    """Makes models in a folder, each once."""

    def __init__(self, folder):
        self.folder, self._files, self._made = folder, {}, {}

    def files(self, family, batch=None):
        """The ONNX model of a family with its data."""
        key = family, batch
        if key not in self._files:
            self._files[key] = opmodels.build(family, batch).save(self.folder)
        return self._files[key]

    def make(self, family, config=None, target=None, batch=None, fix_batch=None):
        """Quantizes and compiles; `config` is JSON, `fix_batch` an option of compile."""
        key = (family, json.dumps(config), target, batch, fix_batch)
        if key not in self._made:
            self._made[key] = self._quantize(self.files(family, batch), len(self._made), config,
                                             target, fix_batch)
        return self._made[key]

    def random(self, seed):
        """A random network under a configuration that the seed chooses."""
        net = oprandom.RandomNet(seed)
        return self._quantize(net.save(self.folder), seed, oprandom.config(seed), None, None)

    def _quantize(self, files, number, config, target, fix_batch):
        stem = self.folder / f"{files.onnx.stem}.{number}"
        options = ["--target", target] if target else []
        if config is not None:
            written = stem.with_suffix(f".{number}.json")
            written.write_text(json.dumps(config), encoding="utf-8")
            options += ["--config", written]
        stages = stem.with_name(stem.name + ".stages")
        quantized, program = stem.with_suffix(f".{number}.mlir"), stem.with_suffix(f".{number}.so")
        driver.quantize(files.onnx, files.calib, quantized, f"--dump-stages={stages}", *options)
        driver.compile(quantized, program, *(["--batch", fix_batch] if fix_batch else []))
        (calibrated,) = stages.glob("*_calibrate.mlir")
        return Made(files, calibrated, quantized, program)


def feed(path):
    """The arrays of an .npz file."""
    with np.load(path) as stored:
        return dict(stored)


def onnx_runtime(onnx, data):
    """{output: array} of ONNX Runtime, fed in the model's own batch size."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(str(onnx), options, providers=["CPUExecutionProvider"])
    arrays = feed(data)
    samples = len(next(iter(arrays.values())))
    batch = session.get_inputs()[0].shape[0]
    batch = batch if isinstance(batch, int) else samples
    assert samples % batch == 0, f"{samples} samples do not fill batches of {batch}"
    names = [o.name for o in session.get_outputs()]
    parts = [session.run(names, {n: a[i:i + batch] for n, a in arrays.items()})
             for i in range(0, samples, batch)]
    return {name: np.concatenate(p) for name, p in zip(names, zip(*parts))}


def float_differences(ours, reference, tolerance):
    """{output: worst difference by sample size} of those over the tolerance."""
    worst = {}
    for name, expected in reference.items():
        assert ours[name].shape == expected.shape, name
        rows = expected.reshape(len(expected), -1)
        size = np.maximum(np.abs(rows).max(1), 1.0)
        worst[name] = float((np.abs(ours[name].reshape(rows.shape) - rows).max(1) / size).max())
    return {name: value for name, value in worst.items() if not value <= tolerance}


def differing(answer):
    """{value: codes that differ} of a comparison, where any do."""
    return {t["name"]: t["codes_differ"] for t in answer["tensors"] if t["codes_differ"]}


def compared(answer):
    """Names of the values whose codes were compared."""
    return sorted(t["name"] for t in answer["tensors"] if t["codes_differ"] is not None)


def quantized_names(info):
    return sorted(t["name"] for t in info if t["quantized"])


def vocabulary():
    """Mnemonics of the nn dialect's ops, from its TableGen files."""
    text = "".join(p.read_text() for p in sorted((ROOT / "dialects/NN/ops").glob("*.td")))
    return set(re.findall(r'^def NN_\w+Op\b\s*:\s*\w+<\s*(?:NN_Dialect,\s*)?"(\w+)"', text, re.M))


def ops_in(module):
    """nn ops in a module's text, and the acts fused into them."""
    text = pathlib.Path(module).read_text()
    return set(re.findall(r"\bnn\.(\w+) %", text)), set(re.findall(r"\bact <(\w+)", text))
