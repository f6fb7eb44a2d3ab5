"""Models of pools, movements of codes, cat, resize; see opmodels.FAMILIES.

A movement of an input that no layer reads stays float, so most start at a convolution.
"""


def max_pool2d(net):
    x = net.conv(net.input("image", 3, 13, 11), 3, 6, 1, "pool.source")
    y = net.op("Relu", [net.conv(x, 6, 9, 3, "pool.conv", pads=[1, 1, 1, 1])], "pool.relu")

    def pool(value, name, **attributes):
        return net.op("MaxPool", [value], f"max.{name}", **attributes)

    pool(y, "2", kernel_shape=[2, 2], strides=[2, 2])
    pool(y, "3_padding", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    pool(y, "ceil", kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1)
    pool(y, "ceil_padding", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1], ceil_mode=1)
    pool(y, "dilation", kernel_shape=[3, 2], dilations=[2, 3])
    pool(x, "negative", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    pool(x, "asymmetric", kernel_shape=[3, 3], strides=[2, 2], pads=[0, 1, 2, 0])
    pool(x, "stride1", kernel_shape=[5, 5], strides=[1, 1], pads=[2, 2, 2, 2])
    pool(x, "same", kernel_shape=[3, 3], strides=[2, 2], auto_pad="SAME_UPPER")
    net.op("GlobalMaxPool", [y], "max.global")
    net.conv(pool(pool(y, "twice", kernel_shape=[3, 3]), "chained", kernel_shape=[2, 2]),
             9, 4, 3, "max.conv_behind")


def avg_pool2d(net):
    x = net.input("x", 6, 13, 11)

    def pool(name, value=x, **attributes):
        return net.op("AveragePool", [value], f"avg.{name}", **attributes)

    pool("2", kernel_shape=[2, 2], strides=[2, 2])
    for include in (0, 1):
        pool(f"padding_counted{include}", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1],
             count_include_pad=include)
        pool(f"asymmetric_counted{include}", kernel_shape=[3, 3], strides=[2, 2],
             pads=[2, 0, 1, 1], count_include_pad=include)
    pool("ceil", kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1)
    pool("ceil_padding", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1], ceil_mode=1)
    pool("3_2", kernel_shape=[3, 2], strides=[1, 3])
    net.op("Relu", [pool("plain", kernel_shape=[2, 2])], "avg.relu")
    y = net.op("Relu", [net.conv(x, 6, 9, 3, "avg.conv")], "avg.conv_relu")
    net.conv(pool("middle", y, kernel_shape=[2, 2], strides=[2, 2]), 9, 4, 3, "avg.conv_behind")


def reduce_mean(net):
    """Global average pool and means over one or more axes."""
    x, rows = net.input("x", 6, 9, 7), net.input("rows", 8, 10)
    y = net.op("GlobalAveragePool", [x], "mean.global")
    net.gemm(net.op("Flatten", [y], "mean.flat"), 6, 10, "mean.classifier")
    for axes in ([2, 3], [1], [2], [3], [1, 2, 3], [1, 3], [-1, -2]):
        label = "_".join(str(a) for a in axes)
        for keep in (0, 1):
            net.op("ReduceMean", [x], f"mean.{label}.keep{keep}", axes=axes, keepdims=keep)
    net.op("ReduceMean", [rows], "mean.rows", axes=[1], keepdims=0)
    net.op("ReduceMean", [rows], "mean.last", axes=[-1], keepdims=1)


