"""Handwritten digits: the demo's data, its small residual network and its training.

The data are the 1,797 8x8 images that scikit-learn carries. The network has what a real one
has: convolutions with batch-norm and ReLU, a residual add, a strided shortcut, a pool, a
linear layer.
"""
import contextlib
import io
import pathlib
import warnings

import numpy as np

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"
TEST_IMAGES = 540  # the rest trains and calibrates


def load():
    """(x_train, y_train, x_test, y_test): x f32 (N, 1, 8, 8) in [0, 1], y i64."""
    try:
        from sklearn.datasets import load_digits
        digits = load_digits()
        pixels, labels = digits.images, digits.target
    except ImportError:
        with np.load(EXAMPLES / "digits.npz") as stored:
            pixels, labels = stored["pixels"], stored["labels"]
    x = (np.asarray(pixels, np.float32) / 16).reshape(-1, 1, 8, 8)
    y = np.asarray(labels, np.int64)
    order = np.random.default_rng(0).permutation(len(x))
    test, train = order[:TEST_IMAGES], order[TEST_IMAGES:]
    return x[train], y[train], x[test], y[test]


def network():
    """The float network, untrained: conv, a plain block, a strided block, pool, linear."""
    from torch import nn

    class Block(nn.Module):
        """Two convolutions beside a shortcut, which is strided where the shape changes."""

        def __init__(self, cin, cout, stride):
            super().__init__()
            self.conv1 = nn.Conv2d(cin, cout, 3, stride, 1, bias=False)
            self.bn1 = nn.BatchNorm2d(cout)
            self.conv2 = nn.Conv2d(cout, cout, 3, 1, 1, bias=False)
            self.bn2 = nn.BatchNorm2d(cout)
            self.relu = nn.ReLU()  # used twice, as torchvision's blocks do
            same = cin == cout and stride == 1
            self.shortcut = None if same else nn.Sequential(
                nn.Conv2d(cin, cout, 1, stride, bias=False), nn.BatchNorm2d(cout))

        def forward(self, x):
            y = self.relu(self.bn1(self.conv1(x)))
            y = self.bn2(self.conv2(y))
            return self.relu(y + (x if self.shortcut is None else self.shortcut(x)))

    class Digits(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1 = nn.Conv2d(1, 32, 3, 1, 1, bias=False)
            self.bn1 = nn.BatchNorm2d(32)
            self.relu = nn.ReLU()
            self.block1 = Block(32, 32, 1)
            self.block2 = Block(32, 64, 2)
            self.pool = nn.AdaptiveAvgPool2d(1)
            self.linear = nn.Linear(64, 10)

        def forward(self, x):
            x = self.block2(self.block1(self.relu(self.bn1(self.conv1(x)))))
            return self.linear(self.pool(x).flatten(1))

    return Digits()


def train(epochs=12, progress=lambda text: None):
    """Trains the network on the training images; seeded, so that two runs agree."""
    import torch
    torch.manual_seed(0)
    x, y, _, _ = load()
    x, y = torch.from_numpy(x), torch.from_numpy(y)
    model = network().train()
    batch = 64
    steps = epochs * (len(x) // batch)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=steps)
    for epoch in range(epochs):
        order, total = torch.randperm(len(x)), 0.0
        for start in range(0, len(x) - batch + 1, batch):
            picked = order[start:start + batch]
            loss = torch.nn.functional.cross_entropy(model(x[picked]), y[picked])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += float(loss.detach())
        progress(f"epoch {epoch + 1} of {epochs}, loss {total / (len(x) // batch):.4f}")
    return model.eval()


def export(model, sample, path, opset=17):
    """Writes a float ONNX with a free batch size, input `x`, output `logits`.

    Batch-norms are kept as they are: folding them is the compiler's work, not the exporter's.
    """
    import torch
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        torch.onnx.export(model.eval(), (torch.from_numpy(sample),), str(path), dynamo=False,
                          opset_version=opset, input_names=["x"], output_names=["logits"],
                          dynamic_axes={"x": {0: "batch"}, "logits": {0: "batch"}},
                          training=torch.onnx.TrainingMode.PRESERVE)
