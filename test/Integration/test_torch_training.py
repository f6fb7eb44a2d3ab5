"""The prepared module as a torch module: gradients, modes, state, switches, and what goes wrong."""
import copy
import math
import warnings

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
pytest.importorskip("qopt._core", reason="the native module is not built (nanobind)")

import torch.nn.functional as F  # noqa: E402
import torchnets  # noqa: E402
from torch import nn  # noqa: E402

import qopt.torch  # noqa: E402
from qopt.torch import fast, functions  # noqa: E402
from qopt.torch.quantizer import Quantizer  # noqa: E402

X = torch.randn(4, 3, 16, 16, generator=torch.Generator().manual_seed(0))
Y = torch.tensor([1, 2, 3, 4])
INFINITY = math.inf


def entry(**changes):
    return {"bits": 4, "signed": False, "qmin": 0, "qmax": 15, "scheme": "affine",
            "granularity": "per_tensor", "observer": "min_max", "options": {}, "scales": [0.13],
            "zero_points": [5], "axis": None, "fixed": None, "derived_from": None, **changes}


def defined(x, scale, zero, quantizer, low, high):
    """N11's forward by ops whose gradients autograd knows: rounding passes straight through."""
    rounded = lambda t: t + (t.round() - t).detach()
    axis = quantizer.axis
    s, z = functions.along(scale, x, axis), functions.along(zero, x, axis)
    code = (rounded(x.clamp(low, high) / s) + rounded(z)).clamp(quantizer.qmin, quantizer.qmax)
    return (code - rounded(z)) * s


@pytest.mark.parametrize("native", [False, True])
@pytest.mark.parametrize("low, high", [(-INFINITY, INFINITY), (0.0, INFINITY), (0.0, 0.9)])
@pytest.mark.parametrize("axis", [None, 0])
def test_point_gradients(native, low, high, axis):
    """Straight-through and LSQ against autograd of the definition."""
    torch.manual_seed(1)
    if native and fast.kernels(X) is None:
        pytest.skip("no training kernels in qopt._core")
    changes = {} if axis is None else {"granularity": "per_channel", "axis": 0, "scheme": "affine",
                                       "scales": [0.1, 0.2, 0.3], "zero_points": [3, 5, 7]}
    learned = {"zero_point": True, "grad_scale": "lsq"}
    quantizer = Quantizer("p", entry(learned=learned, **changes), 1 if axis is None else 3)
    x = torch.randn(3, 40).requires_grad_()
    g = torch.randn(3, 40)
    out = (functions.fast_point(quantizer, x, low, high) if native else
           functions.point(quantizer, x, None, low, high))
    out.backward(g)
    factor = functions.arguments(quantizer, x)[2]
    x2 = x.detach().clone().requires_grad_()
    s2, z2 = (p.detach().clone().requires_grad_() for p in (quantizer.scale, quantizer.zero_point))
    wanted = defined(x2, s2, z2, quantizer, low, high)
    wanted.backward(g)
    assert torch.equal(out, wanted)
    assert torch.allclose(x.grad, x2.grad)
    assert torch.allclose(quantizer.scale.grad, factor * s2.grad, rtol=1e-4, atol=1e-5)
    assert torch.allclose(quantizer.zero_point.grad, factor * z2.grad, rtol=1e-4, atol=1e-5)


def gradients(prepared, x, y):
    prepared.zero_grad()
    F.cross_entropy(torchnets.logits(prepared(x)), y).backward()
    return {n: p.grad.clone() for n, p in prepared.named_parameters() if p.grad is not None}


@pytest.mark.parametrize("learn", [None, "scale"])
def test_kernels_against_torch_ops(monkeypatch, learn):
    """The native training step has the gradients and statistics of the one in torch ops. At 12 bits a
    value that rounds to the next code, because sums have another order, does not show."""
    if fast.kernels(X) is None:
        pytest.skip("no training kernels in qopt._core")
    model = torchnets.Mixed()
    model.drop.p = 0.0
    with torch.no_grad():
        model.bn1.weight[0] = -0.7  # a negative factor
        model.bn2.running_var.uniform_(0.5, 2.0)
    fine = {"activation": {"dtype": "u12"}, "weight": {"dtype": "s12"}}
    native = qopt.torch.prepare_qat(model, (X,), {"global": fine}, learn=learn)
    plain = copy.deepcopy(native)
    own = gradients(native, X, Y)
    monkeypatch.setattr(fast, "kernels", lambda tensor: None)
    other = gradients(plain, X, Y)
    for name, gradient in other.items():
        error = (own.get(name, torch.zeros_like(gradient)) - gradient).norm()
        assert error <= 1e-2 * gradient.norm() + 1e-5, name
    for (name, a), (_, b) in zip(native.named_buffers(), plain.named_buffers()):
        assert torch.allclose(a.float(), b.float(), rtol=1e-4, atol=1e-5), name


