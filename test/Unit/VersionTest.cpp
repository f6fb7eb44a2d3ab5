//===- VersionTest.cpp - the way up from older versions of the IR ---------------------===//
//
// The real table has no steps yet, so the machinery is tried with made ones.
//
//===-----------------------------------------------------------------------------===//

#include "dialects/Interfaces/Version.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace qopt;

namespace {

/// Notes in the module which steps ran, in order.
template <int From> LogicalResult note(Operation *top) {
  auto before = top->getAttrOfType<StringAttr>("x.steps");
  const std::string steps = (before ? before.str() : "") + std::to_string(From);
  top->setAttr("x.steps", StringAttr::get(top->getContext(), steps));
  return success();
}
LogicalResult refuse(Operation *) { return failure(); }

struct Version : testing::Test {
  Version() : module(ModuleOp::create(UnknownLoc::get(&context))) {
    context.allowUnregisteredDialects();
    context.getDiagEngine().registerHandler([&](Diagnostic &told) { message += told.str() + ";"; });
  }
  std::string steps() {
    auto attribute = (*module)->getAttrOfType<StringAttr>("x.steps");
    return attribute ? attribute.str() : "";
  }
  int64_t noted() {
    auto attribute = (*module)->getAttrOfType<IntegerAttr>(kIRVersionAttr);
    return attribute ? attribute.getInt() : 0;
  }
  MLIRContext context;
  OwningOpRef<ModuleOp> module;
  std::string message;
};

TEST_F(Version, RunsTheStepsInOrderFromTheFilesOwn) {
  const UpgradeStep table[] = {{1, note<1>}, {2, note<2>}, {3, note<3>}};
  ASSERT_TRUE(succeeded(upgradeIR(*module, 2, table, 4)));
  EXPECT_EQ(steps(), "23");
  EXPECT_EQ(noted(), 4);
}

TEST_F(Version, LeavesTheCurrentOneAlone) {
  const UpgradeStep table[] = {{1, note<1>}};
  ASSERT_TRUE(succeeded(upgradeIR(*module, 2, table, 2)));
  EXPECT_EQ(steps(), "");
  EXPECT_EQ(noted(), 0);
}

TEST_F(Version, SaysWhereTheWayEnds) {
  const UpgradeStep table[] = {{1, note<1>}};
  EXPECT_TRUE(failed(upgradeIR(*module, 1, table, 3)));
  EXPECT_EQ(message, "no way from IR version 2 to 3; this qopt reads versions 1 to 3;");
  EXPECT_EQ(noted(), 0);
}

TEST_F(Version, SaysWhichStepFailed) {
  const UpgradeStep table[] = {{1, note<1>}, {2, refuse}};
  EXPECT_TRUE(failed(upgradeIR(*module, 1, table, 3)));
  EXPECT_EQ(message, "cannot be made IR version 3 from version 2;");
}

TEST_F(Version, HasAStepForEachOlderVersion) {
  ASSERT_EQ(static_cast<int64_t>(upgradeSteps().size()), kIRVersion - 1);
  for (const auto [index, step] : llvm::enumerate(upgradeSteps()))
    EXPECT_EQ(step.from, static_cast<int64_t>(index) + 1);
}

} // namespace
