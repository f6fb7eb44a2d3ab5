"""Pictures of a quantization, with matplotlib: what each point does to its values.

    qopt.plot.ranges(prepared).savefig("ranges.png")
    qopt.plot.histogram(prepared, x, "layer1.0.conv1").savefig("conv1.png")
    history = qopt.plot.History(prepared);  ...history.record() per step...;  history.figure()
    qopt.plot.compare(model, prepared, x).savefig("compare.png")

`prepared` is what qopt.torch.prepare_qat or prepare returned. Each function returns a matplotlib Figure
that belongs to no window; ValueError for a point that does not exist or has no scale yet.
"""
import difflib


def _figure(width, height):
    from matplotlib.figure import Figure
    return Figure(figsize=(width, height), layout="constrained")


def _known(prepared, activations=True):
    points = {s: q for s, q in prepared.points().items()
              if q.known and q.is_weight != activations}
    if not points:
        raise ValueError("no point has a scale yet: run data through the prepared module")
    return points


def grid_ends(point):
    """(least, greatest) value that the codes of a point reach, over its channels."""
    scale, zero = (p.detach() for p in point.grid())
    return float(((point.qmin - zero) * scale).min()), float(((point.qmax - zero) * scale).max())


def ranges(prepared, weights=False):
    """Per point: the observed range (thick) against what its codes reach (thin), one row each."""
    points = _known(prepared, not weights)
    figure = _figure(7, 1 + 0.22 * len(points))
    axis = figure.subplots()
    for row, point in enumerate(points.values()):
        axis.plot(grid_ends(point), [row, row], color="#8a8f98", linewidth=1, marker="|")
        if point.seen:
            axis.plot([float(point.low.min()), float(point.high.max())], [row, row], color="#2f6fb3",
                      linewidth=4, alpha=0.7)
    axis.set_yticks(range(len(points)), list(points), fontsize=7)
    axis.invert_yaxis()
    axis.set_xlabel("value; blue: observed, grey: what the codes reach")
    return figure


def histogram(prepared, x, symbol, bins=200):
    """Distribution of one value on the input x (tensor) against its quantization grid; `symbol` is the
    name of a point in qopt.torch.state(prepared)."""
    import torch
    points = prepared.points()
    if symbol not in points:
        near = difflib.get_close_matches(symbol, points, 3)
        raise ValueError(f"no point is called '{symbol}'" + (f"; near: {', '.join(near)}" if near else ""))
    point = points[symbol]
    point.check_known()
    values = before(prepared, x, point)
    figure = _figure(7, 3)
    axis = figure.subplots()
    axis.hist(values.flatten().numpy(), bins=bins, color="#2f6fb3", log=True)
    scale, zero = (p.detach().flatten()[0] for p in point.grid())
    if point.qmax - point.qmin < 64:
        for code in range(point.qmin, point.qmax + 1):
            axis.axvline(float((code - zero) * scale), color="#8a8f98", linewidth=0.6)
    for end in grid_ends(point):
        axis.axvline(end, color="#c44536", linewidth=1.5)
    clipped = float(((values < grid_ends(point)[0]) | (values > grid_ends(point)[1])).to(
        torch.float32).mean())
    axis.set_title(f"{symbol}: scale {float(scale):.4g}, zero point {int(zero)}, "
                   f"{100 * clipped:.2f} % beyond the grid", fontsize=9)
    return figure


def before(prepared, x, point):
    """The values that reach a point, before it quantizes them (the rest of the network quantized)."""
    import torch
    was = point.quantizing, prepared.training
    try:
        prepared.eval()
        point.quantizing = False
        with torch.no_grad():
            found = [v for name, v, _ in prepared.values(x) if name == point.symbol]
        if not found and point.symbol in prepared.places:
            found = [prepared.tensor(point.symbol).detach()]  # a weight
    finally:
        point.quantizing = was[0]
        prepared.train(was[1])
    if not found:
        raise ValueError(f"'{point.symbol}' stands inside a fused group and is no value of its own")
    return found[-1]


class History:
    """Scales over training: call record() once per step or epoch, figure() at the end."""

    def __init__(self, prepared):
        self.prepared, self.scales = prepared, {}

    def record(self):
        for symbol, point in self.prepared.points().items():
            if point.known:
                self.scales.setdefault(symbol, []).append(float(point.grid()[0].detach().mean()))

    def figure(self, symbols=None):
        """Relative change of each scale (the mean over channels) since it was first recorded."""
        chosen = {s: v for s, v in self.scales.items() if symbols is None or s in symbols}
        if not chosen:
            raise ValueError("nothing was recorded: call record() after steps of training")
        figure = _figure(7, 4)
        axis = figure.subplots()
        for symbol, scales in chosen.items():
            axis.plot([s / scales[0] for s in scales], linewidth=1, label=symbol)
        axis.set_xlabel("record")
        axis.set_ylabel("scale, relative to the first")
        if len(chosen) <= 12:
            axis.legend(fontsize=7)
        return figure


def compare(model, prepared, x):
    """Float against quantized: signal to noise (dB) of each value of the network on the input x."""
    import torch
    rows = errors(prepared, x)
    figure = _figure(7, 1 + 0.22 * len(rows))
    axis = figure.subplots()
    axis.barh(range(len(rows)), [db for _, db in rows], color="#2f6fb3")
    axis.set_yticks(range(len(rows)), [name for name, _ in rows], fontsize=7)
    axis.invert_yaxis()
    axis.set_xlabel("signal to quantization noise, dB")
    was = model.training
    with torch.no_grad():
        wanted = torch.utils._pytree.tree_leaves(model.eval()(x))[0]
        got = torch.utils._pytree.tree_leaves(prepared.eval()(x))[0]
    model.train(was)
    axis.set_title(f"output: largest difference {float((wanted - got).abs().max()):.4g} of "
                   f"{float(wanted.abs().max()):.4g}", fontsize=9)
    return figure


def errors(prepared, x):
    """[(value's name, dB)]: the quantized run against the same network with its fake-quants off."""
    import torch
    points, was = prepared.points(), prepared.training
    flags = {s: q.quantizing for s, q in points.items()}
    try:
        prepared.eval()
        with torch.no_grad():
            quantized = {n: v for n, v, q in prepared.values(x) if q is not None}
            for point in points.values():
                point.quantizing = False
            plain = {n: v for n, v, _ in prepared.values(x)}
    finally:
        for symbol, point in points.items():
            point.quantizing = flags[symbol]
        prepared.train(was)
    found = []
    for name, value in quantized.items():
        if name in plain and plain[name].shape == value.shape:
            noise = float((plain[name] - value).double().square().mean())
            signal = float(plain[name].double().square().mean())
            if noise > 0 and signal > 0:
                found.append((name, 10 * torch.log10(torch.tensor(signal / noise)).item()))
    return found
