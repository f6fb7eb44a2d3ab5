"""qopt.plot draws what it should from a prepared module."""
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
pytest.importorskip("matplotlib", reason="matplotlib is not installed")
pytest.importorskip("qopt._core", reason="the native module is not built (nanobind)")

import torchnets  # noqa: E402

import qopt.plot  # noqa: E402
import qopt.torch  # noqa: E402


def test_pictures(tmp_path):
    model = torchnets.Mixed()
    data = torchnets.batches(2)
    x = data[0][0]
    prepared = qopt.torch.prepare_qat(model, (x,), {"object_type": {"conv2d": {
        "activation": {"dtype": "u4"}}}})
    with pytest.raises(ValueError, match="no point has a scale yet"):
        qopt.plot.ranges(qopt.torch.prepare_qat(torchnets.Plain(), (x,)))
    history = qopt.plot.History(prepared)
    with pytest.raises(ValueError, match="nothing was recorded"):
        history.figure()
    for batch in data:
        torchnets.train(prepared, [batch])
        history.record()
    ranges = qopt.plot.ranges(prepared)
    labels = [t.get_text() for t in ranges.axes[0].get_yticklabels()]
    assert "x" in labels and "conv1.weight" not in labels
    assert "conv1.weight" in [t.get_text() for t in qopt.plot.ranges(
        prepared, weights=True).axes[0].get_yticklabels()]
    picture = qopt.plot.histogram(prepared, x, "relu")
    assert len(picture.axes[0].lines) == 16 + 2  # the grid of u4, and its ends
    qopt.plot.histogram(prepared, x, "conv1.weight")
    with pytest.raises(ValueError, match="no point is called 'relux'; near: relu"):
        qopt.plot.histogram(prepared, x, "relux")
    assert history.figure(["relu"]).axes[0].lines[0].get_ydata()[0] == 1.0
    noise = dict(qopt.plot.errors(prepared, x))
    assert 5 < noise["x"] < 30 and 5 < noise["relu"] < 30  # 4 bits
    figure = qopt.plot.compare(model, prepared, x)
    figure.savefig(tmp_path / "compare.png")
    assert (tmp_path / "compare.png").stat().st_size > 1000
    assert all(point.quantizing for point in prepared.points().values())
