"""A compiled program (.so) on numpy arrays, in this process and without the compiler.

    program = qopt.Program("model.so", threads=2)
    logits = program(x)                      # one input, one output
    outputs = program.run({"x": x})          # by name
    program = qopt.Program.compile(module)   # a qopt.Module in this process

The structures below are those of include/qrt/qrt.h, ABI version 4.
"""
import ctypes
import os
import pathlib
import shutil
import tempfile

import numpy as np

ABI_VERSION = 4
DTYPES = [np.float32, np.uint8, np.int8, np.int32, np.int64]  # by qrt_dtype


class _Tensor(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("dtype", ctypes.c_int32), ("rank", ctypes.c_int32),
                ("dims", ctypes.c_int64 * 8), ("strides", ctypes.c_int64 * 8),
                ("zero_point", ctypes.c_int32), ("scale", ctypes.c_float)]


class _Program(ctypes.Structure):
    _fields_ = [("abi_version", ctypes.c_uint32), ("num_inputs", ctypes.c_uint32),
                ("num_outputs", ctypes.c_uint32), ("num_tensors", ctypes.c_uint32),
                ("num_variants", ctypes.c_uint32), ("fixed_batch", ctypes.c_int64),
                ("name", ctypes.c_char_p), ("fingerprint", ctypes.c_char_p),
                ("inputs", ctypes.POINTER(_Tensor)), ("outputs", ctypes.POINTER(_Tensor)),
                ("tensors", ctypes.POINTER(_Tensor)), ("variants", ctypes.c_void_p)]


class _Options(ctypes.Structure):
    _fields_ = [("threads", ctypes.c_int32), ("isa", ctypes.c_int32),
                ("callback", ctypes.c_void_p), ("user", ctypes.c_void_p),
                ("step", ctypes.c_void_p)]


_CALLBACK = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.POINTER(_Tensor), ctypes.c_void_p,
                             ctypes.c_int64)


class ProgramError(RuntimeError):
    """The program cannot be loaded or run; the message says why."""


