//===- Writers.h - what the writers of ops share -------------------------------------===//

#ifndef QOPT_LIB_EXPORT_WRITERS_H
#define QOPT_LIB_EXPORT_WRITERS_H

#include "GraphExporter.h"

namespace qopt::exporter {

inline std::vector<int64_t> ints(llvm::ArrayRef<int64_t> values) { return values.vec(); }

/// The step that computes a pointwise function, possibly after helper steps.
Step actStep(nn::ActAttr act, Wire &input, GraphExporter &graph, llvm::StringRef name);

/// Writes the last step of an op, whose result `name` has `type` (null: float). Where `act` (a
/// clamp, or null) or the type's own bounds allow fewer codes than the storage holds, the step is
/// followed by one that takes the others off.
Wire emitBounded(const Step &step, mlir::quant::QuantizedType type, nn::ActAttr act,
                 llvm::StringRef name, GraphExporter &graph);

/// Writes an op of one operand and one result that only moves elements.
mlir::LogicalResult writeMove(mlir::Operation *op, GraphExporter &graph, llvm::StringRef onnxOp,
                              std::vector<NodeAttribute> attributes,
                              std::vector<std::string> constants = {});

} // namespace qopt::exporter

#endif // QOPT_LIB_EXPORT_WRITERS_H
