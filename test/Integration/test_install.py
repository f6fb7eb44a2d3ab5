"""The installed package: other projects find it, build against nothing else, and run."""
import os
import pathlib
import shutil
import subprocess

import numpy as np
import pytest

from qopt import driver

ROOT = driver.ROOT
BUILD = pathlib.Path(driver.binary()).resolve().parents[1]
LLVM = "/usr/lib/llvm-22"
STAGES = ("qopt-fuse-pipeline,qopt-qconfig-pipeline,qopt-prepare-pipeline,"
          "qopt-calibrate-pipeline{{data={}}}")


def run(*command, fails=False, **options):
    clean = {k: v for k, v in os.environ.items() if not k.startswith("QOPT_")}
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False,
                          env=clean, **options)
    assert (done.returncode != 0) == fails, done.stdout + done.stderr
    return done.stdout + done.stderr


def configure(source, build, prefix, *options, **how):
    return run("cmake", "-S", source, "-B", build, "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={LLVM};{prefix}",
               "-DCMAKE_C_COMPILER=clang-22", "-DCMAKE_CXX_COMPILER=clang++-22", *options, **how)


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    """An installation, moved after it was made."""
    cache = (BUILD / "CMakeCache.txt").read_text(encoding="utf-8")
    if "QOPT_SANITIZE:STRING=\n" not in cache:
        pytest.skip("a sanitized library cannot be linked into plain programs")
    if not pathlib.Path(LLVM).is_dir():
        pytest.skip(f"no {LLVM}")
    folder = tmp_path_factory.mktemp("install")
    run("cmake", "--install", BUILD, "--prefix", folder / "first")
    return (folder / "first").rename(folder / "second")


@pytest.fixture(scope="module")
def compiler(prefix, tmp_path_factory):
    """examples/embed, from a copy that cannot see the source tree."""
    folder = tmp_path_factory.mktemp("embed")
    shutil.copytree(ROOT / "examples" / "embed", folder / "source")
    configure(folder / "source", folder / "build", prefix)
    run("ninja", "-C", folder / "build")
    return folder / "build" / "acme-compiler"


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """(network, data): the project's own small network."""
    data = tmp_path_factory.mktemp("digits") / "calib.npz"
    with np.load(ROOT / "examples" / "digits.npz") as stored:
        np.savez(data, x=(stored["pixels"][:128].reshape(-1, 1, 8, 8) / 16).astype(np.float32))
    return ROOT / "examples" / "digits.onnx", data


def test_nothing_names_the_build(prefix):
    """The package's CMake files hold no path but those relative to themselves."""
    for file in (prefix / "lib" / "cmake" / "qopt").iterdir():
        text = file.read_text(encoding="utf-8")
        for path in (ROOT, BUILD, prefix.parent / "first"):
            assert str(path) not in text, f"{file.name} names {path}"


def test_embedded_compiler_equals_the_driver(compiler, digits, tmp_path):
    """The whole way, in a foreign compiler from one text: the same program as the driver's."""
    network, data = digits
    run(compiler, network, f"--pipeline={STAGES.format(data)},qopt-convert-pipeline", "-o", tmp_path / "embedded.so")
    driver.quantize(network, data, tmp_path / "driver.mlir")
    driver.compile(tmp_path / "driver.mlir", tmp_path / "driver.so")
    outputs = []
    for which in ("embedded.so", "driver.so"):
        driver.run("run", tmp_path / which, "--input", data, "--output", tmp_path / "y.npz")
        with np.load(tmp_path / "y.npz") as file:
            outputs.append(next(iter(file.values())))
    assert outputs[0].shape == (128, 10) and np.array_equal(*outputs)


def test_embedded_compiler_tells_what_is_wrong(compiler, digits, tmp_path):
    told = run(compiler, digits[0], "--pipeline=qopt-convert-pipeline", "-o", tmp_path / "x.mlir", fails=True)
    assert "convert expects a calibrated module, got one that is imported" in told
    assert not (tmp_path / "x.mlir").exists()
    assert "does not refer to a registered pass" in run(compiler, digits[0], "--pipeline=no-such-pass", fails=True)


@pytest.fixture(scope="module")
def acme(compiler, tmp_path_factory):
    """quantize(network) -> a folder with the network of the private dialect calibrated and converted."""
    folder = tmp_path_factory.mktemp("acme")
    np.savez(folder / "x.npz", x=np.random.default_rng(1).normal(size=(64, 4, 6, 6)).astype(np.float32))

    def quantize(network):
        made = folder / network
        made.mkdir()
        run(compiler, ROOT / "examples" / "embed" / f"{network}.mlir",
            f"--pipeline={STAGES.format(folder / 'x.npz')}", "-o", made / "calibrated.mlir")
        run(compiler, made / "calibrated.mlir", "--pipeline=qopt-convert-pipeline", "-o", made / "int8.mlir")
        return made
    return quantize


