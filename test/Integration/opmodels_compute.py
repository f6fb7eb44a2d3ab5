"""Models of the ops that multiply: convolutions, linear, matmul, batch_norm alone.

Each function fills a Net with the forms of one op side by side; see opmodels.FAMILIES.
"""
import numpy as np


def conv2d(net):
    """Kernel, stride, padding, dilation; odd sizes, so that tails and borders appear."""
    x = net.input("x", 5, 13, 11)
    net.conv(x, 5, 7, 1, "conv.pointwise")
    net.conv(x, 5, 6, 3, "conv.same", pads=[1, 1, 1, 1])
    net.conv(x, 5, 17, 3, "conv.valid")
    net.conv(x, 5, 6, 3, "conv.no_bias", bias=False, pads=[1, 1, 1, 1])
    net.conv(x, 5, 6, 3, "conv.stride2", strides=[2, 2], pads=[1, 1, 1, 1])
    net.conv(x, 5, 6, 3, "conv.stride_2_3", strides=[2, 3], pads=[1, 0, 1, 0])
    net.conv(x, 5, 6, 3, "conv.asymmetric_padding", strides=[2, 2], pads=[0, 1, 2, 1])
    net.conv(x, 5, 6, 3, "conv.same_upper", strides=[2, 2], auto_pad="SAME_UPPER")
    net.conv(x, 5, 6, 3, "conv.same_lower", strides=[3, 2], auto_pad="SAME_LOWER")
    net.conv(x, 5, 6, 3, "conv.dilation2", dilations=[2, 2], pads=[2, 2, 2, 2])
    net.conv(x, 5, 6, 3, "conv.dilation_3_1_stride2", dilations=[3, 1], strides=[1, 2], pads=[3, 1, 3, 1])
    net.conv(x, 5, 6, (5, 3), "conv.kernel_5_3", pads=[2, 1, 2, 1])
    net.conv(x, 5, 6, (1, 7), "conv.kernel_1_7", pads=[0, 3, 0, 3])
    net.conv(x, 5, 6, (13, 11), "conv.whole_image")
    net.conv(x, 5, 6, 4, "conv.even_kernel", pads=[2, 2, 1, 1], strides=[2, 2])
    net.conv(x, 5, 6, 3, "conv.wide_padding", pads=[4, 5, 3, 4])
    dead = net.conv(x, 5, 6, 3, "conv.dead_channels", pads=[1, 1, 1, 1])
    kill_channels(net, dead)


def kill_channels(net, layer):
    """Channel 1: weights and bias 0. Channel 2: weights 0. Channel 3: weights tiny (N5's floor)."""
    from onnx import numpy_helper
    for i, tensor in enumerate(net.initializers):
        array = numpy_helper.to_array(tensor).copy()
        if tensor.name == f"{layer}.weight":
            array[1:3], array[3] = 0, array[3] * 1e-12
        elif tensor.name == f"{layer}.bias":
            array[1] = 0
        else:
            continue
        net.initializers[i] = numpy_helper.from_array(array, tensor.name)


def conv2d_groups(net):
    """Grouped and depthwise convolutions, channel counts beside the vector widths."""
    x = net.input("x", 12, 11, 9)
    net.conv(x, 12, 18, 3, "groups.2", groups=2, pads=[1, 1, 1, 1])
    net.conv(x, 12, 12, 3, "groups.3_stride2", groups=3, strides=[2, 2], pads=[1, 1, 1, 1])
    net.conv(x, 12, 24, 1, "groups.4_pointwise", groups=4)
    net.conv(x, 12, 12, 3, "depthwise.3", groups=12, pads=[1, 1, 1, 1])
    net.conv(x, 12, 12, 3, "depthwise.stride2", groups=12, strides=[2, 2], pads=[0, 1, 1, 0])
    net.conv(x, 12, 12, 5, "depthwise.5", groups=12, pads=[2, 2, 2, 2], bias=False)
    net.conv(x, 12, 12, 3, "depthwise.dilation2", groups=12, dilations=[2, 2], pads=[2, 2, 2, 2])
    net.conv(x, 12, 12, (1, 3), "depthwise.kernel_1_3", groups=12)
    net.conv(x, 12, 24, 3, "depthwise.multiplier2", groups=12, pads=[1, 1, 1, 1])
    net.conv(x, 12, 36, 3, "depthwise.multiplier3_stride2", groups=12, strides=[2, 2])


def conv2d_wide(net):
    """A chain of layers with enough channels for several vector blocks, and tails."""
    x = net.input("x", 3, 17, 15)
    y = net.conv(x, 3, 33, 3, "wide.stem", strides=[2, 2], pads=[1, 1, 1, 1])
    y = net.conv(y, 33, 70, 1, "wide.expand")
    y = net.conv(y, 70, 70, 3, "wide.depthwise", groups=70, pads=[1, 1, 1, 1])
    y = net.conv(y, 70, 48, 1, "wide.project")
    net.conv(y, 48, 65, 3, "wide.three", pads=[1, 1, 1, 1])
    net.conv(y, 48, 64, 3, "wide.groups2", groups=2, pads=[1, 1, 1, 1])


