"""The front end: names, structures, eager-mode models, and what it refuses."""
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
pytest.importorskip("qopt._core", reason="the native module is not built (nanobind)")

import torch.nn.functional as F  # noqa: E402
import torchnets  # noqa: E402
from torch import nn  # noqa: E402
from torch.ao.nn.intrinsic import ConvBnReLU2d  # noqa: E402
from torch.ao.nn.quantized import FloatFunctional  # noqa: E402
from torch.ao.quantization import DeQuantStub, QuantStub  # noqa: E402

import qopt  # noqa: E402
import qopt.torch  # noqa: E402
from qopt.torch.importer import import_model  # noqa: E402

X = torch.randn(2, 3, 8, 8)


def ops(model, *inputs):
    """The ops of the imported graph, constants aside."""
    imported = import_model(model.eval(), inputs or (X,), qopt.Builder)
    return imported, [o for o in imported.module.graph()["ops"] if o["op"] != "nn.parameter"]


def test_names_and_structure():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.block = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
            self.relu = nn.ReLU(inplace=True)

        def forward(self, image, extra):
            x = self.relu(self.block(image))
            return [self.relu(x + extra["bias"]), {"mean": x.mean((2, 3))}]
    imported, graph = ops(Net(), X, {"bias": torch.randn(2, 4, 6, 6)})
    described = imported.module.graph()
    assert [i["name"] for i in described["inputs"]] == ["image", "extra.bias"]
    assert [o["name"] for o in described["outputs"]] == ["output.0", "output.1.mean"]
    assert [o["name"] for o in graph] == ["block.0", "block.1", "relu", "add", "relu_1", "mean"]
    assert [o["layer"] for o in graph][2:5] == ["relu", "add", "relu"]
    assert described["inputs"][0]["shape"] == [None, 3, 8, 8]


def test_one_observer_per_call():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 3, 3, padding=1)

        def forward(self, x):
            return self.conv(F.relu(self.conv(x)))
    prepared = qopt.torch.prepare_qat(Twice(), (X,))
    points = qopt.torch.state(prepared)
    assert {"x", "conv.weight", "relu", "conv_1"} <= set(points)


class Eager(nn.Module):
    """Written for eager mode: stubs, FloatFunctional, a fused module, float layers outside."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 4, 1)
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.fused = ConvBnReLU2d(nn.Conv2d(4, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU())
        self.skip, self.scale = FloatFunctional(), FloatFunctional()
        self.fc = nn.Linear(4, 5)

    def forward(self, x):
        x = self.quant(self.first(x))
        y = self.skip.add_relu(self.fused(x), x)
        y = self.scale.mul_scalar(y, -0.5)
        y = self.scale.add_scalar(y, 0.1)
        return self.fc(self.dequant(self.skip.cat([y, y], 1))[:, :4].mean((2, 3)))


def test_eager_mode():
    model = Eager()
    imported, graph = ops(model)
    kinds = [o["op"].removeprefix("nn.") for o in graph]
    assert kinds[:7] == ["conv2d", "conv2d", "batch_norm", "relu", "add", "relu", "mul_scalar"]
    assert graph[6]["layer"] == "scale"
    assert imported.outside[0] == "first" and "fc" in imported.outside
    assert "fused.0" not in imported.outside
    assert type(model.skip).add is FloatFunctional.add  # put back
    prepared = qopt.torch.prepare_qat(model, (X,))
    torchnets.train(prepared, [(X, torch.tensor([1, 2]))] * 2)
    prepared.eval()
    program = qopt.torch.convert(prepared, (X,))
    ops_left = program.module.graph()["ops"]
    reasons = {o["layer"]: o["attrs"]["qopt.float_reason"] for o in ops_left
               if "qopt.float_reason" in o["attrs"]}
    assert "outside QuantStub" in reasons["first"] and "outside QuantStub" in reasons["fc"]
    assert "fused.0" not in reasons
    assert (prepared(X) - program(X)).abs().max() < 1e-4


def test_all_unsupported_ops_at_once():
    class Odd(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Softplus())

        def forward(self, x):
            return torch.erf(self.inner(x)).cumsum(1)
    with pytest.raises(qopt.torch.TorchError) as error:
        qopt.torch.prepare_qat(Odd(), (X,))
    text = str(error.value)
    assert text.startswith("3 op(s)") and "module 'inner.1': aten.softplus.default" in text
    assert "aten.erf" in text and "aten.cumsum" in text


def test_export_failure_is_explained():
    class Branch(nn.Module):
        def forward(self, x):
            return x if x.sum() > 0 else -x
    with pytest.raises(qopt.torch.TorchError, match="torch.export cannot take this model(.|\n)*ways out"):
        qopt.torch.prepare_qat(Branch(), (X,))


@pytest.mark.parametrize("inputs, message", [
    (None, "example_inputs is missing"), ((), "expected a tensor"),
    (3, "expected a tensor"), ((torch.ones(2, 3, 8, 8, dtype=torch.int64),), "networks take f32")])
def test_bad_example(inputs, message):
    with pytest.raises(qopt.torch.TorchError, match=message):
        qopt.torch.prepare_qat(nn.ReLU(), inputs)


def test_mapping_of_torch():
    from torch.ao.quantization import get_default_qat_qconfig_mapping
    mapping = get_default_qat_qconfig_mapping("x86").set_module_name("conv2", None)
    prepared = qopt.torch.prepare_qat(torchnets.Mixed(), (torch.randn(2, 3, 16, 16),), mapping)
    points = prepared.points()
    assert points["x"].qmax == 127 and "conv2.weight" not in points
    assert points["conv1.weight"].qmin == -128 and points["conv1.weight"].axis == 0


def test_bad_mapping():
    with pytest.raises(qopt.torch.TorchError, match="expected a dict, JSON text"):
        qopt.torch.prepare_qat(torchnets.Plain(), (torch.randn(2, 3, 16, 16),), 3)
    with pytest.raises(qopt.Error, match="expected"):
        qopt.torch.prepare_qat(torchnets.Plain(), (torch.randn(2, 3, 16, 16),),
                               {"global": {"weight": {"dtype": "s33"}}})
