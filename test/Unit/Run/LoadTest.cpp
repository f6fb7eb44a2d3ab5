//===- LoadTest.cpp - program files, and what can be wrong with them ---------------------===//

#include "ProgramFixture.h"
#include "qopt/Support/Files.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"

using namespace qopt;
using namespace qopt::test;

namespace {

class LoadTest : public ProgramTest {
protected:
  LoadTest() {
    EXPECT_FALSE(llvm::sys::fs::createUniqueDirectory("qopt-load-test", folder));
    const Value x = net.input({-1, 3, 4, 4});
    Value y = net.conv(x, {});
    text = net.finish({y});
  }
  ~LoadTest() override { llvm::sys::fs::remove_directories(folder); }

  std::string path(llvm::StringRef name) const { return (folder + "/" + name).str(); }

  static std::string message(llvm::Error error) {
    return error ? llvm::toString(std::move(error)) : "no error";
  }
  std::string loadError(const std::string &file) {
    auto program = Program::load(file);
    return program ? "no error" : llvm::toString(program.takeError());
  }
  std::string compileError(const CompileOptions &options, const std::string &file) {
    return message(compileToFile(*parse(text), options, file));
  }
  static void expectHas(const std::string &text, const std::string &part) {
    EXPECT_NE(text.find(part), std::string::npos) << text;
  }

  Net net{7};
  std::string text;
  llvm::SmallString<128> folder;
};

} // namespace

TEST_F(LoadTest, FileAndMemoryAgree) {
  auto module = parse(text);
  ASSERT_EQ(message(compileToSharedLibrary(*module, {}, path("net.so"))), "no error");
  auto program = Program::load(path("net.so"));
  ASSERT_TRUE(static_cast<bool>(program)) << llvm::toString(program.takeError());
  EXPECT_EQ((*program)->name(), "net");
  EXPECT_EQ((*program)->fixedBatch(), 0);
  EXPECT_EQ((*program)->fingerprint().size(), 16u);
  ASSERT_EQ((*program)->inputs().size(), 1u);
  EXPECT_EQ((*program)->inputs()[0].name, "in0");
  EXPECT_EQ((*program)->inputs()[0].shape, (std::vector<int64_t>{-1, 3, 4, 4}));
  EXPECT_EQ((*program)->outputs()[0].name, "out0");
  EXPECT_GT((*program)->arenaBytes("scalar"), 0u);
  std::unique_ptr<Program> other = jit(*module);
  ASSERT_TRUE(other);
  EXPECT_EQ(other->isas(), std::vector<std::string>{hostIsas().back()});
  EXPECT_EQ(other->fingerprint(), (*program)->fingerprint());
  const llvm::SmallVector<Tensor> inputs = randomInputs(net, 5);
  llvm::SmallVector<Tensor> a, b, c;
  ASSERT_EQ(message((*program)->run(inputs, a)), "no error");
  ASSERT_EQ(message(other->run(inputs, b)), "no error");
  const std::pair<std::string, Tensor> named[] = {{"in0", inputs[0]}};
  ASSERT_EQ(message(other->run(named, c)), "no error");
  expectEqual("output", a[0], b[0]);
  expectEqual("output", a[0], c[0]);
}

TEST_F(LoadTest, FixedBatchesRunOneByOne) {
  auto module = parse(text);
  CompileOptions two;
  two.fixedBatch = 2;
  std::unique_ptr<Program> any = jit(*module), fixed = jit(*module, two);
  ASSERT_TRUE(any && fixed);
  EXPECT_EQ(fixed->fixedBatch(), 2);
  llvm::SmallVector<Tensor> inputs = randomInputs(net, 6), a, b;
  ASSERT_EQ(message(any->run(inputs, a)), "no error");
  ASSERT_EQ(message(fixed->run(inputs, b)), "no error");
  expectEqual("output", a[0], b[0]);
  inputs = randomInputs(net, 3);
  EXPECT_EQ(message(fixed->run(inputs, b)),
            "program 'module' takes batches of 2, and 3 samples are no multiple of it");
}

