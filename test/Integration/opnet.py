"""Builds small ONNX networks by hand, with weights that give useful ranges and data to match.

    net = Net("conv2d")
    x = net.input("x", 4, 13, 11)                     # batch stays free
    net.conv(x, 4, 6, 3, "stride2", strides=[2, 2], pads=[1, 1, 1, 1])
    onnx, calib, test = net.save(folder)

Node and value share their name, so that a failing comparison names the layer. Values that
nothing reads are the network's outputs.
"""
import dataclasses

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import models

CALIB_SAMPLES = 8
TEST_SAMPLES = 3  # and as many extreme ones as with_extremes adds


class Net:
    """A growing ONNX graph; every method that adds a node returns its value's name."""

    def __init__(self, name, seed=0, opset=17, batch="N"):
        self.name, self.opset, self.batch = name, opset, batch
        self.rng = np.random.default_rng([seed, *name.encode()])
        self.nodes, self.inputs, self.initializers = [], {}, []
        self._read, self._outputs = set(), []

    # -- graph --------------------------------------------------------------------------

    def input(self, name, *shape):
        """A network input [batch, *shape]."""
        self.inputs[name] = shape
        return name

    def constant(self, array, name, dtype=np.float32):
        """An initializer."""
        self.initializers.append(numpy_helper.from_array(np.asarray(array, dtype), name))
        return name

    def op(self, kind, values, name, results=None, **attributes):
        """A node; `name` is also its value's name. With `results` a list of names comes back."""
        made = results or [name]
        self.nodes.append(helper.make_node(kind, list(values), made, name=name, **attributes))
        self._read.update(values)
        return made if results else name

    def output(self, *values):
        """Makes values outputs that are read inside the network too."""
        self._outputs += values

    # -- layers with weights ------------------------------------------------------------

    def weights(self, shape, fan_in, name):
        """Random weights for results of about unit variance; channels differ in size."""
        gain = self.rng.uniform(0.3, 1.7, (shape[0],) + (1,) * (len(shape) - 1))
        return self.constant(self.rng.standard_normal(shape) * gain / np.sqrt(fan_in), name)

    def bias(self, count, name):
        return self.constant(self.rng.normal(0, 0.3, count), name)

    def conv(self, x, cin, cout, kernel, name, bias=True, groups=1, **attributes):
        """Conv; `kernel` is one size or (height, width)."""
        kh, kw = (kernel, kernel) if isinstance(kernel, int) else kernel
        values = [x, self.weights((cout, cin // groups, kh, kw), cin // groups * kh * kw,
                                  f"{name}.weight")]
        if bias:
            values.append(self.bias(cout, f"{name}.bias"))
        return self.op("Conv", values, name, kernel_shape=[kh, kw], group=groups, **attributes)

    def conv_transpose(self, x, cin, cout, kernel, name, bias=True, groups=1, **attributes):
        weight = self.weights((cin, cout // groups, kernel, kernel),
                              cin // groups * kernel * kernel / 2, f"{name}.weight")
        values = [x, weight] + ([self.bias(cout, f"{name}.bias")] if bias else [])
        return self.op("ConvTranspose", values, name, kernel_shape=[kernel] * 2, group=groups,
                       **attributes)

    def batch_norm(self, x, channels, name):
        uniform = self.rng.uniform
        values = [uniform(0.5, 1.5, channels) * self.rng.choice([1, 1, 1, -1], channels),
                  self.rng.normal(0, 0.3, channels), self.rng.normal(0, 0.2, channels),
                  uniform(0.5, 2.0, channels)]
        parts = ("gamma", "beta", "mean", "var")
        constants = [self.constant(v, f"{name}.{p}") for v, p in zip(values, parts)]
        return self.op("BatchNormalization", [x, *constants], name)

    def conv_bn(self, x, cin, cout, name, kernel=3, **attributes):
        """Conv without bias and batch-norm: `name`.conv, then `name`."""
        attributes.setdefault("pads", [kernel // 2] * 4)
        made = self.conv(x, cin, cout, kernel, f"{name}.conv", bias=False, **attributes)
        return self.batch_norm(made, cout, name)

    def gemm(self, x, features_in, features_out, name, bias=True, trans_b=1):
        shape = (features_out, features_in)
        array = self.rng.standard_normal(shape) * self.rng.uniform(0.3, 1.7, (shape[0], 1))
        array = array / np.sqrt(features_in)
        weight = self.constant(array if trans_b else array.T, f"{name}.weight")
        values = [x, weight] + ([self.bias(features_out, f"{name}.bias")] if bias else [])
        return self.op("Gemm", values, name, transB=trans_b)

    def dense(self, x, features_in, features_out, name, bias=True):
        """MatMul with a constant and Add, as exporters write linear on rank 3 and more."""
        array = self.rng.standard_normal((features_in, features_out))
        weight = self.constant(array * self.rng.uniform(0.3, 1.7, features_out)
                               / np.sqrt(features_in), f"{name}.weight")
        if not bias:
            return self.op("MatMul", [x, weight], name)
        made = self.op("MatMul", [x, weight], f"{name}.product")
        return self.op("Add", [made, self.bias(features_out, f"{name}.bias")], name)

    # -- functions that ONNX spells with several words -----------------------------------

    def clip(self, x, low, high, name):
        bounds = [self.constant(v, f"{name}.{p}") if v is not None else ""
                  for v, p in ((low, "min"), (high, "max"))]
        return self.op("Clip", [x, *bounds], name)

    def silu(self, x, name):
        return self.op("Mul", [x, self.op("Sigmoid", [x], f"{name}.sigmoid")], name)

    def gelu(self, x, name):
        """x * (erf(x / sqrt(2)) + 1) * 0.5 as PyTorch writes it below opset 20."""
        root, one, half = (self.constant(v, f"{name}.{n}")
                           for v, n in ((2 ** 0.5, "root"), (1, "one"), (0.5, "half")))
        erf = self.op("Erf", [self.op("Div", [x, root], f"{name}.scaled")], f"{name}.erf")
        product = self.op("Mul", [x, self.op("Add", [erf, one], f"{name}.plus")], f"{name}.product")
        return self.op("Mul", [product, half], name)

    def scalar(self, kind, x, value, name, first=False):
        """A binary op with a constant on its right, or (first) on its left."""
        made = self.constant(value, f"{name}.value")
        return self.op(kind, [made, x] if first else [x, made], name)

    def shaped(self, kind, x, numbers, name, **attributes):
        """An op whose second operand is a list of integers: Reshape, Squeeze, ..."""
        return self.op(kind, [x, self.constant(numbers, f"{name}.list", np.int64)], name, **attributes)

    def pad(self, x, pads, name, value=None, mode="constant"):
        values = [x, self.constant(pads, f"{name}.pads", np.int64)]
        if value is not None:
            values.append(self.constant(value, f"{name}.value"))
        return self.op("Pad", values, name, mode=mode)

    def slice(self, x, starts, ends, axes, steps, name):
        lists = zip((starts, ends, axes, steps), ("starts", "ends", "axes", "steps"))
        return self.op("Slice", [x, *(self.constant(v, f"{name}.{n}", np.int64)
                                      for v, n in lists)], name)

    def split(self, x, axis, sizes, name):
        names = [f"{name}{i}" for i in range(len(sizes))]
        return self.op("Split", [x, self.constant(sizes, f"{name}.sizes", np.int64)], name, names,
                       axis=axis)

    def resize(self, x, name, scales=None, sizes=None, **attributes):
        """By `scales` of height and width, or to `sizes` [N, C, H, W] (a fixed batch)."""
        values = [x, ""]
        if scales:
            values.append(self.constant([1, 1, *scales], f"{name}.scales"))
        else:
            values += ["", self.constant(sizes, f"{name}.sizes", np.int64)]
        return self.op("Resize", values, name, **attributes)

    # -- files --------------------------------------------------------------------------

    def model(self):
        """The checked ONNX model with inferred shapes."""
        made = [v for node in self.nodes for v in node.output]
        leaves = [v for v in made if v not in self._read]
        inputs = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [self.batch, *s])
                  for n, s in self.inputs.items()]
        outputs = [helper.make_empty_tensor_value_info(v) for v in leaves + self._outputs]
        graph = helper.make_graph(self.nodes, self.name, inputs, outputs, self.initializers)
        whole = helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)],
                                  ir_version=8)
        whole = onnx.shape_inference.infer_shapes(whole, check_type=True, strict_mode=True,
                                                  data_prop=True)
        onnx.checker.check_model(whole, full_check=True)
        return whole

    def save(self, folder):
        """Writes model, calibration and test data; returns Files."""
        files = Files(*(folder / f"{self.name}{s}" for s in (".onnx", ".calib.npz", ".test.npz")))
        onnx.save(self.model(), str(files.onnx))
        np.savez(files.calib, **{n: self.data(s, CALIB_SAMPLES) for n, s in self.inputs.items()})
        np.savez(files.test, **{n: with_extremes(self.data(s, TEST_SAMPLES))
                                for n, s in self.inputs.items()})
        return files

    def data(self, shape, count):
        """Random samples with structure: images for rank 4, else rows that drift."""
        if len(shape) == 3:
            size = max(shape[1:])
            return models.fields(self.rng, count, shape[0], size)[:, :, :shape[1], :shape[2]]
        x = self.rng.standard_normal((count, *shape)).astype(np.float32)
        drift = self.rng.uniform(0.3, 1.2, (count,) + (1,) * len(shape)).astype(np.float32)
        return x * drift + self.rng.normal(0, 0.3, x.shape[1:]).astype(np.float32)


@dataclasses.dataclass
class Files:
    onnx: object
    calib: object
    test: object


def with_extremes(x):
    """Adds what breaks careless code: zeros, far out of range with changing sign, tiny values."""
    largest = float(np.abs(x).max())
    board = np.indices(x.shape[1:]).sum(0, keepdims=True) % 2 * 2.0 - 1.0
    return np.concatenate([x, 0 * x[:1], 4 * largest * board, 1e-6 * board]).astype(np.float32)
