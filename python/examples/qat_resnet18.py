#!/usr/bin/env python3
"""The classic workflow with ResNet18 on CIFAR-10: train float, prepare QAT, train, convert, save, compare.

    qat_resnet18.py --data FOLDER [--epochs 10] [--float-epochs 20] [--quick] [--out build/qat_resnet18]

FOLDER holds cifar10.py, or cifar10.npz with x (N, 3, 32, 32) u8, y and x_test, y_test. --quick takes a few
hundred images and one epoch: to see that everything runs, not for accuracy. The float weights are kept in
--out and taken from there the next time (--retrain: not).

Steps as users know them: 1 train float; 2 fuse, and check that the fused network computes the same
(relative 1e-3); 3 static quantization for comparison; 4 prepare QAT, train, freeze batch-norms for the
last epoch, convert; 5 save, load, compare. No stubs, no rewriting: the model is torchvision's.
"""
import argparse
import copy
import importlib.util
import pathlib
import sys
import time
import types
import warnings

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
if importlib.util.find_spec("qopt") is None:
    sys.path.insert(0, str(ROOT / "python"))

import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402

import qopt  # noqa: E402
import qopt.torch  # noqa: E402

MEAN = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
STD = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
QUICK = 160


def resnet18():
    """torchvision's, 10 classes; also where torchvision was built for another torch."""
    name = "torchvision._meta_registrations"
    sys.modules.setdefault(name, types.ModuleType(name))
    from torchvision.models import resnet18 as make
    return make(num_classes=10)


def load(folder, quick):
    """(x, y, x_test, y_test) as u8 images and labels."""
    folder = pathlib.Path(folder)
    count = QUICK if quick else None
    if (folder / "cifar10.npz").exists():
        with np.load(folder / "cifar10.npz") as file:
            arrays = [file[k] for k in ("x", "y", "x_test", "y_test")]
    elif (folder / "cifar10.py").exists():
        spec = importlib.util.spec_from_file_location("cifar10", folder / "cifar10.py")
        reader = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(reader)
        arrays = [*reader.load_u8("train", count), *reader.load_u8("test", count)]
    else:
        raise SystemExit(f"qat_resnet18: {folder} holds neither cifar10.npz nor cifar10.py")
    return [torch.from_numpy(np.ascontiguousarray(a[:count])) for a in arrays]


def normalized(images):
    return (images.float() / 255 - MEAN) / STD


def augmented(images):
    """Random crops of the padded images, half of them mirrored."""
    padded = F.pad(images, (4, 4, 4, 4))
    out = torch.empty_like(images)
    for i, (dy, dx, flip) in enumerate(zip(*(torch.randint(0, n, (len(images),)).tolist()
                                             for n in (9, 9, 2)))):
        crop = padded[i, :, dy:dy + 32, dx:dx + 32]
        out[i] = crop.flip(-1) if flip else crop
    return out


