"""Models of the pointwise ops: activations, two operands, scalars; see opmodels.FAMILIES."""


def unary(net, source, prefix, channels):
    """Every unary function of the vocabulary on a value per name: `source(name)`."""
    op = net.op

    def at(name):
        return source(f"{prefix}.{name}.in"), f"{prefix}.{name}"

    for kind, name, attributes in (
            ("Relu", "relu", {}), ("LeakyRelu", "leaky_relu", {"alpha": 0.1}),
            ("LeakyRelu", "leaky_relu_over_1", {"alpha": 1.5}),
            ("Sigmoid", "sigmoid", {}), ("Tanh", "tanh", {}), ("HardSwish", "hard_swish", {}),
            ("HardSigmoid", "hard_sigmoid", {"alpha": 1 / 6, "beta": 0.5})):
        value, label = at(name)
        op(kind, [value], label, **attributes)
    for low, high, name in ((0, 6, "relu6"), (-0.5, 1.25, "clip"), (None, 0.75, "clip_above"),
                            (0.25, None, "clip_below"), (0, 1, "clip_unit")):
        value, label = at(name)
        net.clip(value, low, high, label)
    value, label = at("prelu_one")
    op("PRelu", [value, net.constant([0.3], f"{label}.slope")], label)
    value, label = at("prelu_channels")
    slopes = net.rng.uniform(-0.2, 0.6, (channels, 1, 1))
    op("PRelu", [value, net.constant(slopes, f"{label}.slope")], label)
    net.gelu(*at("gelu"))
    net.silu(*at("silu"))


def activations(net):
    """Each alone: its input has other users, so nothing fuses."""
    x = net.input("x", 5, 8, 7)
    net.output(net.conv(x, 5, 6, 3, "shared", pads=[1, 1, 1, 1]))
    unary(net, lambda name: "shared", "alone", 6)


def activations_first(net):
    """Directly on the network's input."""
    x = net.input("x", 5, 8, 7)
    unary(net, lambda name: x, "first", 5)


def activations_fused(net):
    """Each behind a convolution of its own, most with a batch-norm between."""
    x = net.input("x", 5, 8, 7)
    unary(net, lambda name: net.conv_bn(x, 5, 6, name), "fused", 6)


def gelu_op(net):
    """Gelu as an op of its own, exact and by tanh."""
    x = net.input("x", 5, 8, 7)
    net.op("Gelu", [net.conv(x, 5, 6, 3, "gelu.conv")], "gelu.exact")
    net.op("Gelu", [x], "gelu.tanh", approximate="tanh")


def softmax(net):
    """Float with quantized borders: between quantized layers, alone, along several axes."""
    x, flat = net.input("x", 5, 8, 7), net.input("flat", 20)
    y = net.conv(x, 5, 6, 3, "softmax.conv", pads=[1, 1, 1, 1])
    z = net.op("Softmax", [y], "softmax.channels", axis=1)
    net.conv(z, 6, 4, 3, "softmax.conv_behind")
    net.op("Softmax", [y], "softmax.last", axis=-1)
    net.op("Softmax", [flat], "softmax.rank2", axis=1)
    net.op("Softmax", [net.gemm(flat, 20, 10, "softmax.logits")], "softmax.output", axis=1)


def binary(net):
    """add, sub, mul, div on equal shapes and broadcasts."""
    x, y = net.input("x", 6, 8, 7), net.input("y", 6, 8, 7)
    row, pixel = net.input("row", 6, 1, 1), net.input("pixel", 1, 8, 7)
    for kind in ("Add", "Sub", "Mul"):
        low = kind.lower()
        net.op(kind, [x, y], f"{low}.equal")
        net.op(kind, [x, x], f"{low}.itself")
        net.op(kind, [x, row], f"{low}.channel")
        net.op(kind, [row, x], f"{low}.channel_first")
        net.op(kind, [pixel, y], f"{low}.pixel")
        net.op(kind, [row, pixel], f"{low}.both")
        net.op("Relu", [net.op(kind, [x, y], f"{low}.plain")], f"{low}.relu")
        net.clip(net.op(kind, [y, x], f"{low}.plain6"), 0, 6, f"{low}.relu6")
    net.op("Div", [x, positive(net, y, "div.by_pixel")], "div.equal")
    net.conv(net.op("Div", [y, positive(net, row, "div.by_row")], "div.channel"), 6, 4, 3,
             "div.conv_behind")


def positive(net, x, name):
    """A divisor that is well away from zero."""
    return net.scalar("Add", net.op("Sigmoid", [x], f"{name}.gate"), 0.5, name)


def binary_constants(net):
    """An operand that is a tensor of constants: per channel, per pixel, whole."""
    x = net.input("x", 6, 8, 7)
    normal = net.rng.normal
    for kind in ("Add", "Sub", "Mul"):
        low = kind.lower()
        channel = net.constant(normal(0, 1, (6, 1, 1)), f"{low}.per_channel")
        net.op(kind, [x, channel], f"{low}.channel_constant")
        whole = net.constant(normal(0, 1, (1, 6, 8, 7)), f"{low}.whole")
        net.op(kind, [x, whole], f"{low}.whole_constant")
    net.op("Sub", [net.constant(normal(0, 1, (6, 1, 1)), "from.per_channel"), x], "sub.from_constant")
    net.op("Div", [x, net.constant(net.rng.uniform(0.5, 2, (6, 1, 1)), "div.per_channel")],
           "div.channel_constant")


def scalars(net):
    """N8: multiplied by and added to constants, also behind one another."""
    x = net.input("x", 5, 8, 7)
    y = net.conv(x, 5, 6, 3, "scalar.conv", pads=[1, 1, 1, 1])
    for name, factor in (("grow", 2.5), ("shrink", 0.03), ("negate", -1), ("reflect", -0.7),
                         ("zero", 0), ("one", 1)):
        net.scalar("Mul", y, factor, f"mul.{name}")
    for name, term in (("little", 0.11), ("minus", -0.4), ("nothing", 0), ("far", 100),
                       ("far_below", -40)):
        net.scalar("Add", y, term, f"add.{name}")
    net.scalar("Sub", y, 0.3, "sub.constant")
    net.scalar("Sub", y, 0.3, "sub.from_constant", first=True)
    net.scalar("Div", y, 4, "div.constant")
    net.scalar("Div", y, -3, "div.negative")
    net.op("Neg", [y], "negated")
    z = net.scalar("Add", net.scalar("Mul", y, -1.5, "chain.mul"), 0.2, "chain.add")
    net.conv(z, 6, 4, 3, "chain.conv")
    net.conv(net.scalar("Mul", net.scalar("Sub", x, 0.45, "mean"), 4.4, "scaled"), 5, 4, 3, "normalized")
    net.op("Relu", [net.scalar("Add", y, 0.2, "before.relu")], "add.relu")
    net.op("Relu", [net.scalar("Mul", y, -2, "before.relu2")], "mul.relu")
    net.scalar("Mul", net.op("Relu", [net.conv(x, 5, 6, 3, "relu.conv")], "relu.relu"), -0.5,
               "mul.behind_relu")
