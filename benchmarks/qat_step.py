#!/usr/bin/env python3
"""The training step of QAT beside PyTorch's own: forward, backward and optimizer, interleaved in one run.

    qat_step.py [--model resnet18] [--batch 32] [--size 32] [--threads 2] [--steps 6] [--json FILE]

Rows: the float step in PyTorch's default layout and in channels_last, torch.ao's FX QAT (its default
for x86), and qopt.torch.prepare_qat with its defaults: batch-norms updating, observers and fake-quants
on. Each figure is the least of --steps steps, after one to warm up. Needs torch and torchvision.
"""
import argparse
import copy
import json
import pathlib
import sys
import time
import warnings

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "python"), str(ROOT / "test" / "Integration")]

import models  # noqa: E402


def contenders(torch, model, x):
    """{name: (network in train mode, input)}."""
    import qopt.torch
    from torch.ao.quantization import get_default_qat_qconfig_mapping
    from torch.ao.quantization.quantize_fx import prepare_qat_fx
    last = torch.channels_last
    fx = prepare_qat_fx(copy.deepcopy(model).train(), get_default_qat_qconfig_mapping("x86"), (x,))
    return {"float": (copy.deepcopy(model).train(), x),
            "float, channels_last": (copy.deepcopy(model).to(memory_format=last).train(),
                                     x.to(memory_format=last)),
            "torch.ao FX QAT": (fx, x),
            "qopt QAT": (qopt.torch.prepare_qat(model, x), x)}


def measure(torch, nets, labels, steps):
    """{name: least milliseconds of a step}."""
    optimizers = {k: torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
                  for k, (net, _) in nets.items()}

    def step(name):
        net, x = nets[name]
        begin = time.perf_counter()
        optimizers[name].zero_grad()
        torch.nn.functional.cross_entropy(net(x), labels).backward()
        optimizers[name].step()
        return 1e3 * (time.perf_counter() - begin)

    for name in nets:
        step(name)
    taken = [{name: step(name) for name in nets} for _ in range(steps)]
    return {name: min(t[name] for t in taken) for name in nets}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="resnet18")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--size", type=int, default=32)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--json", help="also write the figures to this file")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    try:
        torch, zoo = models.torch_or_missing(), models.torchvision_models()
    except models.Missing as reason:
        raise SystemExit(f"qat_step: {reason}") from reason
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    x = torch.randn(options.batch, 3, options.size, options.size)
    labels = torch.randint(0, 10, (options.batch,))
    model = getattr(zoo, options.model)(num_classes=10)
    figures = measure(torch, contenders(torch, model, x), labels, options.steps)
    print(f"{options.model}, batch {options.batch}, {options.size}x{options.size}, "
          f"{options.threads} threads")
    for name, ms in figures.items():
        print(f"{name:22} {ms:8.1f} ms  {ms / figures['float']:.2f}x")
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