def cat(net):
    """Shared parameters, and operands that cannot share them."""
    x = net.input("x", 5, 8, 6)

    def conv(name, source=x, cin=5, cout=4):
        return net.conv(source, cin, cout, 3, name, pads=[1, 1, 1, 1])

    def join(name, *values, axis=1):
        return net.op("Concat", values, f"cat.{name}", axis=axis)

    net.conv(join("channels", conv("a"), conv("b", cout=7)), 11, 4, 1, "cat.conv_behind")
    join("rows", conv("c"), conv("d"), axis=2)
    join("columns", conv("e"), conv("f"), conv("g"), axis=-1)
    shared = conv("h")
    join("twice", shared, shared)
    join("with_input", x, conv("i"))
    fixed = net.op("Sigmoid", [conv("j")], "cat.sigmoid")
    join("fixed", fixed, conv("k"))
    net.conv(fixed, 4, 3, 1, "cat.fixed_user")
    join("only_fixed", net.op("Sigmoid", [conv("l")], "s.l"), net.op("Sigmoid", [conv("m")], "s.m"))
    joined = join("inner", conv("n"), conv("o"))
    join("outer", joined, conv("p"), axis=1)
    pooled = net.op("MaxPool", [conv("q")], "cat.pooled", kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    join("moved", net.op("Relu", [conv("r")], "cat.relu"), pooled)
    both = conv("s")
    join("first_group", both, conv("t"))
    join("second_group", conv("u"), both)
    net.conv(both, 4, 3, 1, "cat.both_user")
    join("softmax", net.op("Softmax", [conv("v")], "cat.softmaxed", axis=1), conv("w"))


def pad(net):
    x = net.conv(net.input("image", 3, 8, 7), 3, 5, 1, "pad.source")
    net.pad(x, [0, 0, 1, 2, 0, 0, 3, 0], "pad.zero")
    net.pad(x, [0, 0, 1, 1, 0, 0, 1, 1], "pad.value", value=1.5)
    net.pad(net.conv(x, 5, 6, 3, "pad.conv"), [0, 0, 2, 1, 0, 0, 2, 1], "pad.far_value", value=-9.0)
    net.pad(x, [0, 2, 0, 0, 0, 1, 0, 0], "pad.channels")
    y = net.pad(x, [0, 0, 1, 0, 0, 0, 2, 1], "pad.absorbed")
    net.conv(y, 5, 6, 3, "pad.into_conv", strides=[2, 2], pads=[0, 1, 0, 0])
    z = net.pad(x, [0, 0, 1, 1, 0, 0, 1, 1], "pad.kept", value=0.5)
    net.conv(z, 5, 6, 3, "pad.before_conv")
    relu = net.op("Relu", [net.conv(x, 5, 6, 3, "pad.relu_conv")], "pad.relu")
    net.op("MaxPool", [net.pad(relu, [0, 0, 1, 1, 0, 0, 1, 1], "pad.before")], "pad.into_max_pool",
           kernel_shape=[3, 3], strides=[2, 2])
    net.op("AveragePool", [net.pad(x, [0, 0, 1, 1, 0, 0, 1, 1], "pad.before_avg")],
           "pad.into_avg_pool", kernel_shape=[3, 3], strides=[2, 2], count_include_pad=1)


def shapes(net):
    """Movements whose results are outputs, and some with layers behind."""
    x = net.input("x", 6, 8, 10)
    y = net.conv(x, 6, 8, 3, "move.conv", pads=[1, 1, 1, 1])
    net.shaped("Reshape", y, [0, 4, 2, -1], "reshape.four")
    net.shaped("Reshape", y, [-1, 640], "reshape.flat")
    net.gemm(net.op("Flatten", [y], "flatten.1"), 640, 5, "flatten.gemm")
    net.op("Flatten", [y], "flatten.1_output", axis=1)
    net.op("Transpose", [y], "transpose.nhwc", perm=[0, 2, 3, 1])
    net.op("Transpose", [y], "transpose.width", perm=[0, 1, 3, 2])
    net.slice(y, [1], [7], [1], [1], "slice.channels")
    net.slice(y, [0, 1], [8, 9], [2, 3], [2, 3], "slice.strided")
    net.slice(y, [-5], [2 ** 40], [3], [2], "slice.from_end")
    parts = [net.slice(x, [i, j], [2 ** 40] * 2, [2, 3], [2, 2], f"focus.{i}{j}")
             for j in (0, 1) for i in (0, 1)]
    net.conv(net.op("Concat", parts, "focus", axis=1), 24, 6, 3, "focus.conv")
    one = net.op("GlobalAveragePool", [y], "squeeze.mean")
    net.shaped("Squeeze", one, [2, 3], "squeeze.both")
    net.shaped("Unsqueeze", net.shaped("Squeeze", one, [-1], "squeeze.last"), [1, 4], "unsqueeze.two")
    a, b, c = net.split(y, 1, [2, 5, 1], "split.")
    net.conv(a, 2, 3, 3, "split.conv")
    net.op("Relu", [b], "split.relu")
    net.op("Add", [c, a], "split.add")
    left, right = net.split(y, 1, [4, 4], "chunk.")
    net.op("Mul", [left, net.op("Sigmoid", [right], "chunk.gate")], "chunk.glu")
    z = net.shaped("Reshape", y, [0, 2, 4, 8, 10], "shuffle.split")
    z = net.op("Transpose", [z], "shuffle.turned", perm=[0, 2, 1, 3, 4])
    z = net.shaped("Reshape", z, [0, 8, 8, 10], "shuffle.joined")
    net.conv(z, 8, 8, 3, "shuffle.depthwise", groups=8)
    net.conv(net.op("Dropout", [net.op("Identity", [y], "identity")], "dropout"), 8, 4, 1,
             "identity.conv")


def depth_to_space(net):
    x = net.conv(net.input("image", 3, 5, 4), 3, 12, 1, "d2s.source")
    net.op("DepthToSpace", [x], "d2s.dcr", blocksize=2, mode="DCR")
    net.op("DepthToSpace", [x], "d2s.crd", blocksize=2, mode="CRD")
    y = net.conv(x, 12, 18, 3, "d2s.conv", pads=[1, 1, 1, 1])
    net.op("DepthToSpace", [y], "d2s.pixel_shuffle", blocksize=3, mode="CRD")


COORDS = ("half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric")


def resize_nearest(net):
    x = net.conv(net.input("image", 3, 6, 5), 3, 4, 1, "nearest.source")
    for coord in COORDS:
        for nearest in ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil"):
            net.resize(x, f"nearest.{coord}.{nearest}", scales=[2.0, 1.7], mode="nearest",
                       coordinate_transformation_mode=coord, nearest_mode=nearest)
        net.resize(x, f"nearest.{coord}.down", scales=[0.5, 0.6], mode="nearest",
                   coordinate_transformation_mode=coord)
    y = net.op("Relu", [net.conv(x, 4, 6, 3, "nearest.conv", pads=[1, 1, 1, 1])], "nearest.relu")
    up = net.resize(y, "nearest.twice", scales=[2.0, 2.0], mode="nearest",
                    coordinate_transformation_mode="asymmetric", nearest_mode="floor")
    net.conv(up, 6, 4, 3, "nearest.conv_behind")


def resize_bilinear(net):
    x = net.input("x", 4, 6, 5)
    for coord in COORDS:
        for name, scales in (("up", [2.0, 3.0]), ("odd", [1.5, 2.2]), ("down", [0.5, 0.6]),
                             ("row", [0.17, 2.0])):
            net.resize(x, f"bilinear.{coord}.{name}", scales=scales, mode="linear",
                       coordinate_transformation_mode=coord)
    y = net.op("Relu", [net.conv(x, 4, 6, 3, "bilinear.conv", pads=[1, 1, 1, 1])], "bilinear.relu")
    up = net.resize(y, "bilinear.twice", scales=[2.0, 2.0], mode="linear",
                    coordinate_transformation_mode="half_pixel")
    net.conv(up, 6, 4, 3, "bilinear.conv_behind")


def resize_sizes(net):
    """Resize to given sizes: needs a fixed batch, which the sizes contain."""
    x = net.conv(net.input("image", 3, 6, 5), 3, 4, 1, "sizes.source")
    for mode in ("nearest", "linear"):
        for coord in COORDS:
            for size in ([12, 7], [3, 4]):
                net.resize(x, f"sizes.{mode}.{coord}.{size[0]}x{size[1]}",
                           sizes=[net.batch, 4, *size], mode=mode,
                           coordinate_transformation_mode=coord)
