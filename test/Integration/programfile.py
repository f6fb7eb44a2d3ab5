"""The constants of a compiled program, found in its file: for planting faults.

The program's own list of calls (qopt_calls, include/qrt/calls.h) says where they lie once it is
loaded; the ELF headers say where that is in the file.
"""
import ctypes
import pathlib
import re
import shutil
import struct

ROOT = pathlib.Path(__file__).resolve().parents[2]


class _Call(ctypes.Structure):
    _fields_ = [("layer", ctypes.c_char_p), ("kind", ctypes.c_char_p), ("kernel", ctypes.c_char_p),
                ("params", ctypes.c_void_p), ("constants", ctypes.c_void_p * 3)]


class _Variant(ctypes.Structure):
    _fields_ = [("isa", ctypes.c_int32), ("count", ctypes.c_uint32),
                ("calls", ctypes.POINTER(_Call))]


class _List(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("count", ctypes.c_uint32),
                ("variants", ctypes.POINTER(_Variant))]


def fields(kind):
    """{field: offset} of a parameter block, as the C compiler lays out params.def."""
    text = (ROOT / "include" / "qrt" / "params.def").read_text(encoding="utf-8")
    text = re.sub(r"//.*", "", text)
    block = re.search(rf"QRT_PARAMS\({kind}\)(.*?)QRT_END", text, re.DOTALL).group(1)
    offsets, at = {}, 0
    for macro, name, count in re.findall(r"QRT_(I32S|I32|F32|PTR)\((\w+)(?:,\s*(\d+))?\)", block):
        if macro == "PTR":
            at = (at + 7) // 8 * 8
        offsets[name] = at
        at += 8 if macro == "PTR" else 4 * int(count or 1)
    return offsets


class ProgramFile:
    """A copy of a program that can be damaged."""

    def __init__(self, original, copy):
        shutil.copy(original, copy)
        self.path = pathlib.Path(copy)
        self._bytes = bytearray(self.path.read_bytes())
        self._library = ctypes.CDLL(str(pathlib.Path(original).resolve()))
        maps = pathlib.Path("/proc/self/maps").read_text(encoding="utf-8").splitlines()
        name = str(pathlib.Path(original).resolve())
        self._base = min(int(line.split("-")[0], 16) for line in maps if line.endswith(name))
        table, size, count = (*struct.unpack_from("<Q", self._bytes, 0x20),
                              *struct.unpack_from("<HH", self._bytes, 0x36))
        headers = [struct.unpack_from("<IIQQQQQQ", self._bytes, table + i * size) for i in range(count)]
        self._segments = [(h[3], h[2], h[5]) for h in headers if h[0] == 1]

    def _offset(self, address):
        virtual = address - self._base
        for start, offset, size in self._segments:
            if start <= virtual < start + size:
                return virtual - start + offset
        raise ValueError("the address lies outside the file")

    def _call(self, isa, layer, kind):
        calls = _List.in_dll(self._library, "qopt_calls")
        self._library.qrt_isa_name.restype = ctypes.c_char_p
        for variant in calls.variants[:calls.count]:
            if self._library.qrt_isa_name(variant.isa).decode() != isa:
                continue
            for call in variant.calls[:variant.count]:
                if call.layer.decode() == layer and call.kind.decode() == kind:
                    return call
        raise ValueError(f"no {kind} of '{layer}' for {isa}")

    def number(self, isa, layer, kind, field):
        """File offset of a field of the layer's parameter block."""
        return self._offset(self._call(isa, layer, kind).params + fields(kind)[field])

    def data(self, isa, layer, kind, field):
        """File offset of the data that a pointer field points to."""
        place = self._call(isa, layer, kind).params + fields(kind)[field]
        return self._offset(ctypes.cast(place, ctypes.POINTER(ctypes.c_uint64))[0])

    def byte(self, offset):
        return self._bytes[offset]

    def flip(self, offset, bit):
        """Flips one bit and writes the file."""
        self._bytes[offset] ^= 1 << bit
        self.path.write_bytes(self._bytes)
        return self.path
