"""What was simulated is what runs: after training, no code of qopt.torch's module differs from the program."""
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
pytest.importorskip("qopt._core", reason="the native module is not built (nanobind)")

import models  # noqa: E402
import torchnets  # noqa: E402

import qopt.torch  # noqa: E402

RUNNING = {"observer": "moving_average_min_max"}
CONFIGS = {
    "default": (None, None),
    "per_tensor": ({"global": {"weight": {"granularity": "per_tensor"}}}, None),
    "s8": ({"global": {"activation": {"dtype": "s8"}}}, None),
    "symmetric": ({"global": {"activation": {"dtype": "s8", "scheme": "symmetric"}}}, None),
    "lsq": (None, "scale"),
    "lsq_zero_point_4bit": ({"global": {"activation": {"dtype": "u4"}, "weight": {"dtype": "s4"}}},
                            "scale_and_zero_point"),
}


def check(model, data, mapping=None, learn=None, tensors=3):
    torch.manual_seed(0)
    x = data[0][0]
    prepared = qopt.torch.prepare_qat(model, (x[:2],), mapping, learn=learn)
    torchnets.train(prepared, data)
    prepared.eval()
    program = qopt.torch.convert(prepared, (x[:2],))
    different = torchnets.differing(prepared, program, x)
    assert different.tensors >= tensors and different.codes == 0, vars(different)
    own = torch.utils._pytree.tree_leaves(prepared(x))
    for a, b in zip(own, torch.utils._pytree.tree_leaves(program(x))):
        assert torch.equal(a, b)
    return prepared, program


@pytest.mark.parametrize("config", CONFIGS)
def test_mixed(config):
    check(torchnets.Mixed(), torchnets.batches(), *CONFIGS[config], tensors=12)


def test_resnet20():
    try:
        folder = models.data_folder()
    except models.Missing as reason:
        pytest.skip(str(reason))
    import importlib.util
    spec = importlib.util.spec_from_file_location("cifar10", folder / "cifar10.py")
    cifar10 = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(cifar10)
    check(cifar10.resnet(20), torchnets.batches(2, 8, 32), tensors=20)


@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v2"])
def test_torchvision(name):
    try:
        zoo = models.torchvision_models()
    except models.Missing as reason:
        pytest.skip(str(reason))
    check(getattr(zoo, name)(num_classes=10), torchnets.batches(2, 4, 32), tensors=20)


def test_frozen_training_has_the_codes():
    """With batch-norms frozen and observers off, a forward pass in train() mode has the program's codes;
    dropout is off by p = 0."""
    model = torchnets.Mixed()
    model.drop.p = 0.0
    prepared, _ = check(model, torchnets.batches())
    prepared.train()
    qopt.torch.freeze_bn(prepared)
    qopt.torch.disable_observer(prepared)
    torchnets.train(prepared, torchnets.batches(2, seed=2))
    x = torchnets.batches(1, seed=3)[0][0]
    program = qopt.torch.convert(prepared, (x,))
    assert prepared.training
    different = torchnets.differing(prepared, program, x)
    assert different.codes == 0 and different.of > 10000


def test_calibrated():
    """prepare, calibrate, convert: static quantization, with the native observers."""
    model = torchnets.Mixed()
    torchnets.train(model.train(), torchnets.batches(4))
    model.eval()
    data = [x for x, _ in torchnets.batches(3)]
    prepared = qopt.torch.prepare(model, (data[0],))
    with pytest.raises(qopt.torch.TorchError, match="has seen no data"):
        qopt.torch.convert(prepared, (data[0],))
    qopt.torch.calibrate(prepared, data, progress=lambda samples: None)
    program = qopt.torch.convert(prepared, (data[0],))
    assert torchnets.differing(prepared, program, data[1]).codes == 0
    error = (model(data[1])["logits"] - program(data[1])["logits"]).abs().max()
    assert error < 0.1 * model(data[1])["logits"].abs().max()


def test_out_of_range_scalar():
    """add_scalar whose zero point leaves the range is observed, and a table in the program (N8)."""
    class Far(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = torch.nn.Conv2d(3, 4, 3)

        def forward(self, x):
            return torch.relu(self.conv(x)) + 30.0
    x = torch.randn(4, 3, 8, 8)
    prepared = qopt.torch.prepare_qat(Far(), (x,))
    prepared(x)
    prepared.eval()
    program = qopt.torch.convert(prepared, (x,))
    assert torchnets.differing(prepared, program, x).codes == 0


def test_program_keeps_structure_and_saves(tmp_path):
    model = torchnets.Mixed().eval()
    x = torch.randn(3, 3, 16, 16)
    prepared = qopt.torch.prepare_qat(model, (x,))
    prepared(x)
    program = qopt.torch.convert(prepared, (x,))
    out = program(x)
    assert set(out) == {"logits", "features"} and out["logits"].shape == (3, 10)
    arrays = program(x.numpy())
    assert (arrays["logits"] == out["logits"].numpy()).all()
    program.save(tmp_path / "m.so")
    loaded = qopt.load(tmp_path / "m.so")
    assert (loaded.run({"x": x.numpy()})["logits"] == arrays["logits"]).all()
    program.save(tmp_path / "m.mlir")
    assert "!quant.uniform" in (tmp_path / "m.mlir").read_text(encoding="utf-8")
    with pytest.raises(qopt.torch.TorchError, match="another structure"):
        program(x, x)
