#!/usr/bin/env python3
"""ResNet20 on CIFAR-10 at few bits: LSQ from the pretrained float weights.

    lsq_resnet20.py --data FOLDER [--bits 4] [--epochs 3] [--samples 50000] [--rate 0.01] [--threads 2]

FOLDER holds cifar10.py with its images and weights. First and last layer have 8 bits. Scales start where
the native mse search puts them and are learned; at 8 bits (--bits 8) they follow a moving average. Prints the
accuracy of the int8 program on all test images before training and after each epoch.
"""
import argparse
import importlib.util
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from qat_resnet18 import accuracy, augmented, normalized  # noqa: E402

import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402

import qopt.torch  # noqa: E402


def configuration(bits):
    """`bits` everywhere but in the first and the last layer."""
    observer = "mse" if bits < 8 else "moving_average_min_max"
    kind = lambda n: {"activation": {"dtype": f"u{n}", "observer": observer},
                      "weight": {"dtype": f"s{n}"}}
    return {"global": kind(bits), "module_name": {"conv1": kind(8), "linear": kind(8)}}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--bits", type=int, default=4)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--samples", type=int, default=50000, help="images of an epoch")
    parser.add_argument("--rate", type=float, default=0.01)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    if not (options.data / "cifar10.py").exists():
        raise SystemExit(f"lsq_resnet20: {options.data} holds no cifar10.py")
    torch.manual_seed(0)
    torch.set_num_threads(options.threads)
    spec = importlib.util.spec_from_file_location("cifar10", options.data / "cifar10.py")
    cifar10 = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(cifar10)
    x, y, x_test, y_test = (torch.from_numpy(a) for split in ("train", "test")
                            for a in cifar10.load_u8(split))
    example = normalized(x[:2])
    prepared = qopt.torch.prepare_qat(cifar10.resnet(20), example, configuration(options.bits),
                                      learn="scale" if options.bits < 8 else None)
    qopt.torch.calibrate(prepared, normalized(x[:1024]).split(128))

    def report():
        right = accuracy(qopt.torch.convert(prepared, example), x_test, y_test)
        print(f"int8 program: {100 * right:.2f} %", flush=True)

    report()
    points = [p for n, p in prepared.named_parameters() if n.startswith("qopt_points")]
    others = [p for n, p in prepared.named_parameters() if not n.startswith("qopt_points")]
    groups = [{"params": others, "weight_decay": 1e-4}, {"params": points, "weight_decay": 0.0}]
    optimizer = torch.optim.SGD([g for g in groups if g["params"]], lr=options.rate, momentum=0.9,
                                nesterov=True)
    steps = min(options.samples, len(x)) // options.batch
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, options.epochs * steps)
    for epoch in range(options.epochs):
        prepared.train()
        order, total = torch.randperm(len(x)), 0.0
        for step in range(steps):
            picked = order[step * options.batch:(step + 1) * options.batch]
            loss = F.cross_entropy(prepared(normalized(augmented(x[picked]))), y[picked])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        print(f"epoch {epoch + 1}: loss {total / steps:.4f}, ", end="")
        report()


if __name__ == "__main__":
    main()
