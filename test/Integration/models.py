#!/usr/bin/env python3
"""Makes the float networks and data that the integration tests and benchmarks run on.

    models.py [NAME ...] [--size 64] [--out build/models] [--list]

For each NAME: NAME.onnx (opset 17, free batch, batch-norms unfused), NAME.calib.npz and
NAME.test.npz (arrays x, and y where there are labels). What is there already and newer than
this file is kept. Needs torch; the torchvision nets need torchvision, ResNet20 the folder of
real data (QOPT_TEST_DATA, default ../shared/data beside the source tree).
Nets with random weights serve for structure, speed and equality of codes, not for accuracy.
"""
import argparse
import importlib
import os
import pathlib
import sys
import types

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "python"))

from qopt import digits  # noqa: E402  (after the path that finds it)


class Missing(Exception):
    """What a model needs is not on this machine; the message says what."""


def data_folder():
    """The folder of real data and models, or Missing."""
    folder = pathlib.Path(os.environ.get("QOPT_TEST_DATA", ROOT / ".." / "shared" / "data"))
    if not (folder / "cifar10.py").exists():
        raise Missing("no real data: set QOPT_TEST_DATA to the folder that holds cifar10.py")
    return folder.resolve()


def torch_or_missing():
    try:
        return importlib.import_module("torch")
    except ImportError as error:
        raise Missing(f"PyTorch is not installed ({error})") from error


def torchvision_models():
    """torchvision.models also where torchvision was built for another torch.

    Its operators for meta tensors are registered on import and need compiled code that a CPU
    build of torch does not match; the models do without both.
    """
    torch_or_missing()
    name = "torchvision._meta_registrations"
    sys.modules.setdefault(name, types.ModuleType(name))
    try:
        return importlib.import_module("torchvision").models
    except (ImportError, RuntimeError) as error:
        raise Missing(f"torchvision is not installed ({error})") from error


def fields(rng, count, channels, size):
    """Smooth random images (count, channels, size, size), about unit variance.

    Sums of blurred noise at four scales: neighbouring pixels agree as in photographs, so that
    activations spread over their range instead of cancelling out.
    """
    x = np.zeros((count, channels, size, size), np.float32)
    for cells in (2, 4, 8, 16):
        coarse = rng.standard_normal((count, channels, cells, cells)).astype(np.float32)
        x += stretch(coarse, size) * rng.uniform(0.3, 1.2, (count, channels, 1, 1)).astype(np.float32)
    x += 0.1 * rng.standard_normal(x.shape).astype(np.float32)
    return x + rng.normal(0, 0.5, (count, channels, 1, 1)).astype(np.float32)


def stretch(coarse, size):
    """Bilinear enlargement of the last two axes to size x size."""
    for axis in (2, 3):
        n = coarse.shape[axis]
        at = np.clip((np.arange(size) + 0.5) * n / size - 0.5, 0, n - 1)
        low = np.floor(at).astype(int)
        high = np.minimum(low + 1, n - 1)
        shape = [1] * 4
        shape[axis] = size
        part = (at - low).astype(np.float32).reshape(shape)
        coarse = np.take(coarse, low, axis) * (1 - part) + np.take(coarse, high, axis) * part
    return coarse


def with_extremes(x):
    """Adds the samples that break careless code: zero, constant, and far out of range."""
    largest = float(np.abs(x).max())
    board = np.indices(x.shape[2:] if x.ndim == 4 else x.shape[1:]).sum(0) % 2 * 2.0 - 1.0
    one = np.ones_like(x[:1])
    extremes = [0 * one, largest * one, -largest * one, 4 * largest * board * one, 1e-6 * one]
    return np.concatenate([x, *extremes]).astype(np.float32)