TEST_F(LoadTest, WrongInputs) {
  auto module = parse(text);
  std::unique_ptr<Program> program = jit(*module);
  ASSERT_TRUE(program);
  llvm::SmallVector<Tensor> out;
  const Tensor wide = Tensor::zeros(DType::F32, {1, 3, 4, 5});
  const Tensor bytes = Tensor::zeros(DType::U8, {1, 3, 4, 4});
  const Tensor good = Tensor::zeros(DType::F32, {1, 3, 4, 4});
  const auto run = [&](llvm::ArrayRef<Tensor> inputs, ProgramRunOptions options = {}) {
    return message(program->run(inputs, out, options));
  };
  EXPECT_EQ(run({}), "program 'module' has 1 inputs, got 0");
  EXPECT_EQ(run({wide}), "input 'in0' expects the shape ?x3x4x4, got 1x3x4x5");
  EXPECT_EQ(run({bytes}), "input 'in0' expects elements of type f32, got u8");
  EXPECT_EQ(run({Tensor()}), "input 'in0' has no data");
  ProgramRunOptions options;
  options.isa = "avx3";
  expectHas(run({good}, options), "unknown ISA 'avx3'");
  options.isa = "neon";
  expectHas(run({good}, options), "was compiled for");
  options = {};
  options.threads = 0;
  expectHas(run({good}, options), "threads");
  const std::pair<std::string, Tensor> unknown[] = {{"in1", good}};
  EXPECT_EQ(message(program->run(unknown, out)),
            "program 'module' has no input 'in1' (did you mean 'in0'?); its inputs are in0");
  const std::pair<std::string, Tensor> twice[] = {{"in0", good}, {"in0", good}};
  EXPECT_EQ(message(program->run(twice, out)), "input 'in0' is given twice");
  EXPECT_EQ(message(program->run(llvm::ArrayRef<std::pair<std::string, Tensor>>(), out)),
            "input 'in0' of program 'module' is missing; its inputs are in0");
}

TEST_F(LoadTest, ForeignFiles) {
  expectHas(loadError(path("absent.so")), "absent.so: cannot be opened: No such file");
  ASSERT_EQ(message(writeFile(path("text.so"), "this is a text file, not a program")), "no error");
  expectHas(loadError(path("text.so")), "text.so: not a compiled program: no shared library");
  ASSERT_EQ(message(writeFile(path("empty.so"), "")), "no error");
  expectHas(loadError(path("empty.so")), "not a compiled program");
  expectHas(loadError("/lib/x86_64-linux-gnu/libm.so.6"), "it has no symbol qopt_program");

  ASSERT_EQ(compileError({}, path("net.so")), "no error");
  auto bytes = readFile(path("net.so"));
  ASSERT_TRUE(static_cast<bool>(bytes));
  (*bytes)[18] = static_cast<char>(183);
  ASSERT_EQ(message(writeFile(path("arm.so"), *bytes)), "no error");
  expectHas(loadError(path("arm.so")), "compiled for AArch64, this machine is x86-64");
  (*bytes)[18] = 62;
  ASSERT_EQ(message(writeFile(path("cut.so"), llvm::StringRef(*bytes).take_front(4096))),
            "no error");
  expectHas(loadError(path("cut.so")), "cut.so: not a compiled program: the file is damaged: ");
}

TEST_F(LoadTest, CompileErrors) {
  CompileOptions options;
  options.isas = {"avx512vni"};
  expectHas(compileError(options, path("a.so")), "did you mean 'avx512vnni'?");
  options = {};
  options.mtriple = "riscv64-linux-gnu";
  expectHas(compileError(options, path("a.so")), "no runtime for the target 'riscv64");
  options.mtriple = "aarch64-linux-gnu";
  options.isas = {"avx2"};
  expectHas(compileError(options, path("a.so")), "unknown ISA 'avx2' for the target 'aarch64");
  options.isas = {"native"};
  expectHas(compileError(options, path("a.so")), "is for this machine");
  options = {};
  options.mcpu = "z81";
  expectHas(compileError(options, path("a.so")), "unknown CPU 'z81'");
  options = {};
  options.libraryDir = path("nowhere");
  expectHas(compileError(options, path("a.so")), "no runtime library ");
  expectHas(compileError({}, path("nowhere/a.so")), "nowhere/a.so");
  expectHas(compileError({}, folder.str().str()), "");
  EXPECT_FALSE(llvm::sys::fs::exists(path("a.so")));
  text = "module { func.func @main(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {\n"
         "%y = \"other.op\"(%x) : (tensor<?x4xf32>) -> tensor<?x4xf32>\nreturn %y : "
         "tensor<?x4xf32>\n}\n}";
  context.allowUnregisteredDialects();
  expectHas(compileError({}, path("a.so")), "no kernels for other.op");
}

TEST_F(LoadTest, ObjectsHaveAHeader) {
  ASSERT_EQ(compileError({}, path("my-net.o")), "no error");
  auto header = readFile(path("my-net.h"));
  ASSERT_TRUE(static_cast<bool>(header));
  expectHas(*header, "extern const qrt_program qopt_program;");
  expectHas(*header, "/* input 0, \"in0\": float[batch][3][4][4] */\n#define MY_NET_INPUT_IN0 0");
  expectHas(*header, "Link my-net.o with libqrt.a");
}
