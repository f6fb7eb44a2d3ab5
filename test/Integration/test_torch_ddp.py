"""Two processes under DistributedDataParallel (gloo) see what one process sees on all of the data."""
import json
import os
import pathlib
import socket
import subprocess
import sys

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
pytest.importorskip("qopt._core", reason="the native module is not built (nanobind)")

import torchnets  # noqa: E402

import qopt.torch  # noqa: E402

MAPPING = {"global": {"activation": {"observer": "min_max"}}}


def prepared_model():
    torch.manual_seed(0)
    model = torchnets.Mixed()
    model.drop.p = 0.0
    return qopt.torch.prepare_qat(model, (torch.randn(2, 3, 16, 16),), MAPPING)


def ranges(prepared):
    return {s: [q.low.tolist(), q.high.tolist()] for s, q in prepared.points().items()}


def watch(net, prepared, x):
    """Observers on, fake-quant off, batch-norm as in eval."""
    qopt.torch.freeze_bn(net)
    qopt.torch.disable_fake_quant(net)
    with torch.no_grad():
        net(x)
    seen = ranges(prepared)
    qopt.torch.enable_fake_quant(net)
    return seen


def rank_main(rank, port, out):
    """One of the two processes."""
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=port, GLOO_SOCKET_IFNAME="lo")
    torch.distributed.init_process_group("gloo", rank=rank, world_size=2)
    torch.set_num_threads(1)
    prepared = prepared_model()
    net = torch.nn.parallel.DistributedDataParallel(prepared)
    (x, y), = torchnets.batches(1, 8)
    half = slice(4 * rank, 4 * rank + 4)
    result = {"watched": watch(net, prepared, x[half])}
    qopt.torch.unfreeze_bn(net)
    torchnets.train(net, [(x[half], y[half])] * 2)
    result["trained"] = ranges(prepared)
    result["scales"] = {s: q.scale.tolist() for s, q in prepared.points().items()}
    pathlib.Path(out).write_text(json.dumps(result), encoding="utf-8")
    torch.distributed.destroy_process_group()


def test_two_processes(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    path = os.pathsep.join([str(pathlib.Path(__file__).parent), *sys.path])
    running = [subprocess.Popen([sys.executable, __file__, str(rank), port, str(tmp_path / f"{rank}")],
                                env={**os.environ, "PYTHONPATH": path}) for rank in (0, 1)]
    assert [process.wait(timeout=300) for process in running] == [0, 0]
    one, two = (json.loads((tmp_path / str(rank)).read_text(encoding="utf-8")) for rank in (0, 1))
    assert one == two
    prepared = prepared_model()
    alone = watch(prepared, prepared, torchnets.batches(1, 8)[0][0])
    assert set(alone) == set(one["watched"])
    for symbol, ends in alone.items():
        assert torch.allclose(torch.tensor(one["watched"][symbol]), torch.tensor(ends), rtol=1e-6,
                              atol=1e-6), symbol
    assert one["trained"]["x"] == alone["x"] and one["trained"]["fc"] != alone["fc"]


if __name__ == "__main__":
    rank_main(int(sys.argv[1]), sys.argv[2], sys.argv[3])
