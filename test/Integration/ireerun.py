"""Modules that `qopt export --format=linalg|tosa` wrote, compiled and run by IREE.

IREE is an optional peer: `missing()` says why it cannot be had, or "".
"""
import importlib
import importlib.util
import re

import numpy as np

# One core of this machine, no rewriting of float arithmetic beyond what IREE always does.
FLAGS = ["--iree-hal-target-device=local", "--iree-hal-local-target-device-backends=llvm-cpu",
         "--iree-llvmcpu-target-cpu=host"]
SIGNATURE = re.compile(
    r'"func\.func"\(\) <\{(?P<properties>.*?)\}> \(\{|func\.func @(?P<name>\w+)\((?P<args>.*?)\) -> '
    r'(?:\((?P<results>.*?)\)|(?P<result>\S+))(?: attributes \{(?P<attributes>.*?)\})? \{\n')


def missing():
    """Why IREE is not here, or an empty string."""
    for module in ("iree.compiler", "iree.runtime"):
        try:
            if importlib.util.find_spec(module):
                continue
        except ImportError:
            pass
        return f"{module} is not installed (scripts/setup.sh installs it where it can be had)"
    return ""


def functions(text):
    """{function: (op, names of arguments, names of results)} of a module in either textual form."""
    found = {}
    for match in SIGNATURE.finditer(text):
        if match["name"]:
            parts = match["args"], match["results"] or match["result"], match["attributes"] or ""
            name = match["name"]
        else:
            held = match["properties"]
            name = re.search(r'sym_name = "(\w+)"', held)[1]
            parts = [(re.search(rf"{key} = \[(.*?)\]", held) or [""] * 2)[1]
                     for key in ("arg_attrs", "res_attrs")] + [""]
        names = [re.findall(r'nn\.name = "(.*?)"', part) for part in parts[:2]]
        found[name] = (names[0], names[1])
    return found


class Module:
    """A compiled module; call(function, arrays...) gives a list of arrays."""

    def __init__(self, path, dialect):
        compiler = importlib.import_module("iree.compiler.tools")
        self.runtime = importlib.import_module("iree.runtime")
        text = path.read_text(encoding="utf-8")
        self.functions = functions(text)
        binary = compiler.compile_str(
            text, input_type="tosa" if dialect == "tosa" else "none", extra_args=FLAGS)
        config = self.runtime.Config("local-sync")
        context = self.runtime.SystemContext(config=config)
        context.add_vm_module(self.runtime.VmModule.copy_buffer(context.instance, binary))
        self.module = next(m for name, m in context.modules.items() if name != "hal")

    def call(self, name, *arrays):
        results = self.module[name](*arrays)
        if not isinstance(results, (tuple, list)):
            results = [results]
        return [np.asarray(result.to_host()) for result in results]
