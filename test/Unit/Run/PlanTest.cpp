//===- PlanTest.cpp - memory plans: nothing that is still needed is overwritten ----------===//

#include "ProgramFixture.h"
#include "qopt/Lower/Passes.h"

#include "mlir/Pass/PassManager.h"

using namespace qopt;
using namespace qopt::test;

namespace {

class PlanTest : public ProgramTest {
protected:
  mlir::OwningOpRef<mlir::ModuleOp> plan(const std::string &text, bool inPlace) {
    mlir::OwningOpRef<mlir::ModuleOp> module = parse(text);
    mlir::PassManager manager(&context);
    lower::LowerToUKernelOptions options;
    options.isas = {"scalar"};
    manager.addPass(lower::createLowerToUKernel(std::move(options)));
    lower::PlanMemoryOptions memory;
    memory.inPlace = inPlace;
    manager.addNestedPass<ukernel::ProgramOp>(lower::createPlanMemory(memory));
    EXPECT_TRUE(module && succeeded(manager.run(*module))) << text;
    return module;
  }

  /// Replays the plan on a map of bytes to the buffer that wrote them last: whatever is read
  /// must still be what was written.
  static void replay(ukernel::ProgramOp program) {
    std::vector<void *> owner(program.getArenaBytes().value_or(0), nullptr);
    const auto own = [&](mlir::Value buffer, llvm::function_ref<void(void *&)> visit) {
      auto alloc = buffer.getDefiningOp<ukernel::AllocOp>();
      if (!alloc)
        return;
      const int64_t bytes = alloc.getBuffer().getType().getBytes();
      ASSERT_LE(*alloc.getOffset() + bytes, owner.size());
      EXPECT_EQ(*alloc.getOffset() % 64, 0u);
      for (int64_t i = 0; i < bytes; ++i)
        visit(owner[*alloc.getOffset() + i]);
    };
    const auto expectOwned = [&](mlir::Value buffer, const char *what) {
      int64_t lost = 0;
      own(buffer, [&](void *&byte) { lost += byte != buffer.getAsOpaquePointer(); });
      EXPECT_EQ(lost, 0) << what;
    };
    for (mlir::Operation &op : program.getBody().front()) {
      if (auto tensor = llvm::dyn_cast<ukernel::TensorOp>(op))
        expectOwned(tensor.getBuffer(), "a named tensor was overwritten before it was told");
      auto call = llvm::dyn_cast<ukernel::KernelCall>(op);
      if (!call)
        continue;
      for (const mlir::Value input : call.getInputs())
        expectOwned(input, "an input was overwritten before it was read");
      own(call.getOutput(), [&](void *&byte) { byte = call.getOutput().getAsOpaquePointer(); });
      const bool pointwise = llvm::isa<ukernel::TableOp, ukernel::F32UnaryOp>(op);
      for (const mlir::Value input : call.getInputs())
        if (!pointwise && input != call.getOutput())
          expectOwned(input, "the output lies over an input");
    }
  }

  static int64_t arena(mlir::ModuleOp module) {
    return static_cast<int64_t>(
        (*module.getOps<ukernel::ProgramOp>().begin()).getArenaBytes().value_or(-1));
  }
};

} // namespace

/// Chains and joins of random length.
TEST_F(PlanTest, NothingNeededIsOverwritten) {
  for (unsigned round = 0; round < 40; ++round) {
    Net net(round);
    std::vector<Value> values{net.input({-1, 3, net.pick(2, 6), 5})};
    for (int i = net.pick(3, 12); i > 0; --i) {
      const Value x = values[net.pick(0, static_cast<int>(values.size()) - 1)];
      const Quant q = net.quant();
      switch (net.pick(0, 3)) {
      case 0:
        values.push_back(net.simple("relu", {x}, net.table(q), x.shape, q.text()));
        break;
      case 1:
        values.push_back(net.simple("add", {x, values.back()}, "", x.shape, q.text()));
        break;
      case 2:
        values.push_back(
            net.simple("transpose", {x}, "perm = array<i64: 0, 1, 2, 3>", x.shape, x.element));
        break;
      default:
        values.push_back(net.simple("avg_pool2d", {x},
                                    "kernel = array<i64: 3, 3>, padding = array<i64: 1, 1, 1, 1>",
                                    x.shape, q.text()));
      }
    }
    const std::string text = net.finish({values.back(), values[1]});
    SCOPED_TRACE(text);
    auto shared = plan(text, true), apart = plan(text, false);
    replay(*shared->getOps<ukernel::ProgramOp>().begin());
    replay(*apart->getOps<ukernel::ProgramOp>().begin());
    EXPECT_LE(arena(*shared), arena(*apart));
  }
}

TEST_F(PlanTest, ChainsReuseMemory) {
  Net net(1);
  Value x = net.input({-1, 16, 8, 8});
  const int64_t bytes = 16 * 8 * 8;
  ConvOptions o;
  o.channels = 16;
  for (int i = 0; i < 6; ++i)
    x = net.conv(x, o);
  const auto module = plan(net.finish({x}), true);
  EXPECT_EQ(arena(*module), 2 * bytes);
}

TEST_F(PlanTest, TablesWorkInPlace) {
  Net net(2);
  Value x = net.input({-1, 16, 8, 8});
  for (int i = 0; i < 3; ++i) {
    const Quant q = net.quant();
    x = net.simple("relu", {x}, net.table(q), x.shape, q.text());
  }
  const std::string text = net.finish({x});
  EXPECT_EQ(arena(*plan(text, true)), 1024);
  EXPECT_EQ(arena(*plan(text, false)), 2048);
}