def test_batch_norm_is_that_of_the_float_model():
    """Without fake-quants the training step is the float model's: loss, gradients, statistics."""
    model = torchnets.Mixed().train()
    model.drop.p = 0.0
    with torch.no_grad():
        model.bn2.weight[1] = 1e-9  # below N16's bound: statistics from the float convolution
    prepared = qopt.torch.prepare_qat(model, (X,))
    qopt.torch.disable_fake_quant(prepared)
    own = gradients(prepared, X, Y)
    F.cross_entropy(model(X)["logits"], Y).backward()
    for name, parameter in model.named_parameters():
        if parameter.grad is not None and name != "conv1.bias":
            error = (own[name] - parameter.grad).norm()
            assert error <= 2e-3 * parameter.grad.norm() + 1e-5, name
    for name, buffer in model.named_buffers():
        assert torch.allclose(dict(prepared.named_buffers())[name].float(), buffer.float(), rtol=1e-3,
                              atol=1e-5), name


def test_names_modes_and_dropout():
    model = torchnets.Mixed().eval()
    prepared = qopt.torch.prepare_qat(model, (X,))
    assert not model.training and prepared.training
    names = [n for n, _ in prepared.named_parameters()]
    assert names == [n for n, _ in model.named_parameters()]
    prepared(X)
    assert not torch.equal(prepared(X)["logits"], prepared(X)["logits"])  # dropout
    prepared.eval()
    assert torch.equal(prepared(X)["logits"], prepared(X)["logits"])


def test_state_dict(tmp_path):
    model = torchnets.Mixed()
    prepared = qopt.torch.prepare_qat(model, (X,))
    torchnets.train(prepared, [(X, Y)] * 2)
    qopt.torch.freeze_bn(prepared)
    qopt.torch.disable_observer(prepared)
    torch.save(prepared.state_dict(), tmp_path / "s.pt")
    other = qopt.torch.prepare_qat(torchnets.Mixed(), (X,))
    other.load_state_dict(torch.load(tmp_path / "s.pt"))
    assert other.frozen and qopt.torch.state(other) == qopt.torch.state(prepared)
    assert torch.equal(other.eval()(X)["logits"], prepared.eval()(X)["logits"])
    with pytest.raises(qopt.torch.TorchError, match="that of a float model"):
        other.load_state_dict(model.state_dict())
    broken = {k: v for k, v in prepared.state_dict().items() if not k.startswith("fc.")}
    with pytest.raises(qopt.torch.TorchError, match=r"Missing key\(s\).*fc.weight"):
        other.load_state_dict(broken)
    with pytest.raises(qopt.torch.TorchError, match=r"Unexpected key\(s\).*more"):
        other.load_state_dict({**prepared.state_dict(), "more": torch.zeros(1)})
    twin = copy.deepcopy(prepared)
    assert torch.equal(twin(X)["logits"], prepared(X)["logits"])


def test_switches():
    prepared = qopt.torch.prepare_qat(torchnets.Plain(), (X,))
    prepared(X)
    before = qopt.torch.state(prepared)
    assert before["x"]["observing"] and before["x"]["quantizing"] and before["x"]["batches"] == 1
    qopt.torch.disable_observer(prepared)
    prepared(10 * X)
    assert qopt.torch.state(prepared)["x"]["scale"] == before["x"]["scale"]
    qopt.torch.disable_fake_quant(prepared)
    assert not qopt.torch.state(prepared)["body.0.weight"]["quantizing"]
    qopt.torch.enable_observer(prepared)
    qopt.torch.enable_fake_quant(prepared)
    prepared(10 * X)
    after = qopt.torch.state(prepared)["x"]
    assert after["scale"] != before["x"]["scale"] and after["batches"] == 2