class Program:
    """One session on a program. Not for use by two Python threads at a time."""

    def __init__(self, path, threads=1, isa=None):
        self._path, self._threads, self._isa, self._folder = os.path.abspath(path), threads, isa, None
        try:
            self._library = ctypes.CDLL(os.path.abspath(path))
            self._program = _Program.in_dll(self._library, "qopt_program")
        except (OSError, ValueError) as error:
            raise ProgramError(f"{path} is no compiled program: {error}") from error
        if self._program.abi_version != ABI_VERSION:
            raise ProgramError(f"{path} has ABI version {self._program.abi_version}, this package "
                               f"reads {ABI_VERSION}; compile it again")
        self._declare()
        self._session = self._open()

    @classmethod
    def compile(cls, module, isas=("native",), batch=0, threads=1, isa=None):
        """From a converted, float or mixed qopt.Module; `isas` are the plans to make, `batch` 0
        takes any. The file lives as long as the program; save() keeps it."""
        folder = tempfile.TemporaryDirectory(prefix="qopt-program-")
        path = pathlib.Path(folder.name) / "program.so"
        module.compile(str(path), list(isas), batch)
        program = cls(path, threads, isa)
        program._folder = folder
        return program

    def save(self, path):
        """Writes the program to a file, for qopt.load or a C host; returns the path."""
        with tempfile.NamedTemporaryFile(dir=pathlib.Path(path).resolve().parent,
                                         delete=False) as part:
            with open(self._path, "rb") as own:
                shutil.copyfileobj(own, part)
        os.chmod(part.name, 0o755)
        os.replace(part.name, path)
        return path

    def _open(self, callback=None):
        session = ctypes.c_void_p()
        pointer = ctypes.cast(callback, ctypes.c_void_p) if callback else None
        options = _Options(self._threads, self._isa_number(self._isa), pointer, None,
                           None)
        self._check(self._library.qrt_session_open(
            ctypes.byref(self._program), ctypes.byref(options), ctypes.byref(session)))
        return session

    def _declare(self):
        self._library.qrt_last_error.restype = ctypes.c_char_p
        self._library.qrt_isa_name.restype = ctypes.c_char_p
        self._library.qrt_session_run.argtypes = [ctypes.c_void_p, ctypes.c_int64,
                                                  ctypes.c_void_p, ctypes.c_void_p]
        self._library.qrt_session_isa.argtypes = [ctypes.c_void_p]
        self._library.qrt_session_close.argtypes = [ctypes.c_void_p]
        self._library.qrt_session_close.restype = None

    def _isa_number(self, name):
        if name is None:
            return -1
        number = self._library.qrt_isa_from_name(name.encode())
        if number < 0:
            raise ProgramError(f"no instruction set is named '{name}'")
        return number

    def _check(self, status):
        if status:
            raise ProgramError(self._library.qrt_last_error().decode())

    @property
    def inputs(self):
        """{name: shape}; -1 stands for a free batch."""
        return _described(self._program.inputs, self._program.num_inputs)

    @property
    def outputs(self):
        """{name: shape}; -1 stands for a free batch."""
        return _described(self._program.outputs, self._program.num_outputs)

    @property
    def isa(self):
        """The instruction set that this session runs on."""
        return self._library.qrt_isa_name(self._library.qrt_session_isa(self._session)).decode()

    def tensors(self, arrays):
        """One run; [(name, array, scale, zero point)] of every named value, in the order of the run,
        as codes or f32 in NCHW. A scale of 0 marks floats."""
        found = []

        def report(_, tensor, data, batch):
            found.append(_copied(tensor.contents, data, batch))

        callback = _CALLBACK(report)
        session = self._open(callback)
        try:
            self._run(session, arrays)
        finally:
            self._library.qrt_session_close(session)
        return found

    def run(self, arrays):
        """{input name: array} to {output name: array}."""
        return self._run(self._session, arrays)

    def _run(self, session, arrays):
        given = [self._input(self._program.inputs[i], arrays)
                 for i in range(self._program.num_inputs)]
        batches = {len(array) for array in given}
        if len(batches) != 1:
            raise ProgramError(f"the inputs have different batch sizes: {sorted(batches)}")
        batch = batches.pop()
        results = self._results(batch)
        self._check(self._library.qrt_session_run(session, batch, _pointers(given),
                                                  _pointers(results.values())))
        return results

    def bind(self, arrays):
        """(call, outputs) for many runs on the same memory: each `call()` reads what the arrays
        {input name: array} then hold, and writes {output name: array}. The arrays must be
        contiguous and of the input's type."""
        given = [self._input(self._program.inputs[i], arrays)
                 for i in range(self._program.num_inputs)]
        if any(not np.shares_memory(have, arrays[name]) for have, name in zip(given, self.inputs)):
            raise ProgramError("bind() needs contiguous arrays of the inputs' types")
        outputs = self._results(len(given[0]))
        arguments = (self._session, len(given[0]), _pointers(given), _pointers(outputs.values()))
        run, check = self._library.qrt_session_run, self._check

        def call(_alive=given):
            check(run(*arguments))
        return call, outputs

    def _results(self, batch):
        return {t.name.decode(): np.empty([batch, *t.dims[1:t.rank]], DTYPES[t.dtype])
                for t in self._program.outputs[:self._program.num_outputs]}

    def __call__(self, x):
        if self._program.num_inputs != 1 or self._program.num_outputs != 1:
            raise ProgramError("call run({name: array}): this program has several inputs or outputs")
        (name,) = self.inputs
        return next(iter(self.run({name: x}).values()))

    def _input(self, tensor, arrays):
        name = tensor.name.decode()
        if name not in arrays:
            raise ProgramError(f"input '{name}' is missing; given: {', '.join(arrays) or 'nothing'}")
        array = np.ascontiguousarray(arrays[name], DTYPES[tensor.dtype])
        expected = list(tensor.dims[:tensor.rank])
        fits = array.ndim == len(expected) and len(array) > 0 and all(
            want in (-1, have) for want, have in zip(expected, array.shape))
        if not fits:
            raise ProgramError(f"input '{name}' has shape {list(array.shape)}, expected {expected} "
                               "(-1: any batch)")
        return array

    def close(self):
        if getattr(self, "_session", None):
            self._library.qrt_session_close(self._session)
            self._session = None

    __del__ = close


def load(path, threads=1, isa=None):
    """A program that save() or `qopt compile` wrote."""
    return Program(path, threads, isa)


def _copied(tensor, data, batch):
    """(name, array, scale, zero point) of a reported tensor, which the program keeps, strided, only
    for the time of the call."""
    shape = [batch if size < 0 else size for size in tensor.dims[:tensor.rank]]
    steps = tensor.strides[:tensor.rank]
    dtype = np.dtype(DTYPES[tensor.dtype])
    elements = 1 + sum((size - 1) * step for size, step in zip(shape, steps))
    stored = np.frombuffer(ctypes.string_at(data, elements * dtype.itemsize), dtype)
    view = np.lib.stride_tricks.as_strided(stored, shape, [step * dtype.itemsize for step in steps])
    return tensor.name.decode(), view.copy(), tensor.scale, tensor.zero_point


def _described(tensors, count):
    return {t.name.decode(): tuple(t.dims[:t.rank]) for t in tensors[:count]}


def _pointers(arrays):
    return (ctypes.c_void_p * len(arrays))(*[array.ctypes.data for array in arrays])
