"""Models of fusions, shared values and blocks of real networks; see opmodels.FAMILIES."""


def residual(net):
    """Residual adds in both operand orders, with and without what follows them."""
    x = net.input("x", 6, 9, 8)
    trunk = net.op("Relu", [net.conv_bn(x, 6, 6, "trunk.bn")], "trunk")

    def branch(name):
        return net.conv_bn(trunk, 6, 6, name)

    net.op("Relu", [net.op("Add", [branch("right.bn"), trunk], "right.add")], "right.relu")
    net.op("Relu", [net.op("Add", [trunk, branch("left.bn")], "left.add")], "left.relu")
    net.op("Add", [branch("plain.bn"), trunk], "plain.add")
    net.clip(net.op("Add", [branch("six.bn"), trunk], "six.add"), 0, 6, "six.relu6")
    net.op("Relu", [net.op("Add", [branch("two.bn1"), branch("two.bn2")], "two.add")], "two.relu")
    net.op("HardSwish", [net.op("Add", [branch("swish.bn"), trunk], "swish.add")], "swish.act")
    # Behind an activation of its own the convolution cannot take the add.
    acted = net.op("Relu", [branch("acted.bn")], "acted.relu")
    net.op("Add", [acted, trunk], "acted.add")
    # The residual comes later in program order, or broadcasts, or is the branch itself.
    early = branch("early.bn")
    net.op("Add", [early, net.op("Sigmoid", [trunk], "early.sigmoid")], "early.add")
    pooled = net.op("GlobalAveragePool", [trunk], "pooled")
    net.op("Add", [branch("broadcast.bn"), pooled], "broadcast.add")
    double = branch("double.bn")
    net.op("Add", [double, double], "double.add")
    net.op("Add", [net.conv(pooled, 6, 6, 1, "wide.conv"), trunk], "wide.add")


def shared(net):
    """Values with several users: what one of them needs must not be lost to a fusion."""
    x = net.input("x", 6, 9, 8)
    a, b = net.conv_bn(x, 6, 6, "a.bn"), net.conv_bn(x, 6, 6, "b.bn")
    relu_a, relu_b = net.op("Relu", [a], "a.relu"), net.op("Relu", [b], "b.relu")
    net.op("Add", [a, relu_b], "a_and_relu_b")  # a is read behind and in front of its relu
    net.op("Mul", [relu_a, relu_b], "product")
    c = net.conv(x, 6, 6, 3, "c.conv", pads=[1, 1, 1, 1])
    net.batch_norm(c, 6, "c.bn")
    net.op("Relu", [c], "c.relu")
    d = net.op("Add", [net.conv_bn(relu_a, 6, 6, "d.bn"), relu_a], "d.add")
    net.op("Relu", [d], "d.relu")
    net.op("Sigmoid", [d], "d.sigmoid")
    e = net.conv_bn(x, 6, 6, "e.bn")
    net.output(e)
    net.op("Relu", [e], "e.relu")
    # One module used twice: two nodes with the same weights.
    weight, bias = net.weights((6, 6, 3, 3), 54, "module.weight"), net.bias(6, "module.bias")
    first = net.op("Conv", [x, weight, bias], "module.first", kernel_shape=[3, 3], pads=[1] * 4)
    first = net.op("Relu", [first], "module.relu")
    net.op("Conv", [first, weight, bias], "module.second", kernel_shape=[3, 3], pads=[1] * 4)


def squeeze_excite(net):
    """MobileNetV3's block: depthwise, SE gate of [N, C, 1, 1], hard-swish, residual."""
    x = net.input("x", 8, 9, 9)
    y = net.op("HardSwish", [net.conv_bn(x, 8, 24, "expand.bn", kernel=1)], "expand")
    y = net.op("HardSwish", [net.conv_bn(y, 24, 24, "depth.bn", groups=24)], "depth")
    gate = net.op("GlobalAveragePool", [y], "se.mean")
    gate = net.op("Relu", [net.conv(gate, 24, 6, 1, "se.reduce")], "se.relu")
    gate = net.conv(gate, 6, 24, 1, "se.expand")
    gated = net.op("Mul", [y, net.op("HardSigmoid", [gate], "se.gate", alpha=1 / 6, beta=0.5)], "se.mul")
    net.op("Add", [net.conv_bn(gated, 24, 8, "project.bn", kernel=1), x], "block")
    sigmoid = net.op("Mul", [net.op("Sigmoid", [gate], "se.sigmoid"), y], "se.mul_first")
    net.silu(net.conv_bn(sigmoid, 24, 8, "silu.bn", kernel=1), "silu.block")


def small_unet(net):
    """Down, up by transposed convolution and by resize, cat with the skip, several outputs."""
    x = net.input("x", 3, 16, 12)
    skip = net.op("Relu", [net.conv_bn(x, 3, 8, "down.bn")], "down")
    low = net.op("MaxPool", [skip], "low.pool", kernel_shape=[2, 2], strides=[2, 2])
    low = net.op("LeakyRelu", [net.conv_bn(low, 8, 16, "low.bn")], "low", alpha=0.1)
    up = net.conv_transpose(low, 16, 8, 2, "up", strides=[2, 2])
    joined = net.op("Concat", [skip, up], "joined", axis=1)
    mask = net.op("Relu", [net.conv_bn(joined, 16, 8, "merge.bn")], "merge")
    net.op("Sigmoid", [net.conv(mask, 8, 1, 1, "mask.logits")], "mask")
    near = net.resize(low, "near", scales=[2.0, 2.0], mode="nearest",
                      coordinate_transformation_mode="asymmetric", nearest_mode="floor")
    smooth = net.resize(low, "smooth", scales=[2.0, 2.0], mode="linear",
                        coordinate_transformation_mode="half_pixel")
    net.op("Add", [near, smooth], "both")
    net.output(low)


def movement_only(net):
    """No arithmetic at all: inputs that go to outputs by movements."""
    x = net.input("x", 4, 6, 6)
    y = net.op("MaxPool", [x], "moved.pool", kernel_shape=[2, 2], strides=[2, 2])
    net.op("Flatten", [y], "moved.flat")
    net.op("Transpose", [x], "moved.turned", perm=[0, 3, 2, 1])