def conv_transpose2d(net):
    x = net.input("x", 6, 7, 5)
    net.conv_transpose(x, 6, 5, 2, "up.kernel2_stride2", strides=[2, 2])
    net.conv_transpose(x, 6, 5, 3, "up.kernel3", bias=False)
    net.conv_transpose(x, 6, 5, 3, "up.output_padding", strides=[2, 2], pads=[1, 1, 1, 1],
                       output_padding=[1, 1])
    net.conv_transpose(x, 6, 5, 4, "up.output_padding_1_0", strides=[3, 2], pads=[1, 1, 1, 1],
                       output_padding=[1, 0])
    net.conv_transpose(x, 6, 5, 3, "up.asymmetric_padding", strides=[2, 2], pads=[0, 1, 1, 2])
    net.conv_transpose(x, 6, 5, 3, "up.dilation2", dilations=[2, 2])
    net.conv_transpose(x, 6, 8, 3, "up.groups2", groups=2, strides=[2, 2], pads=[1, 1, 1, 1])
    net.conv_transpose(x, 6, 6, 4, "up.depthwise", groups=6, strides=[2, 2], pads=[1, 1, 1, 1])
    net.op("Relu", [net.conv_transpose(x, 6, 5, 2, "up.plain", strides=[2, 2])], "up.relu")
    y = net.conv_transpose(x, 6, 5, 2, "up.unfolded", strides=[2, 2], bias=False)
    net.op("LeakyRelu", [net.batch_norm(y, 5, "up.bn")], "up.bn_leaky", alpha=0.2)
    net.batch_norm(net.conv_transpose(x, 6, 8, 3, "up.unfolded_groups", groups=2), 8, "up.bn_groups")


def conv1d(net):
    """Convolution and pools over one axis, which run as 2-D ones of height 1."""
    x = net.input("x", 6, 19)
    weight = net.weights((8, 6, 3), 18, "conv1d.weight")
    y = net.op("Conv", [x, weight, net.bias(8, "conv1d.bias")], "conv1d", kernel_shape=[3],
               pads=[1, 1], strides=[2])
    net.op("MaxPool", [y], "max_pool1d", kernel_shape=[2], strides=[2])
    net.op("AveragePool", [y], "avg_pool1d", kernel_shape=[3], strides=[2])


def linear(net):
    """Gemm and MatMul with constants, on rank 2, 3 and 4."""
    flat, rows = net.input("flat", 37), net.input("rows", 9, 20)
    deep = net.input("deep", 3, 5, 12)
    y = net.gemm(flat, 37, 50, "linear.gemm")
    net.gemm(y, 50, 10, "linear.second")
    net.gemm(flat, 37, 70, "linear.no_bias", bias=False)
    net.gemm(flat, 37, 6, "linear.not_transposed", trans_b=0)
    net.op("Relu", [net.gemm(flat, 37, 33, "linear.plain")], "linear.relu")
    net.batch_norm(net.gemm(flat, 37, 16, "linear.unfolded"), 16, "linear.bn")
    net.gelu(net.gemm(flat, 37, 16, "linear.before_gelu"), "linear.gelu")
    net.dense(flat, 37, 10, "linear.matmul_rank2")
    z = net.dense(rows, 20, 24, "linear.rank3")
    net.dense(z, 24, 7, "linear.rank3_second", bias=False)
    net.op("Add", [net.dense(z, 24, 20, "linear.rank3_back"), rows], "linear.residual")
    net.dense(deep, 12, 9, "linear.rank4")


def matmul(net):
    """Products of activations: attention with its softmax, and plain ones."""
    x = net.input("x", 10, 16)
    q, k, v = (net.dense(x, 16, 16, f"attention.{n}") for n in "qkv")
    heads = []
    for n, value, perm in (("q", q, [0, 2, 1, 3]), ("k", k, [0, 2, 3, 1]), ("v", v, [0, 2, 1, 3])):
        split = net.shaped("Reshape", value, [0, 10, 2, 8], f"heads.{n}.split")
        heads.append(net.op("Transpose", [split], f"heads.{n}", perm=perm))
    scores = net.op("MatMul", heads[:2], "attention.scores")
    scaled = net.scalar("Mul", scores, 8 ** -0.5, "attention.scaled")
    weights = net.op("Softmax", [scaled], "attention.softmax", axis=-1)
    mixed = net.op("MatMul", [weights, heads[2]], "attention.mixed")
    back = net.op("Transpose", [mixed], "attention.back", perm=[0, 2, 1, 3])
    net.dense(net.shaped("Reshape", back, [0, 10, 16], "attention.merged"), 16, 16, "attention.out")
    turned = net.op("Transpose", [k], "k.transposed", perm=[0, 2, 1])
    net.op("MatMul", [q, turned], "matmul.rank3")
    net.op("MatMul", [turned, q], "matmul.inner10")


def batch_norm(net):
    """Batch-norms that cannot be folded: a table per channel (N10)."""
    x, flat = net.input("x", 6, 9, 7), net.input("flat", 12)
    y = net.batch_norm(x, 6, "bn.first")
    net.op("Relu", [net.batch_norm(y, 6, "bn.before_relu")], "bn.relu")
    z = net.conv(y, 6, 8, 3, "bn.conv")
    net.output(z)
    net.batch_norm(z, 8, "bn.behind_output")
    net.batch_norm(flat, 12, "bn.rank2")
    net.conv(net.batch_norm(x, 6, "bn.in_front"), 6, 4, 3, "bn.conv_behind", pads=[1, 1, 1, 1])


def float_constants(net):
    """Weights that break careless scales: one value, very large, very small."""
    x = net.input("x", 4, 6, 6)
    for name, factor in (("large", 1e4), ("small", 1e-5)):
        weight = net.constant(net.rng.standard_normal((3, 4, 3, 3)) * factor, f"{name}.weight")
        net.op("Conv", [x, weight], f"weights.{name}")
    net.op("Conv", [x, net.constant(np.full((3, 4, 1, 1), 0.25), "equal.weight")], "weights.equal")
    one = np.zeros((3, 4, 3, 3))
    one[:, 1, 1, 1] = 1
    net.op("Conv", [x, net.constant(one, "single.weight")], "weights.single", pads=[1, 1, 1, 1])
