//===- Plan.h - which values get which parameters -------------------------------------===//
//
// Prepare first plans all points of a function, with what they share, and then inserts them.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_LIB_PREPARE_PLAN_H
#define QOPT_LIB_PREPARE_PLAN_H

#include "Codes.h"

#include "llvm/ADT/MapVector.h"

#include <optional>

namespace qopt::prepare {

/// Parameters that are known before any calibration.
struct KnownParams {
  float scale;
  int32_t zeroPoint;
  bool operator==(const KnownParams &other) const {
    return scale == other.scale && zeroPoint == other.zeroPoint;
  }
};

/// The parameters of one value, or of the values of a shared group.
struct Point {
  mlir::Value value; ///< the value itself; of a group, the last cat's result
  quantize::SpecAttr spec;
  std::string rule; ///< provenance: the entry of the configuration that decided
  std::optional<KnownParams> known;
  mlir::Value derivedFrom;  ///< source value of a scalar op's input, or null
  bool border = false;      ///< only ops on codes read the quantized value
  bool fixedByName = false; ///< the configuration made its symbol already
};

class Plan {
public:
  explicit Plan(mlir::func::FuncOp function) : function(function) {}

  /// Collects the points and groups. Errors: a value without a name.
  llvm::LogicalResult make();

  /// In program order of the ops that asked for them. A cat's result is there for its group's
  /// sake: no point stands behind it.
  llvm::MapVector<mlir::Value, Point> points;

  /// The value that stands for the group of `value` (itself where there is none).
  mlir::Value leaderOf(mlir::Value value) const;
  bool isShared(mlir::Value value) const { return groups.contains(value); }
  size_t numGroups() const;

  /// Operands of cats that need a second point: they cannot share.
  llvm::SmallVector<mlir::OpOperand *> requantized;

private:
  void addResult(QuantizableOpInterface op);
  void addBorders(QuantizableOpInterface op);
  void share(QuantizableOpInterface op);
  void derive(Point &point, QuantizableOpInterface op);
  void applyFixed(Point &point);
  bool canJoin(const Point &member, const Point &group) const;

  mlir::func::FuncOp function;
  llvm::MapVector<mlir::Value, mlir::Value> groups; ///< member -> its parent, up to a leader
};

/// The parameters of a bounded result (given for u8) in another spec.
KnownParams boundedParams(std::pair<float, int32_t> u8, quantize::SpecAttr spec);

} // namespace qopt::prepare

#endif // QOPT_LIB_PREPARE_PLAN_H