def test_idle_scale_warns_once():
    model = torchnets.Plain()
    prepared = qopt.torch.prepare_qat(model, (X,), learn="scale")
    prepared(X)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)  # made for the wrong module
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(14):
            optimizer.zero_grad()
            prepared(X).sum().backward()
    messages = [str(w.message) for w in caught if issubclass(w.category, qopt.torch.QoptWarning)]
    assert len(messages) == len(set(messages)) > 0
    assert "never changed" in messages[0] and "before prepare_qat" in messages[0]


def test_nan():
    prepared = qopt.torch.prepare_qat(torchnets.Plain(), (X,))
    loss = prepared(X).sum() * math.nan
    with pytest.raises(qopt.torch.TorchError, match="the loss is not finite"):
        loss.backward()
    with pytest.raises(qopt.torch.TorchError, match="'x' sees NaN or infinity"):
        prepared(X * math.nan)


@pytest.mark.parametrize("given, message", [
    (torch.zeros(4, 3, 16, 15), r"has shape \[4, 3, 16, 15\], expected \['batch', 3, 16, 16\]"),
    (torch.zeros(4, 3, 16, 16, dtype=torch.float64), "expected a tensor of torch.float32"),
    (torch.zeros(4, 3, 16, 16, device="meta"), "is on meta, the module on cpu"),
    ([torch.zeros(4, 3, 16, 16)], "another structure")])
def test_bad_input(given, message):
    prepared = qopt.torch.prepare_qat(torchnets.Plain(), (X,))
    with pytest.raises(qopt.torch.TorchError, match=message):
        prepared(given)


def test_convert_before_observation():
    prepared = qopt.torch.prepare_qat(torchnets.Plain(), (X,))
    with pytest.raises(qopt.torch.TorchError, match="'x' has seen no data"):
        qopt.torch.convert(prepared, (X,))
    with pytest.raises(qopt.torch.TorchError, match="takes what prepare_qat"):
        qopt.torch.convert(torchnets.Plain(), (X,))
    with pytest.raises(qopt.torch.TorchError, match="prepared already"):
        qopt.torch.prepare_qat(prepared, (X,))


def test_searching_observer_in_training():
    mapping = {"global": {"activation": {"observer": "mse"}}}
    prepared = qopt.torch.prepare_qat(torchnets.Plain(), (X,), mapping, learn="scale")
    with pytest.raises(qopt.torch.TorchError, match=r"'mse', which runs in\s+qopt.torch.calibrate"):
        prepared(X)
    qopt.torch.calibrate(prepared, [X], progress=lambda samples: None)
    torchnets.train(prepared, [(X, Y)] * 2)


def test_batch_norm_never_run():
    prepared = qopt.torch.prepare_qat(torchnets.Mixed(), (X,))
    qopt.torch.freeze_bn(prepared)
    prepared(X)
    with pytest.warns(qopt.torch.QoptWarning, match="'bn1' .of 3. was never run"):
        qopt.torch.convert(prepared, (X,))


