"""The engines of the benchmark: ours, and what a user would run instead.

Each knows how to make its own form of a network from the same ONNX and the same calibration
samples (`build`, kept on disk), and how to open that form and run it on a buffer (`open`).
Absent says that an engine is not installed, or cannot take the network.
"""
import contextlib
import importlib
import io
import logging
import os
import pathlib
import warnings

from workloads import models  # first: it knows where the packages lie
from qopt import driver


class Absent(Exception):
    """Not installed, or the network is not for it; the message says which."""


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


class Engine:
    """`name` and `kind` (int8 or float) identify it; `suffix` is that of its file."""

    name = kind = suffix = ""
    modules = ()    # imported before the clock of a cold start runs
    made_by = ()    # further files on which the engine's file depends
    isa = None      # ours only

    def path(self, workload):
        """The engine's form of the network, made unless it is there and newer than its sources."""
        path = workload.folder / f"{self.key().replace(' ', '_')}{self.suffix}"
        sources = [workload.onnx, pathlib.Path(__file__), *self.made_by]
        if not path.exists() or path.stat().st_mtime < max(s.stat().st_mtime for s in sources):
            self.build(workload, path)
        return path

    def key(self):
        return f"{self.name} {self.kind}"

    def load_modules(self):
        for module in self.modules:
            need(module)

    def files(self, path):
        """What has to be shipped for the network, the engine's library aside."""
        return [path]

    def build(self, workload, path):
        raise NotImplementedError

    def open(self, path, buffer, threads):
        """Sets self.run, which runs once on what the array `buffer` then holds, and
        self.output, which returns the result of the last run."""
        raise NotImplementedError


class Ours(Engine):
    name, suffix, modules = "qopt", ".so", ("qopt.program",)

    def __init__(self, kind, isa):
        self.kind, self.wanted = kind, isa
        self.made_by = [pathlib.Path(driver.binary())]

    def path(self, workload):
        self.suffix = f".{self.wanted}.so" if self.wanted else ".so"
        return super().path(workload)

    def build(self, workload, path):
        module = path.with_suffix(".mlir")
        if self.kind == "float":
            imported = path.with_suffix(".imported.mlir")
            driver.run("import", workload.onnx, "-o", imported)
            driver.run(imported, "--qopt-fuse-pipeline", "-o", module)
        else:
            driver.quantize(workload.onnx, workload.calib_file, module)
        driver.compile(module, path, "--isa", self.wanted or "native")

    def open(self, path, buffer, threads):
        program = need("qopt.program").Program(path, threads, self.wanted)
        self.isa = program.isa
        (name,) = program.inputs
        self.run, outputs = program.bind({name: buffer})
        self.output = lambda: next(iter(outputs.values()))


class OnnxRuntimeFloat(Engine):
    name, kind, suffix, modules = "onnxruntime", "float", ".onnx", ("onnxruntime",)

    def path(self, workload):
        return workload.onnx

    def open(self, path, buffer, threads):
        ort = need("onnxruntime")
        options = ort.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.log_severity_level = 3
        session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        feed = {session.get_inputs()[0].name: buffer}

        def run():
            self.result = session.run(None, feed)[0]
        self.run, self.output = run, lambda: self.result


class OnnxRuntimeInt8(OnnxRuntimeFloat):
    """u8 activations; weights s8, s8 of 7 bits, or u8: which one is best depends on the CPU."""

    path = Engine.path

    def __init__(self, weights="s8", reduce_range=False):
        self.weights, self.reduce_range = weights, reduce_range
        self.kind = f"int8 u8{weights}{' 7 bit' if reduce_range else ''}"

    def build(self, workload, path):
        need("onnxruntime")
        quantization = need("onnxruntime.quantization")
        shape_inference = need("onnxruntime.quantization.shape_inference")
        samples = iter([{"x": s} for s in workload.calib])

        class Reader(quantization.CalibrationDataReader):
            def get_next(self):
                return next(samples, None)

        ready = path.with_suffix(".ready.onnx")
        types = quantization.QuantType
        with quiet():
            shape_inference.quant_pre_process(str(workload.onnx), str(ready))
            quantization.quantize_static(
                str(ready), str(path), Reader(), per_channel=True, reduce_range=self.reduce_range,
                quant_format=quantization.QuantFormat.QDQ, activation_type=types.QUInt8,
                weight_type=types.QInt8 if self.weights == "s8" else types.QUInt8)


class OpenVinoFloat(Engine):
    name, kind, suffix, modules = "openvino", "float", ".xml", ("openvino",)

    def build(self, workload, path):
        openvino = need("openvino")
        model = self.transform(openvino.Core().read_model(str(workload.onnx)), workload)
        openvino.save_model(model, str(path), compress_to_fp16=False)

    def transform(self, model, workload):
        return model

    def files(self, path):
        return [path, path.with_suffix(".bin")]

    def open(self, path, buffer, threads):
        openvino = need("openvino")
        core = openvino.Core()
        model = core.read_model(str(path))
        model.reshape(list(buffer.shape))
        compiled = core.compile_model(model, "CPU", {
            "INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": "f32"})
        request = compiled.create_infer_request()
        request.set_input_tensor(openvino.Tensor(buffer, shared_memory=True))
        self.run = lambda: request.infer(share_outputs=True)
        self.output = lambda: request.get_output_tensor().data


class OpenVinoInt8(OpenVinoFloat):
    kind = "int8"

    def transform(self, model, workload):
        nncf = need("nncf")
        model.reshape([-1, *workload.samples.shape[1:]])
        with quiet():
            return nncf.quantize(model, nncf.Dataset(workload.calib),
                                 subset_size=len(workload.calib))


class TorchFloat(Engine):
    name, kind, suffix, modules = "torch", "float", ".pt", ("torch",)

    def build(self, workload, path):
        torch = need("torch")
        x = torch.from_numpy(workload.calib[0])
        try:
            model = workload.torch_model()
        except models.Missing as error:
            raise Absent(str(error)) from error
        with quiet(), torch.inference_mode():
            traced = torch.jit.trace(self.transform(torch, model, workload, x), x)
            torch.jit.freeze(traced.eval()).save(str(path))

    def transform(self, torch, model, workload, x):
        return model

    def open(self, path, buffer, threads):
        torch = need("torch")
        torch.set_num_threads(threads)
        torch.backends.quantized.engine = "x86"
        x = torch.from_numpy(buffer)
        with quiet():
            model = torch.jit.load(str(path))
            if self.kind == "float":
                model = torch.jit.optimize_for_inference(torch.jit.freeze(model.eval()))

        def run():
            with torch.inference_mode():
                self.result = model(x)
        self.run, self.output = run, lambda: self.result.numpy()


class TorchFxInt8(TorchFloat):
    name, kind = "torch", "int8 FX x86"

    def transform(self, torch, model, workload, x):
        quantization = need("torch.ao.quantization")
        fx = need("torch.ao.quantization.quantize_fx")
        torch.backends.quantized.engine = "x86"
        prepared = fx.prepare_fx(model, quantization.get_default_qconfig_mapping("x86"), (x,))
        for sample in workload.calib:
            prepared(torch.from_numpy(sample))
        return fx.convert_fx(prepared)


def engines(isa=None):
    """All of them, ours first."""
    return [Ours("int8", isa), Ours("float", None),
            OnnxRuntimeInt8(), OnnxRuntimeInt8(reduce_range=True), OnnxRuntimeInt8(weights="u8"),
            OnnxRuntimeFloat(), OpenVinoInt8(), OpenVinoFloat(), TorchFxInt8(), TorchFloat()]
