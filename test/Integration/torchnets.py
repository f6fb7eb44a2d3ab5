"""Small torch networks for the tests of qopt.torch, and what they have in common."""
import types

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn


class Mixed(nn.Module):
    """A residual block and what else quantizes in a way of its own: cat, mul, scalars, an average pool,
    hard-swish, a strided conv, dropout, two outputs in a dict."""

    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8)
        self.conv2, self.bn2 = nn.Conv2d(8, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8)
        self.hs = nn.Hardswish()
        self.down, self.bn3 = nn.Conv2d(16, 12, 3, 2, 1, bias=False), nn.BatchNorm2d(12)
        self.pool = nn.AvgPool2d(2)
        self.drop = nn.Dropout(0.25)
        self.fc = nn.Linear(12, 10)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = F.relu(self.bn2(self.conv2(x)) + x)
        y = self.hs(x) * x
        x = torch.cat([x, y * -0.5 + 0.25], 1)
        x = self.pool(F.relu6(self.bn3(self.down(x))))
        x = self.drop(x.mean((2, 3)))
        return {"logits": self.fc(x), "features": torch.sigmoid(x)}


class Plain(nn.Module):
    """Convolutions without batch-norm and a classifier: codes are exact in training, too."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 6, 3), nn.ReLU(), nn.MaxPool2d(2),
                                  nn.Conv2d(6, 8, 3, groups=2), nn.SiLU())
        self.fc = nn.Linear(8, 10)

    def forward(self, x):
        return self.fc(F.adaptive_avg_pool2d(self.body(x), 1).flatten(1))


def batches(count=3, size=8, pixels=16, seed=1):
    generator = torch.Generator().manual_seed(seed)
    return [(torch.randn(size, 3, pixels, pixels, generator=generator),
             torch.randint(0, 10, (size,), generator=generator)) for _ in range(count)]


def logits(output):
    return output["logits"] if isinstance(output, dict) else output


def train(prepared, data, lr=0.01):
    """A few steps of SGD; the losses."""
    optimizer = torch.optim.SGD(prepared.parameters(), lr=lr, momentum=0.9)
    losses = []
    for x, y in data:
        optimizer.zero_grad()
        loss = F.cross_entropy(logits(prepared(x)), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def differing(prepared, program, x):
    """(codes that differ, codes compared, tensors compared) between a prepared module as it is, in its
    mode, and a program."""
    with torch.no_grad():
        values = prepared.values(x)
    told = {name: (codes, scale, zero) for name, codes, scale, zero in
            program.program.tensors({program.names[0]: x.numpy()})}
    wrong = compared = tensors = 0
    for name, value, quantizer in values:
        if quantizer is None or name not in told:
            continue
        scale, zero = (p.detach() for p in quantizer.grid())
        codes, told_scale, told_zero = told[name]
        assert told_scale == float(scale) and told_zero == int(zero), name
        own = torch.round(value.double() / scale.double()).long().numpy() + int(zero)
        wrong += int((own != codes.astype(np.int64)).sum())
        compared, tensors = compared + codes.size, tensors + 1
    return types.SimpleNamespace(codes=wrong, of=compared, tensors=tensors)
