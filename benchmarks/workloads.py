"""The rows of the benchmark: which network, at which size and batch, with how many threads."""
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
for found_in in (HERE.parent / "python", HERE.parent / "test" / "Integration"):
    sys.path.insert(0, str(found_in))

import models  # noqa: E402  (after the path that finds it)

MADE = HERE.parent / "build" / "benchmarks"

# Row: threads, then (floor, goal) of the ratio where the CPU has AVX512-VNNI, and where not.
ROWS = {
    "resnet18@32": ((1, 2), (1.5, 2.5), (1.3, 3.0)),
    "resnet18_cifar": ((1, 2), (1.2, 1.7), (1.5, 2.5)),
    "resnet18@224": ((1, 2), (1.2, 1.5), (1.5, 2.2)),
    "resnet50@224": ((1, 2), (1.05, 1.25), (1.2, 1.6)),
    "mobilenet_v2@224": ((1, 2), (1.1, 1.6), (1.2, 2.0)),
    "resnet18@224x16": ((2,), (1.1, 1.4), (1.3, 2.0)),
    "mlp": ((1,), (2.0, 4.0), (2.0, 4.0)),
}
QUICK = ["mlp", "resnet18@32"]


class BadRow(ValueError):
    """No network of that name, or not in that form."""


class Workload:
    """One row: MODEL[@SIZE][xBATCH]; its ONNX, calibration samples, inputs and folder."""

    def __init__(self, row):
        match = re.fullmatch(r"(\w+?)(?:@(\d+))?(?:x(\d+))?", row)
        if not match or match[1] not in models.MODELS:
            raise BadRow(f"'{row}' is no row; write MODEL[@SIZE][xBATCH] with a model of "
                         f"{', '.join(models.MODELS)}")
        self.row, self.model = row, match[1]
        self.size, self.batch = int(match[2] or 64), int(match[3] or 1)
        self.threads = ROWS[row][0] if row in ROWS else (1, 2)

    def make(self):
        """Makes the network unless it is there. Errors: models.Missing."""
        import numpy as np
        self.onnx, self.calib_file, self.test_file = models.make(self.model, self.size)
        self.folder = MADE / models.stem(self.model, self.size)
        self.folder.mkdir(parents=True, exist_ok=True)
        with np.load(self.calib_file) as stored:
            self.calib = [stored["x"][i:i + 1] for i in range(min(8, len(stored["x"])))]
        with np.load(self.test_file) as stored:
            self.samples = np.resize(stored["x"][:8], (max(8, self.batch), *stored["x"].shape[1:]))
        return self

    def batches(self):
        """The samples by which outputs are judged, in calls of this row's batch."""
        for at in range(0, len(self.samples) - self.batch + 1, self.batch):
            yield self.samples[at:at + self.batch]

    def torch_model(self):
        return models.torch_model(self.model, self.size)

    def target(self, isa):
        """(floor, goal) of the ratio, or None for a row outside of the table."""
        if self.row not in ROWS:
            return None
        return ROWS[self.row][1 if "avx512" in isa or "amx" in isa else 2]
