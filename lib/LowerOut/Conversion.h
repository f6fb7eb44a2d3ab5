//===- Conversion.h - what both lowerings share: types, patterns, messages ------------===//
//
// A lowering is a table of patterns, one function per op or op interface. A function that cannot
// lower its op says why (`Refusals`); what is left in the module in the end is reported with these
// reasons, all of it at once.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_LIB_LOWEROUT_CONVERSION_H
#define QOPT_LIB_LOWEROUT_CONVERSION_H

#include "Codes.h"

#include "mlir/Transforms/DialectConversion.h"
#include "llvm/ADT/DenseMap.h"

#include <string>

namespace qopt::lowerout {

/// Quantized tensors become i8, biases i32; float tensors stay.
class CodesTypeConverter : public mlir::TypeConverter {
public:
  CodesTypeConverter();
};

/// Why ops could not be lowered.
class Refusals {
public:
  /// Notes the first reason for `op`.
  llvm::LogicalResult add(mlir::Operation *op, const llvm::Twine &reason) {
    reasons.try_emplace(op, reason.str());
    return llvm::failure();
  }
  std::string lookup(mlir::Operation *op) const { return reasons.lookup(op); }

private:
  llvm::DenseMap<mlir::Operation *, std::string> reasons;
};

/// What a lowering function sees of its op: the converted operands, a builder of the target
/// dialect before the op, and `refuse`.
template <typename BuilderT> struct OpLowering {
  mlir::Operation *op;
  mlir::ValueRange operands;
  BuilderT &build;
  Refusals &refusals;

  llvm::LogicalResult refuse(const llvm::Twine &reason) const { return refusals.add(op, reason); }
  /// The converted operand that stands for `original`, or null for null.
  mlir::Value converted(mlir::Value original) const {
    for (mlir::OpOperand &operand : op->getOpOperands())
      if (operand.get() == original)
        return operands[operand.getOperandNumber()];
    return {};
  }
  llvm::ArrayRef<int64_t> shapeOf(mlir::Value value) const {
    return mlir::cast<mlir::RankedTensorType>(value.getType()).getShape();
  }
  llvm::ArrayRef<int64_t> resultShape() const { return shapeOf(op->getResult(0)); }
};

using Lowered = llvm::FailureOr<llvm::SmallVector<mlir::Value>>;

/// The pattern of an op class or of an op interface: a function from operands to results.
template <typename BuilderT, typename OpTy> class FunctionPattern : public mlir::ConversionPattern {
public:
  using Function = Lowered (*)(OpTy op, const OpLowering<BuilderT> &context);

  struct OfOp {};
  struct OfInterface {};
  FunctionPattern(OfOp, Refusals &refusals, Function function, const mlir::TypeConverter &converter,
                  mlir::MLIRContext *context)
      : ConversionPattern(converter, OpTy::getOperationName(), /*benefit=*/1, context),
        refusals(refusals), function(function) {}
  FunctionPattern(OfInterface, Refusals &refusals, Function function,
                  const mlir::TypeConverter &converter, mlir::MLIRContext *context)
      : ConversionPattern(converter, MatchInterfaceOpTypeTag(), OpTy::getInterfaceID(),
                          /*benefit=*/1, context),
        refusals(refusals), function(function) {}

  llvm::LogicalResult matchAndRewrite(mlir::Operation *op, llvm::ArrayRef<mlir::Value> operands,
                                      mlir::ConversionPatternRewriter &rewriter) const override {
    BuilderT build(rewriter, op->getLoc());
    Lowered results = function(mlir::cast<OpTy>(op), {op, operands, build, refusals});
    if (llvm::failed(results))
      return llvm::failure();
    rewriter.replaceOp(op, *results);
    return llvm::success();
  }

private:
  Refusals &refusals;
  Function function;
};

/// A table of patterns in the making.
template <typename BuilderT> class PatternTable {
public:
  PatternTable(mlir::RewritePatternSet &patterns, const CodesTypeConverter &converter,
               Refusals &refusals)
      : patterns(patterns), converter(converter), refusals(refusals) {}

  /// A row: all ops of class OpTy.
  template <typename OpTy> void op(typename FunctionPattern<BuilderT, OpTy>::Function function) {
    add<FunctionPattern<BuilderT, OpTy>, typename FunctionPattern<BuilderT, OpTy>::OfOp>(function);
  }
  /// A row: all ops that implement an interface.
  template <typename OpTy>
  void interface(typename FunctionPattern<BuilderT, OpTy>::Function function) {
    add<FunctionPattern<BuilderT, OpTy>, typename FunctionPattern<BuilderT, OpTy>::OfInterface>(
        function);
  }

private:
  template <typename PatternTy, typename Kind> void add(typename PatternTy::Function function) {
    patterns.add(
        std::make_unique<PatternTy>(Kind(), refusals, function, converter, patterns.getContext()));
  }

  mlir::RewritePatternSet &patterns;
  const CodesTypeConverter &converter;
  Refusals &refusals;
};

/// Rewrites `module` by `patterns` and removes what belongs to qopt alone. `dialect` is the
/// target's name for messages. Errors, on each op that is left: that it has no lowering, and why;
/// on the module: it is not converted.
llvm::LogicalResult convertModule(mlir::ModuleOp module, CodesTypeConverter &converter,
                                  mlir::RewritePatternSet &&patterns, const Refusals &refusals,
                                  llvm::ArrayRef<llvm::StringRef> dialects, llvm::StringRef target);

} // namespace qopt::lowerout

#endif // QOPT_LIB_LOWEROUT_CONVERSION_H