def train(net, x, y, epochs, rate, batch, late=None):
    """SGD with a cosine; `late(net)` is called before the last epoch."""
    optimizer = torch.optim.SGD(net.parameters(), lr=rate, momentum=0.9, weight_decay=1e-4)
    steps = max(len(x) // batch, 1)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs * steps)
    for epoch in range(epochs):
        net.train()
        if late and epoch == epochs - 1:
            late(net)
        order, total, begin = torch.randperm(len(x)), 0.0, time.monotonic()
        for step in range(steps):
            picked = order[step * batch:(step + 1) * batch]
            loss = F.cross_entropy(net(normalized(augmented(x[picked]))), y[picked])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        print(f"  epoch {epoch + 1} of {epochs}: loss {total / steps:.3f}, "
              f"{time.monotonic() - begin:.0f} s", file=sys.stderr)


def accuracy(net, x, y):
    """Share of the test images that a callable gets right."""
    if isinstance(net, torch.nn.Module):
        net.eval()
    with torch.no_grad():
        right = [(torch.as_tensor(net(normalized(x[i:i + 250]))).argmax(1) == y[i:i + 250]).sum()
                 for i in range(0, len(x), 250)]
    return int(sum(right)) / len(x)


def latency(call, x, seconds):
    """Least milliseconds of a call on one sample."""
    best, end = 1e9, time.perf_counter() + seconds
    with torch.no_grad():
        while time.perf_counter() < end:
            begin = time.perf_counter()
            call(x)
            best = min(best, time.perf_counter() - begin)
    return 1e3 * best


def check_fused(model, prepared):
    """The fused network with its fake-quants off computes what the float network does."""
    qopt.torch.disable_fake_quant(prepared)
    x = torch.randn(100, 3, 32, 32)
    with torch.no_grad():
        wanted, got = model.eval()(x), prepared.eval()(x)
    qopt.torch.enable_fake_quant(prepared)
    error = float((wanted - got).abs().max() / wanted.abs().max())
    if error > 1e-3:
        raise SystemExit(f"qat_resnet18: fused and unfused differ by {error:.2g} of the range, expected "
                         "at most 1e-3")
    return error


def fx_int8(model, x):
    """PyTorch's own FX int8 network, statically quantized, and its TorchScript form; None where this
    PyTorch has none any more."""
    try:
        from torch.ao.quantization import get_default_qconfig_mapping
        from torch.ao.quantization.quantize_fx import convert_fx, prepare_fx
    except ImportError:
        return None, None
    prepared = prepare_fx(copy.deepcopy(model).eval(), get_default_qconfig_mapping("x86"), (x[:1],))
    with torch.no_grad():
        prepared(x)
    fx = convert_fx(prepared)
    try:
        return fx, torch.jit.freeze(torch.jit.trace(fx, x[:1]).eval())
    except RuntimeError:
        return fx, None


def table(rows):
    width = max(len(r[0]) for r in rows)
    return "\n".join(f"{name:{width}}  {value:>9}  {note}".rstrip() for name, value, note in rows)


def run(options):
    torch.manual_seed(0)
    torch.set_num_threads(options.threads)
    options.out.mkdir(parents=True, exist_ok=True)
    x, y, x_test, y_test = load(options.data, options.quick)
    epochs, float_epochs = (1, 1) if options.quick else (options.epochs, options.float_epochs)
    model, weights = resnet18(), options.out / f"float{'.quick' if options.quick else ''}.pt"
    if weights.exists() and not options.retrain:
        model.load_state_dict(torch.load(weights))
    else:
        print("training float", file=sys.stderr)
        train(model, x, y, float_epochs, 0.1 if not options.quick else 0.02, options.batch)
        torch.save(model.state_dict(), weights)
    example, calibration = normalized(x[:1]), normalized(x[:256])
    static = qopt.torch.prepare(model, example)
    fused_error = check_fused(model, static)
    qopt.torch.calibrate(static, calibration.split(64))
    static_program = qopt.torch.convert(static, example, threads=1)

    print("training with quantization", file=sys.stderr)
    prepared = qopt.torch.prepare_qat(model, example)
    train(prepared, x, y, epochs, 1e-3, options.batch,
          late=qopt.torch.freeze_bn if epochs > 1 else None)
    program = qopt.torch.convert(prepared.eval(), example, threads=1)
    path = options.out / "resnet18_int8.so"
    program.save(path)
    loaded = qopt.load(path)

    few = normalized(x_test[:16])
    with torch.no_grad():
        simulated = prepared(few)
    differ = int((simulated != torch.from_numpy(loaded(few.numpy()))).sum())
    fx, script = fx_int8(model, calibration)
    torch.set_num_threads(1)
    rows = [("fused against unfused", f"{fused_error:.1e}", "relative, at most 1e-3"),
            ("accuracy, float", f"{accuracy(model, x_test, y_test):.4f}", ""),
            ("accuracy, int8 (PTQ)", f"{accuracy(static_program, x_test, y_test):.4f}", ""),
            ("accuracy, int8 (QAT)", f"{accuracy(program, x_test, y_test):.4f}", "the saved program"),
            ("outputs that differ", str(differ), "simulation and loaded program, 16 images"),
            ("latency, PyTorch float", f"{latency(model.eval(), example, options.seconds):.3f} ms",
             "1x3x32x32, 1 thread"),
            *[(f"latency, {name}", f"{latency(net, example, options.seconds):.3f} ms", "")
              for name, net in (("PyTorch FX int8", fx), ("TorchScript int8", script)) if net],
            ("latency, qopt int8", f"{latency(loaded, example.numpy(), options.seconds):.3f} ms",
             loaded.isa)]
    print(table(rows))
    return 1 if differ else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="folder with CIFAR-10")
    parser.add_argument("--epochs", type=int, default=10, help="of QAT")
    parser.add_argument("--float-epochs", type=int, default=20, help="of float training")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--threads", type=int, default=2, help="of the training")
    parser.add_argument("--seconds", type=float, default=1.0, help="of each latency measurement")
    parser.add_argument("--quick", action="store_true", help="a few hundred images, one epoch")
    parser.add_argument("--retrain", action="store_true", help="do not take kept float weights")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "build" / "qat_resnet18")
    options = parser.parse_args()
    if options.quick:
        options.batch, options.seconds = 32, min(options.seconds, 0.1)
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    return run(options)


if __name__ == "__main__":
    sys.exit(main())
