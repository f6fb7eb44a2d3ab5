"""What a user would run instead: one class per engine, each timing one call on the same ONNX.

A peer is made once and then asked for short slices of timings, so that all engines share the
machine's moods. Making one raises Absent where it is not installed or cannot take the model.
"""
import contextlib
import copy
import importlib
import io
import logging
import os
import pathlib
import tempfile
import time
import warnings


class Absent(Exception):
    """Not installed, or the model is not for it; the message says which."""


def need(module):
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise Absent(f"{module} is not installed") from error


def limit_threads(threads):
    """Before any engine is imported: no library may start more threads than that."""
    for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = str(threads)


@contextlib.contextmanager
def quiet():
    """Peers print progress and warnings of their own while they quantize."""
    logging.disable(logging.WARNING)
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()), \
            contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            logging.disable(logging.NOTSET)


class Peer:
    """A callable under test; `slice` times calls for some seconds and returns milliseconds."""

    def __init__(self, workload, threads):
        self.workload, self.threads = workload, threads
        self.call = self.prepare()
        for _ in range(3):
            self.call()

    def slice(self, seconds):
        times, end = [], time.perf_counter() + seconds
        while not times or time.perf_counter() < end:
            begin = time.perf_counter()
            self.call()
            times.append((time.perf_counter() - begin) * 1e3)
        return times

    def prepare(self):
        raise NotImplementedError


class OnnxRuntimeFloat(Peer):
    name, kind = "onnxruntime", "float"

    def prepare(self):
        return self.session(self.workload.onnx)

    def session(self, path):
        ort = need("onnxruntime")
        options = ort.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = self.threads, 1
        options.log_severity_level = 3
        session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        feed = {session.get_inputs()[0].name: self.workload.x}
        return lambda: session.run(None, feed)


class OnnxRuntimeInt8(OnnxRuntimeFloat):
    kind = "int8"

    def prepare(self):
        need("onnxruntime")
        quantization = need("onnxruntime.quantization")
        shape_inference = need("onnxruntime.quantization.shape_inference")
        folder = pathlib.Path(tempfile.mkdtemp())
        ready, out = folder / "ready.onnx", folder / "int8.onnx"
        samples = iter([{self.workload.input: s} for s in self.workload.calib])

        class Reader(quantization.CalibrationDataReader):
            def get_next(self):
                return next(samples, None)

        with quiet():
            shape_inference.quant_pre_process(str(self.workload.onnx), str(ready))
            quantization.quantize_static(
                str(ready), str(out), Reader(), per_channel=True,
                quant_format=quantization.QuantFormat.QDQ,
                activation_type=quantization.QuantType.QUInt8,
                weight_type=quantization.QuantType.QInt8)
        return self.session(out)


class OpenVinoFloat(Peer):
    name, kind = "openvino", "float"

    def prepare(self):
        openvino = need("openvino")
        core = openvino.Core()
        model = core.read_model(str(self.workload.onnx))
        model.reshape(list(self.workload.x.shape))
        compiled = core.compile_model(self.transform(model), "CPU", {
            "INFERENCE_NUM_THREADS": self.threads, "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": "f32"})
        request = compiled.create_infer_request()
        request.set_input_tensor(openvino.Tensor(self.workload.x.copy()))
        return request.infer

    def transform(self, model):
        return model


class OpenVinoInt8(OpenVinoFloat):
    kind = "int8"

    def transform(self, model):
        nncf = need("nncf")
        calib = self.workload.calib
        with quiet():
            return nncf.quantize(model, nncf.Dataset(calib), subset_size=len(calib))


class TorchFloat(Peer):
    name, kind = "torch", "float"

    def prepare(self):
        torch = need("torch")
        torch.set_num_threads(self.threads)
        x = torch.from_numpy(self.workload.x)
        with quiet(), torch.inference_mode():
            model = torch.jit.freeze(torch.jit.trace(self.model(torch, x), x))
            if self.kind == "float":
                model = torch.jit.optimize_for_inference(model)

        def call():
            with torch.inference_mode():
                model(x)
        return call

    def model(self, torch, x):
        return self.workload.torch_model()


class TorchFxInt8(TorchFloat):
    name, kind = "torch FX", "int8"

    def model(self, torch, x):
        quantization = need("torch.ao.quantization")
        fx = need("torch.ao.quantization.quantize_fx")
        torch.backends.quantized.engine = "x86"
        prepared = fx.prepare_fx(copy.deepcopy(self.workload.torch_model()),
                                 quantization.get_default_qconfig_mapping("x86"), (x,))
        for sample in self.workload.calib:
            prepared(torch.from_numpy(sample))
        return fx.convert_fx(prepared)


PEERS = [OnnxRuntimeInt8, OnnxRuntimeFloat, OpenVinoInt8, OpenVinoFloat, TorchFxInt8, TorchFloat]
