"""Dynamic quantization of linear layers from qopt.torch: simulation and program agree in every bit (N17)."""
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
pytest.importorskip("qopt._core", reason="the native module is not built (nanobind)")

import torch.nn.functional as F  # noqa: E402
from torch import nn  # noqa: E402

import qopt  # noqa: E402
import qopt.torch  # noqa: E402

LINEAR = {"global": None, "object_type": {"linear": "dynamic"}}


class Block(nn.Module):
    """A feed-forward block: ReLU, a residual sum, no bias here and there, a last layer."""

    def __init__(self):
        super().__init__()
        self.up, self.down = nn.Linear(20, 48), nn.Linear(48, 20, bias=False)
        self.head = nn.Linear(20, 10)

    def forward(self, x):
        return self.head(self.down(F.relu(self.up(x))) + x)


@pytest.fixture
def x():
    return torch.randn(7, 5, 20, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def model():
    torch.manual_seed(0)
    return Block().eval()


def test_one_call(model, x):
    program = qopt.torch.quantize_dynamic(model, (x,))
    prepared = qopt.torch.calibrate(qopt.torch.prepare(model, (x,), LINEAR))
    assert torch.equal(program(x), prepared(x))
    with torch.no_grad():
        plain = model(x)
    assert (program(x) - plain).abs().max() < 0.03 * plain.abs().max()
    # The range is the tensor's: another one gives other scales, and the same agreement.
    assert torch.equal(program(x * 100 - 3), prepared(x * 100 - 3))
    assert torch.equal(program(torch.zeros_like(x)), prepared(torch.zeros_like(x)))


@pytest.mark.parametrize("learn", [None, "scale"])
def test_training(model, x, learn):
    prepared = qopt.torch.prepare_qat(model, (x,), LINEAR, learn=learn)
    optimizer = torch.optim.SGD(prepared.parameters(), lr=0.01)
    losses = []
    for _ in range(4):
        loss = (prepared(x) - 1).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < losses[0]
    program = qopt.torch.convert(prepared.eval(), (x,))
    assert torch.equal(program(x), prepared(x))


def test_batch_norm_in_training(x):
    """A batch-norm behind a dynamic layer follows batches; eval() has the program's bits."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(20, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 4))
    rows = x.reshape(-1, 20)
    prepared = qopt.torch.prepare_qat(net, (rows,), LINEAR)
    for _ in range(3):
        prepared(rows).square().mean().backward()
    program = qopt.torch.convert(prepared.eval(), (rows,))
    assert torch.equal(program(rows), prepared(rows))


def test_gradients_are_straight_through(x):
    """Those of the layer on the values that its codes stand for (N11)."""
    from qopt.torch.functions import dynamic_grid
    torch.manual_seed(0)
    layer = nn.Linear(20, 10)
    prepared = qopt.torch.prepare_qat(layer, (x,), LINEAR)
    own = x.clone().requires_grad_()
    prepared(own).sum().backward()
    scale, zero = dynamic_grid(x)
    seen = (torch.round(x / scale).clamp(-zero, 255 - zero) * scale).flatten(0, 1)
    weight_scale = next(iter(prepared.points().values())).grid()[0].view(-1, 1)
    weight = torch.round(layer.weight / weight_scale).clamp(-127, 127) * weight_scale
    ones = torch.ones(seen.shape[0], 10)
    assert torch.allclose(own.grad.flatten(0, 1), ones @ weight, atol=1e-5)
    assert torch.allclose(prepared.weight.grad, ones.t() @ seen, atol=1e-4)
    assert torch.equal(prepared.bias.grad, ones.sum(0))


@pytest.mark.parametrize("name", ["default_dynamic_qconfig", "per_channel_dynamic_qconfig"])
def test_torch_ao(model, x, name):
    ao = pytest.importorskip("torch.ao.quantization", reason="torch has no torch.ao.quantization")
    mapping = ao.QConfigMapping().set_object_type(nn.Linear, getattr(ao, name))
    program = qopt.torch.quantize_dynamic(model, (x,), mapping)
    with torch.no_grad():
        plain = model(x)
    assert (program(x) - plain).abs().max() < 0.03 * plain.abs().max()


def test_static_layers_need_samples(model, x):
    with pytest.raises(qopt.Error, match="needs samples"):
        qopt.torch.quantize_dynamic(model, (x,), {"module_name": {"up": "dynamic"}})


def test_mixed_with_static(model, x):
    prepared = qopt.torch.prepare(model, (x,), {"module_name": {"up": "dynamic"}})
    qopt.torch.calibrate(prepared, [x])
    program = qopt.torch.convert(prepared, (x,))
    assert torch.equal(program(x), prepared(x))
