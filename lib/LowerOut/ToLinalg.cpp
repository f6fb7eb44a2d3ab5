//===- ToLinalg.cpp - converted modules as linalg -------------------------------------===//

#include "LinalgBuilder.h"

#include "qopt/LowerOut/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

namespace qopt::lowerout {
#define GEN_PASS_DEF_LOWERTOLINALG
#include "qopt/LowerOut/Passes.h.inc"
} // namespace qopt::lowerout

using namespace mlir;
using namespace qopt;
using namespace qopt::lowerout;

namespace {
struct LowerToLinalg : lowerout::impl::LowerToLinalgBase<LowerToLinalg> {
  void runOnOperation() override {
    CodesTypeConverter converter;
    RewritePatternSet patterns(&getContext());
    Refusals refusals;
    LinalgTable table(patterns, converter, refusals);
    addLinalgBorders(table);
    addLinalgRoots(table);
    addLinalgElementwise(table);
    addLinalgPools(table);
    addLinalgMoves(table);
    addLinalgResize(table);
    if (failed(convertModule(getOperation(), converter, std::move(patterns), refusals,
                             {"linalg", "arith", "math", "tensor"}, "linalg")))
      signalPassFailure();
  }
};
} // namespace
