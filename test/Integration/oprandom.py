"""Random networks of all ops that work on images; the same seed gives the same network.

    oprandom.py FIRST COUNT         makes COUNT networks from seed FIRST on, and compares their codes
"""
import pathlib
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "python")]

from opnet import Net  # noqa: E402

CONFIGS = [{}, {}, {"global": {"activation": {"observer": "min_max"}}},
           {"global": {"activation": {"dtype": "s8"}, "residual": "accumulator"}},
           {"global": {"weight": {"granularity": "per_tensor"}}},
           {"global": {"activation": {"dtype": "u5"}, "weight": {"bits": 4}}},
           {"object_type": {"add": None}}, {"object_type": {"max_pool2d": None, "mul": None}}]


class RandomNet(Net):
    """Grows by one op at a time on values (name, channels, height, width)."""

    def __init__(self, seed):
        super().__init__(f"random{seed}", seed=seed)
        self.values, self.count = [], 0
        channels = self.pick([1, 3, 4, 8])
        size = [int(n) for n in self.rng.integers(6, 14, 2)]
        self.keep(self.input("x", channels, *size), channels, None, *size)
        for _ in range(self.rng.integers(6, 18)):
            self.pick(STEPS)(self)
        for value in self.values[1:]:
            if value[0] in self._read and self.rng.random() < 0.1:
                self.output(value[0])
        if self.rng.random() < 0.5:
            self.classify()

    def pick(self, choices):
        return choices[self.rng.integers(len(choices))]

    def fresh(self, kind):
        self.count += 1
        return f"{kind}{self.count}"

    def keep(self, name, channels, like, height=None, width=None):
        if like is not None:
            height, width = like[2:]
        self.values.append((name, int(channels), int(height), int(width)))
        return name

    def some(self):
        """A value, recent ones more often."""
        return self.values[-1 - int(self.rng.integers(len(self.values)) * self.rng.random())]

    # -- steps --------------------------------------------------------------------------

    def convolve(self):
        x, c, h, w = self.some()
        kernel, stride, dilation = self.pick([1, 1, 3, 3, 5]), self.pick([1, 1, 1, 2]), 1
        if kernel == 3 and self.rng.random() < 0.2:
            dilation = 2
        pads = [int(p) for p in self.rng.integers(0, kernel // 2 * dilation + 1, 4)]
        if self.rng.random() < 0.6:
            pads = [kernel // 2 * dilation] * 4
        size = [(n + pads[i] + pads[i + 2] - dilation * (kernel - 1) - 1) // stride + 1
                for i, n in enumerate((h, w))]
        if min(size) < 1:
            return
        cout = int(self.rng.integers(1, 20))
        groups = self.pick([1, 1, 1, c, 2])
        if groups == c:
            cout = c * self.pick([1, 1, 2])
        elif c % groups or cout % groups:
            groups = 1
        name = self.fresh("conv")
        y = self.conv(x, c, cout, kernel, name, bias=self.rng.random() < 0.7, groups=groups,
                      strides=[stride] * 2, pads=pads, dilations=[dilation] * 2)
        self.keep(self.follow(y, cout), cout, None, *size)

    def follow(self, y, channels):
        """Batch-norm and activation behind a layer, each sometimes."""
        if self.rng.random() < 0.5:
            y = self.batch_norm(y, channels, self.fresh("bn"))
        return self.activate(y, channels) if self.rng.random() < 0.6 else y

    def activate(self, y, channels):
        kind = self.pick(["Relu", "Relu", "LeakyRelu", "Sigmoid", "Tanh", "HardSwish", "HardSigmoid",
                          "clip", "clip", "prelu", "gelu", "silu"])
        name = self.fresh(kind.lower())
        if kind == "clip":
            return self.clip(y, *self.pick([(0, 6), (-1, 1), (None, 0.5), (0.1, 2)]), name)
        if kind == "prelu":
            slope = self.constant(self.rng.uniform(-0.1, 0.5, (channels, 1, 1)), f"{name}.slope")
            return self.op("PRelu", [y, slope], name)
        if kind in ("gelu", "silu"):
            return getattr(self, kind)(y, name)
        return self.op(kind, [y], name)

    def transposed(self):
        x, c, h, w = self.some()
        if h * w > 150:
            return
        cout = int(self.rng.integers(1, 9))
        y = self.conv_transpose(x, c, cout, 2, self.fresh("up"), strides=[2, 2])
        self.keep(self.follow(y, cout), cout, None, 2 * h, 2 * w)

    def unary(self):
        value = self.some()
        self.keep(self.activate(value[0], value[1]), value[1], value)

    def normalize(self):
        value = self.some()
        self.keep(self.batch_norm(value[0], value[1], self.fresh("bn")), value[1], value)

    def combine(self):
        """A binary op: with a value of the same shape, of other channels, or pooled."""
        a = self.some()
        same = [v for v in self.values if v[1:] == a[1:]]
        kind = self.pick(["Add", "Add", "Add", "Sub", "Mul"])
        form = self.rng.random()
        if form < 0.25:
            b = self.op("GlobalAveragePool", [a[0]], self.fresh("pooled"))
        elif form < 0.6:
            other = self.pick([v for v in self.values if v[2:] == a[2:]])
            b = self.follow(self.conv(other[0], other[1], a[1], 1, self.fresh("conv")), a[1])
        else:
            b = self.pick(same)[0]
        order = [a[0], b] if self.rng.random() < 0.5 else [b, a[0]]
        y = self.op(kind, order, self.fresh(kind.lower()))
        if self.rng.random() < 0.5:
            y = self.op("Relu", [y], self.fresh("relu"))
        self.keep(y, a[1], a)

    def by_scalar(self):
        value = self.some()
        kind = self.pick(["Mul", "Add", "Sub"])
        number = float(self.rng.normal(0, 2))
        self.keep(self.scalar(kind, value[0], number, self.fresh("scalar")), value[1], value)

    def join(self):
        a = self.some()
        group = [self.pick([v for v in self.values if v[2:] == a[2:]])
                 for _ in range(self.rng.integers(1, 3))] + [a]
        channels = sum(v[1] for v in group)
        if channels <= 48:
            self.keep(self.op("Concat", [v[0] for v in group], self.fresh("cat"), axis=1), channels, a)

    def pool(self):
        x, c, h, w = self.some()
        if min(h, w) < 3:
            return
        kind = self.pick(["MaxPool", "AveragePool"])
        more = {"count_include_pad": 1} if kind == "AveragePool" and self.rng.random() < 0.5 else {}
        y = self.op(kind, [x], self.fresh("pool"), kernel_shape=[3, 3], strides=[2, 2],
                    pads=[1, 1, 1, 1], **more)
        self.keep(y, c, None, (h - 1) // 2 + 1, (w - 1) // 2 + 1)

    def move(self):
        x, c, h, w = self.some()
        kind = self.pick(["turn", "slice", "pad", "split", "shuffle", "blocks"])
        name = self.fresh(kind)
        if kind == "turn":
            self.keep(self.op("Transpose", [x], name, perm=[0, 1, 3, 2]), c, None, w, h)
        elif kind == "slice" and w > 2:
            self.keep(self.slice(x, [1], [2 ** 40], [3], [2], name), c, None, h, w // 2)
        elif kind == "pad":
            value = self.pick([None, 0.7, -1.2])
            self.keep(self.pad(x, [0, 0, 1, 0, 0, 0, 0, 2], name, value=value), c, None, h + 1, w + 2)
        elif kind == "split" and c > 1:
            parts = self.split(x, 1, [1, c - 1], f"{name}.")
            self.keep(parts[0], 1, None, h, w)
            self.keep(parts[1], c - 1, None, h, w)
        elif kind == "shuffle" and c % 2 == 0:
            y = self.shaped("Reshape", x, [0, 2, c // 2, h, w], f"{name}.split")
            y = self.op("Transpose", [y], f"{name}.turned", perm=[0, 2, 1, 3, 4])
            self.keep(self.shaped("Reshape", y, [0, c, h, w], name), c, None, h, w)
        elif kind == "blocks" and c % 4 == 0 and h * w < 100:
            y = self.op("DepthToSpace", [x], name, blocksize=2, mode=self.pick(["DCR", "CRD"]))
            self.keep(y, c // 4, None, 2 * h, 2 * w)

    def enlarge(self):
        x, c, h, w = self.some()
        if h * w > 150:
            return
        more = self.pick([{"mode": "linear", "coordinate_transformation_mode": "half_pixel"},
                          {"mode": "linear", "coordinate_transformation_mode": "align_corners"},
                          {"mode": "nearest", "coordinate_transformation_mode": "asymmetric",
                           "nearest_mode": "floor"}])
        self.keep(self.resize(x, self.fresh("resize"), scales=[2.0, 2.0], **more), c, None, 2 * h, 2 * w)

    def soften(self):
        """A float layer."""
        if self.rng.random() < 0.3:
            value = self.some()
            self.keep(self.op("Softmax", [value[0]], self.fresh("softmax"), axis=1), value[1], value)

    def classify(self):
        x, c, _, _ = self.some()
        flat = self.op("Flatten", [self.op("GlobalAveragePool", [x], "mean")], "flat")
        self.gemm(flat, c, 10, "logits")


STEPS = [RandomNet.convolve] * 5 + [RandomNet.combine] * 4 + [
    RandomNet.transposed, RandomNet.unary, RandomNet.normalize, RandomNet.by_scalar, RandomNet.join,
    RandomNet.join, RandomNet.pool, RandomNet.move, RandomNet.move, RandomNet.enlarge,
    RandomNet.soften]


def config(seed):
    return CONFIGS[seed % len(CONFIGS)]


def main():
    import ophelp
    first, count = int(sys.argv[1]), int(sys.argv[2])
    for seed in range(first, first + count):
        with tempfile.TemporaryDirectory() as folder:
            try:
                made = ophelp.Workshop(pathlib.Path(folder)).random(seed)
                answers = [made.compare(made.quantized)] + [
                    made.compare(made.program, "--threads", 2, "--batch", 3, isa=isa)
                    for isa in ("scalar", "avx2", "avx512vnni")]
                found = [ophelp.differing(a) for a in answers]
                state = "equal" if not any(found) else f"DIFFER {found}"
            except Exception as error:  # any failure of any step is what this looks for
                state = f"FAILED {str(error)[:600]}"
            print(seed, state, flush=True)


if __name__ == "__main__":
    main()