def random_net(model, size, channels=3, calib=32, test=11):
    """Gives a network with random weights batch statistics from four train-mode batches.

    The average over the four is kept (momentum None), so that activations are normalised as
    in a trained net. Returns (model, calibration arrays, test arrays) on images, or with
    size 0 on rows of `channels` numbers.
    """
    torch = torch_or_missing()
    rng = np.random.default_rng(0)
    norms = [m for m in model.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
    draw = fields if size else lambda rng, count, width, _: rng.standard_normal(
        (count, width), dtype=np.float32)
    with torch.no_grad():
        for _ in range(4 if norms else 0):
            model.train()(torch.from_numpy(draw(rng, 8, channels, size)))
    x = draw(rng, calib, channels, size)
    return model.eval(), {"x": x}, {"x": with_extremes(draw(rng, test, channels, size))}


def five_op(size):
    """The smallest net with every kind of step: conv + batch-norm + relu, add, pool, linear."""
    nn = torch_or_missing().nn

    class FiveOp(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1 = nn.Conv2d(3, 8, 3, padding=1, bias=False)
            self.bn1 = nn.BatchNorm2d(8)
            self.conv2 = nn.Conv2d(8, 8, 3, padding=1)
            self.pool = nn.MaxPool2d(2)
            self.linear = nn.Linear(8 * 8 * 8, 10)

        def forward(self, x):
            x = nn.functional.relu(self.bn1(self.conv1(x)))
            return self.linear(self.pool(x + self.conv2(x)).flatten(1))

    return random_net(FiveOp(), 16)


def trained_digits(size):
    x, _, x_test, y_test = digits.load()
    return digits.train(), {"x": x[:512]}, {"x": x_test, "y": y_test}


def cifar_resnet20(size):
    """ResNet20 with its trained weights; calibrated on training images, judged on test ones."""
    torch_or_missing()
    sys.path.insert(0, str(data_folder()))
    try:
        cifar10 = importlib.import_module("cifar10")
        x, _ = cifar10.load("train", 512)
        x_test, y_test = cifar10.load("test")
        return cifar10.resnet(20), {"x": x}, {"x": x_test, "y": y_test}
    finally:
        sys.path.pop(0)


def torchvision_net(name):
    return lambda: getattr(torchvision_models(), name)(weights=None)


def resnet18_cifar():
    """ResNet18 as the CIFAR literature has it: 3x3 stem of stride 1, no max pool, 10 classes."""
    nn = torch_or_missing().nn
    model = torchvision_net("resnet18")()
    model.conv1 = nn.Conv2d(3, 64, 3, padding=1, bias=False)
    model.maxpool = nn.Identity()
    model.fc = nn.Linear(512, 10)
    return model


def mlp():
    """784-512-512-10."""
    nn = torch_or_missing().nn
    return nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(),
                         nn.Linear(512, 10))


# Nets of random weights: (structure, channels, size of a sample; None: as asked, 0: a row).
STRUCTURES = {
    "mobilenet_v2": (torchvision_net("mobilenet_v2"), 3, None),
    "resnet18": (torchvision_net("resnet18"), 3, None),
    "resnet50": (torchvision_net("resnet50"), 3, None),
    "squeezenet": (torchvision_net("squeezenet1_1"), 3, None),
    "resnet18_cifar": (resnet18_cifar, 3, 32),
    "mlp": (mlp, 784, 0),
}


def random_weights(name):
    def make_net(size):
        structure, channels, fixed = STRUCTURES[name]
        torch_or_missing().manual_seed(0)
        return random_net(structure(), size if fixed is None else fixed, channels)
    return make_net


MODELS = {
    "fiveop": five_op,
    "digits": trained_digits,
    "resnet20": cifar_resnet20,
    **{name: random_weights(name) for name in STRUCTURES},
}
SIZED = {name for name, (_, _, size) in STRUCTURES.items() if size is None}


def stem(name, size):
    """File stem of a model: sized nets carry their size."""
    return f"{name}_{size}" if name in SIZED else name


def make(name, size=64, out=ROOT / "build" / "models"):
    """Makes one model unless it is there; returns (onnx, calibration npz, test npz)."""
    out = pathlib.Path(out)
    base = out / stem(name, size)
    onnx, calib, test = (base.with_name(base.name + s) for s in (".onnx", ".calib.npz", ".test.npz"))
    newest = max(pathlib.Path(f).stat().st_mtime for f in (__file__, digits.__file__))
    if all(f.exists() and f.stat().st_mtime >= newest for f in (onnx, calib, test)):
        return onnx, calib, test
    torch = torch_or_missing()
    torch.manual_seed(0)
    model, calib_arrays, test_arrays = MODELS[name](size)
    out.mkdir(parents=True, exist_ok=True)
    np.savez(calib, **calib_arrays)
    np.savez(test, **test_arrays)
    if name in STRUCTURES:
        torch.save(model.state_dict(), base.with_name(base.name + ".pt"))
    digits.export(model, calib_arrays["x"][:2], onnx)
    return onnx, calib, test


def torch_model(name, size=64, out=ROOT / "build" / "models"):
    """The torch module of a net of STRUCTURES, with the very weights of its ONNX."""
    torch = torch_or_missing()
    if name not in STRUCTURES:
        raise Missing(f"{name} is kept as ONNX only")
    onnx = make(name, size, out)[0]
    model = STRUCTURES[name][0]()
    model.load_state_dict(torch.load(onnx.with_suffix(".pt"), weights_only=True))
    return model.eval()


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(MODELS)}; default all")
    parser.add_argument("--size", type=int, default=64, help="input size of the torchvision nets")
    parser.add_argument("--out", default=ROOT / "build" / "models")
    parser.add_argument("--list", action="store_true", help="print the names and stop")
    options = parser.parse_args()
    unknown = [n for n in options.names if n not in MODELS]
    if unknown:
        parser.error(f"no model named {', '.join(unknown)}; there are {', '.join(MODELS)}")
    if options.list:
        print("\n".join(MODELS))
        return
    for name in options.names or MODELS:
        try:
            print(f"{name}: {make(name, options.size, options.out)[0]}", flush=True)
        except Missing as reason:
            print(f"{name}: skipped, {reason}", flush=True)


if __name__ == "__main__":
    main()