def test_private_dialect_is_quantized_as_itself(compiler, acme):
    """Its ops fuse, are calibrated and converted by their interfaces alone; the simulation, the
    reference on codes and the program that its own lowering leads to agree in every code."""
    folder = acme("net")
    text = (folder / "int8.mlir").read_text(encoding="utf-8")
    assert 'act <relu> {nn.fused = ["mix1", "norm", "relu"]' in text     # batch_norm and relu went into acme.mix
    assert 'nn.fused = ["mix2", "add"]' in text and "residual(" in text  # and an add
    assert text.count("acme.mix") == 3 and "nn.conv2d" not in text
    assert "acme.swoosh" in text and "table = dense" in text
    assert "nn.batch_norm" not in text and "nn.add" not in text and "float_reason" not in text

    def compare(with_what):
        return run(compiler, folder / "calibrated.mlir", f"--compare={folder / with_what}",
                   f"--data={folder.parent / 'x.npz'}")
    assert "9 values on codes compared, 0 codes differ" in compare("int8.mlir")
    run(compiler, folder / "int8.mlir", "--pipeline=acme-to-nn", "-o", folder / "program.so")
    assert "9 values on codes compared, 0 codes differ" in compare("program.so")


def test_private_op_without_a_kernel(compiler, acme):
    """It is quantized and simulated as any other; compiling it names it and the ways out."""
    folder = acme("energy")
    told = run(compiler, folder / "calibrated.mlir", f"--compare={folder / 'int8.mlir'}",
               f"--data={folder.parent / 'x.npz'}")
    assert "2 values on codes compared, 0 codes differ" in told
    assert "acme.energy %0 {" in (folder / "int8.mlir").read_text(encoding="utf-8")
    told = run(compiler, folder / "int8.mlir", "--pipeline=acme-to-nn", "-o", folder / "program.so", fails=True)
    assert "no kernels for acme.energy; lower ops of other dialects to nn first" in told
    assert not (folder / "program.so").exists()


def test_private_dialect_can_be_configured_by_kind(compiler, acme, tmp_path):
    """Its ops go by their names in a configuration; one without integer form stays float with its reason."""
    (tmp_path / "config.json").write_text('{"object_type": {"mix": null}}', encoding="utf-8")
    network = ROOT / "examples" / "embed" / "net.mlir"
    text = run(compiler, network, "--pipeline=qopt-fuse-pipeline,qopt-qconfig-pipeline"
               f"{{config={tmp_path / 'config.json'}}}")
    assert text.count('float_reason = "config: null for object_type') == 3


def test_c_api_against_the_package(prefix, tmp_path):
    """test/Unit/CAPI in C99 and examples/c, with the parts that need no C++ and no MLIR."""
    (tmp_path / "CMakeLists.txt").write_text(f"""
        cmake_minimum_required(VERSION 3.25)
        project(user LANGUAGES C)
        set(CMAKE_DISABLE_FIND_PACKAGE_MLIR TRUE)
        find_package(qopt 0.1 REQUIRED COMPONENTS CAPI Runtime)
        set(CMAKE_C_STANDARD 99)
        add_executable(capi {ROOT}/test/Unit/CAPI/capi_test.c)
        target_link_libraries(capi PRIVATE qopt::qopt-c)
        add_library(client OBJECT {ROOT}/examples/c/main.c)
        target_link_libraries(client PRIVATE qopt::qrt)
        target_compile_options(client PRIVATE -Wall -Wextra -Werror)
        """, encoding="utf-8")
    configure(tmp_path, tmp_path / "build", prefix)
    run("ninja", "-C", tmp_path / "build")
    run(tmp_path / "build" / "capi")


def test_each_part_says_what_it_lacks(prefix, tmp_path):
    def find(arguments, *options):
        (tmp_path / "CMakeLists.txt").write_text(
            f"cmake_minimum_required(VERSION 3.25)\nproject(user LANGUAGES C CXX)\nfind_package(qopt {arguments})\n"
            'message(STATUS "runtime ${qopt_Runtime_FOUND}")\n', encoding="utf-8")
        shutil.rmtree(tmp_path / "build", ignore_errors=True)
        return run("cmake", "-G", "Ninja", "-S", tmp_path, "-B", tmp_path / "build",
                   f"-DCMAKE_PREFIX_PATH={prefix}", "-DCMAKE_C_COMPILER=clang-22", "-DCMAKE_CXX_COMPILER=clang++-22", *options,
                   fails="REQUIRED" in arguments)
    assert "runtime TRUE" in find("COMPONENTS Runtime")
    without = find("COMPONENTS Runtime OPTIONAL_COMPONENTS Dialects", "-DCMAKE_DISABLE_FIND_PACKAGE_MLIR=ON")
    assert "runtime TRUE" in without
    told = " ".join(find("REQUIRED COMPONENTS Dialects", "-DCMAKE_DISABLE_FIND_PACKAGE_MLIR=ON").split())
    assert "component Dialects needs MLIR 22 (Debian: libmlir-22-dev" in told
    told = " ".join(find("REQUIRED COMPONENTS Kernels").split())
    assert "qopt has no component 'Kernels'; there are Runtime, CAPI, Dialects and Compiler" in told
    assert "0.1.0" in find("9.0 REQUIRED")