def test_shared_parameter():
    """Two layers that share a weight keep sharing it: one parameter, the sum of both gradients."""
    class Tied(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Conv2d(3, 3, 3, padding=1), nn.Conv2d(3, 3, 3, padding=1)
            self.b.weight = self.a.weight

        def forward(self, x):
            return self.b(F.relu(self.a(x)))
    prepared = qopt.torch.prepare_qat(Tied(), (X,))
    parameters = dict(prepared.named_parameters(remove_duplicate=False))
    assert parameters["a.weight"] is parameters["b.weight"]
    prepared(X).square().sum().backward()
    assert parameters["a.weight"].grad is not None
    prepared.eval()
    program = qopt.torch.convert(prepared, (X,))
    assert torchnets.differing(prepared, program, X).codes == 0


# ---- batch-norm re-estimation ----

class TwoNorms(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 6, 3, padding=1, bias=False), nn.BatchNorm2d(6)
        self.conv2, self.bn2 = nn.Conv2d(6, 4, 3), nn.BatchNorm2d(4)

    def forward(self, x):
        return self.bn2(self.conv2(self.bn1(self.conv1(x)).relu())).mean((2, 3))


def batches():
    g = torch.Generator().manual_seed(7)
    return [torch.randn(n, 3, 16, 16, generator=g) * 1.5 + 0.3 for n in (4, 8, 2)]


def test_reestimated_statistics_are_the_average():
    """Without fake-quant: torch's own statistics of each batch, averaged by samples, in both layers."""
    torch.manual_seed(3)
    model = TwoNorms()
    prepared = qopt.torch.prepare_qat(model, (X,))
    prepared(X)
    qopt.torch.disable_fake_quant(prepared)
    qopt.torch.freeze_bn(prepared.eval())
    before = {k: v.clone() for k, v in prepared.state_dict().items() if isinstance(v, torch.Tensor)}
    assert qopt.torch.reestimate_bn(prepared, batches()) is prepared
    assert prepared.frozen and not prepared.training
    assert all(s["observing"] for s in qopt.torch.state(prepared).values() if not s["fixed"])
    sums = {}
    for bn in (model.bn1, model.bn2):
        bn.momentum = 1.0
    with torch.no_grad():
        for x in batches():
            model.train()(x)
            for name, buffer in model.named_buffers():
                if "running" in name:
                    sums[name] = sums.get(name, 0) + len(x) * buffer.double()
    for name, total in sums.items():
        own = dict(prepared.named_buffers())[name]
        assert torch.allclose(own, (total / 14).float(), rtol=1e-4, atol=1e-5), name
        assert not torch.allclose(own, before[name])


@pytest.mark.parametrize("learn", [None, "scale"])
def test_reestimation_keeps_weight_codes_and_the_contract(learn):
    torch.manual_seed(3)
    prepared = qopt.torch.prepare_qat(TwoNorms(), (X,), learn=learn)
    optimizer = torch.optim.SGD(prepared.parameters(), lr=0.05)
    for _ in range(3):
        F.cross_entropy(prepared(X)[:, :4], Y % 4).backward()
        optimizer.step()
        optimizer.zero_grad()

    def codes():
        fold = next(iter(prepared.folds.values()))
        parts = [None if o is None else prepared.tensor(prepared.graph.maker[o].attrs["name"])
                 for o in fold.parts]
        weight, _ = functions.fold_batch_norm(*parts, fold.eps)
        return (weight / prepared.quantizer("conv1.weight").grid()[0].reshape(-1, 1, 1, 1)).round()

    with torch.no_grad():
        before = codes()
        qopt.torch.reestimate_bn(prepared, batches())
        assert (codes() != before).float().mean() < 0.01  # ties may fall the other way
    program = qopt.torch.convert(prepared.eval(), (X,))
    assert torch.equal(program(X), prepared(X).detach())


def test_reestimation_agrees_with_the_native_pass(tmp_path):
    """One batch is all samples, so the two definitions differ only by which variance normalizes."""
    import numpy as np

    from qopt.torch.convert import trained_module
    torch.manual_seed(3)
    prepared = qopt.torch.prepare_qat(TwoNorms(), (X,))
    prepared(X)
    np.savez(tmp_path / "x.npz", x=X.numpy())
    module = trained_module(prepared)
    module.run(f"calibrate-reestimate-batch-norm{{data={tmp_path / 'x.npz'}}}")
    qopt.torch.reestimate_bn(prepared, [X])
    for name, buffer in prepared.named_buffers():
        if "running" in name and "num" not in name:
            assert np.allclose(module.data(name), buffer.numpy(), rtol=0.05, atol=0.02), name


def test_reestimation_errors():
    prepared = qopt.torch.prepare_qat(TwoNorms(), (X,))
    with pytest.raises(qopt.torch.TorchError, match="has seen no data"):
        qopt.torch.reestimate_bn(prepared, batches())
    prepared(X)
    before = {k: v.clone() for k, v in prepared.named_buffers()}
    with pytest.raises(qopt.torch.TorchError, match="got no data"):
        qopt.torch.reestimate_bn(prepared, [])
    qopt.torch.disable_fake_quant(prepared)  # which would make codes of infinities
    with pytest.raises(qopt.torch.TorchError, match="bn1.running_mean.*NaN or infinite"):
        qopt.torch.reestimate_bn(prepared, [X, X / 0])
    for name, buffer in prepared.named_buffers():
        if "running" in name:
            assert torch.equal(buffer, before[name]), name
    plain = qopt.torch.prepare_qat(nn.Sequential(nn.Linear(4, 2)), (torch.randn(2, 4),))
    with pytest.raises(qopt.torch.TorchError, match="no batch-norm"):
        qopt.torch.reestimate_bn(plain, [torch.randn(2, 4)])
