//===- Lowering.h - what the lowering of one op works with --------------------------===//
//
// One Lowering builds the plan of one ISA: it knows where each value lies, allocates
// buffers, makes copies where a layout has to change, and emits the calls.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_LIB_LOWER_LOWERING_H
#define QOPT_LIB_LOWER_LOWERING_H

#include "ConstantPool.h"
#include "Params.h"
#include "Tune.h"
#include "View.h"
#include "dialects/UKernel/UKernel.h"
#include "qrt/kernel_table.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringMap.h"

namespace qopt::lower {

class Lowering {
public:
  struct Options {
    qrt_isa isa = QRT_ISA_SCALAR;
    bool dnnl = false;
    /// Batch size of the model, or 0: any.
    int64_t batch = 0;
    /// Measures where the cost model would estimate; null: does not.
    Tuner *tuner = nullptr;
  };

  Lowering(ukernel::ProgramOp program, const Options &options, ConstantPool &pool);

  /// The op being lowered: errors go there, and calls carry its name.
  void setCurrent(mlir::Operation *op) { current = op; }
  mlir::InFlightDiagnostic error() { return current->emitOpError(); }

  ConstantPool &constants() { return pool; }
  mlir::OpBuilder &getBuilder() { return builder; }
  mlir::Location getLoc() { return current->getLoc(); }

  //===-- samples: dimensions without the batch --------------------------------------===//

  /// The dimensions of one sample. With a fixed batch of 1 that is the whole shape, so that
  /// ops may do what they like with it; else dimension 0 must be the batch and goes.
  llvm::FailureOr<Sizes> sampleDims(mlir::Type tensorType);
  /// How many leading dimensions sampleDims drops.
  int64_t droppedDims() const { return options.batch == 1 ? 0 : 1; }
  /// The sample's axis of an axis of the op, or an error if that is the batch.
  llvm::FailureOr<int64_t> sampleAxis(int64_t axis);
  /// Memory order of values of this type unless there is a reason for another: NHWC for
  /// rank 4, else row-major.
  Order naturalOrder(mlir::Type tensorType);

  //===-- where values lie -----------------------------------------------------------===//

  llvm::FailureOr<View> view(mlir::Value value);
  /// All dimensions of a constant, the same for every sample.
  View wholeConstant(mlir::Value value);
  /// Dense with this order, copied if need be.
  llvm::FailureOr<View> dense(mlir::Value value, llvm::ArrayRef<unsigned> order);
  llvm::FailureOr<View> dense(mlir::Value value) {
    return dense(value, naturalOrder(value.getType()));
  }
  /// Dense with whatever order the value has, copied into its natural one if it has gaps.
  llvm::FailureOr<View> denseAny(mlir::Value value);
  /// A view without offset: what strided kernels can read.
  llvm::FailureOr<View> withoutOffset(mlir::Value value);
  /// [C, H, W] sizes of a value of rank 4.
  llvm::FailureOr<std::array<int32_t, 3>> imageDims(mlir::Value value);

  void bind(mlir::Value value, const View &view) { views[value] = view; }
  /// Values of one buffer lie in another from now on.
  void rebind(mlir::Value from, mlir::Value to);
  /// Memory for a result, dense with this order (natural when empty), bound to it.
  llvm::FailureOr<View> allocate(mlir::Value result, llvm::ArrayRef<unsigned> order = {});
  /// Memory that no value of the network names.
  llvm::FailureOr<View> allocate(mlir::Type elementType, llvm::ArrayRef<int64_t> dims,
                                 llvm::ArrayRef<unsigned> order);
  /// Copies element by element; the dimensions agree.
  llvm::LogicalResult copy(const View &from, const View &to);

  //===-- calls ----------------------------------------------------------------------===//

  /// Picks the first kernel of the table that this plan may call and that can run `params`
  /// with `weights` (codes in logical order), packs the weights, and emits the call. The
  /// pointers that packers read must be set in `params`, and all data be in `pointers`.
  template <typename Params>
  llvm::LogicalResult emit(const Params &params, mlir::ValueRange inputs, mlir::Value output,
                           PointerData pointers = {}, llvm::ArrayRef<int8_t> weights = {}) {
    ScalarFields fields{mlir::Builder(current->getContext()), {}};
    collect(params, fields);
    return emitCall({KindOf<Params>::name, &params, std::move(fields.entries), macsOf(params)},
                    inputs, output, std::move(pointers), weights);
  }

  /// Tells the plan which named values exist after the current op, as views of their memory.
  void nameResults();
  /// The most scratch that a call needs.
  uint64_t scratchBytes() const { return scratch; }
  /// What a session prepares for all calls together.
  uint64_t preparedBytes() const { return prepared; }

private:
  /// What the parameter block of a call says, as bytes and as attributes.
  struct CallParams {
    llvm::StringRef kind;
    const void *block;
    llvm::SmallVector<mlir::NamedAttribute> entries;
    int64_t macs;
  };
  llvm::LogicalResult emitCall(CallParams params, mlir::ValueRange inputs, mlir::Value output,
                               PointerData pointers, llvm::ArrayRef<int8_t> weights);
  struct Candidate {
    const qrt_kernel_row *row;
    double cycles; // estimated
  };
  /// The estimating rows that support the call, or the one that does not estimate and stands
  /// before them. `refused` receives which do not support it.
  llvm::SmallVector<Candidate> candidates(const CallParams &params, llvm::ArrayRef<int8_t> weights,
                                          std::string &refused) const;
  /// The fastest by measurement, or null if there is nothing to measure.
  const qrt_kernel_row *measured(llvm::ArrayRef<Candidate> rows, const CallParams &params,
                                 llvm::ArrayRef<int8_t> weights, std::string &reason) const;
  /// `reason` receives why it is this row, in words; nothing for the first of its kind.
  const qrt_kernel_row *chooseKernel(const CallParams &params, llvm::ArrayRef<int8_t> weights,
                                     std::string &reason) const;
  mlir::ElementsAttr packWeights(const qrt_packer &packer, const void *params,
                                 llvm::ArrayRef<int8_t> weights);
  llvm::FailureOr<View> constantView(mlir::Value value);

  mlir::OpBuilder builder;
  Options options;
  ConstantPool &pool;
  mlir::Operation *current = nullptr;
  llvm::DenseMap<mlir::Value, View> views;
  /// Dense copies made of values, by their order.
  llvm::DenseMap<mlir::Value, llvm::SmallVector<std::pair<Order, View>, 1>> copies;
  uint64_t scratch = 0, prepared = 0;
};

/// Elements of a buffer for values of this tensor type: i8 codes or f32.
mlir::Type bufferElement(mlir::Type tensorType);

/// Whether the op computes on codes.
bool onCodes(mlir::Operation *op);

/// Copies sizes into a fixed array of a parameter block, right-aligned, filled with `fill`
/// from the left. False if they are too many.
template <size_t N>
bool fillRight(int32_t (&field)[N], llvm::ArrayRef<int64_t> values, int32_t fill) {
  if (values.size() > N)
    return false;
  std::fill(field, field + N, fill);
  for (size_t i = 0; i < values.size(); ++i)
    field[N - values.size() + i] = static_cast<int32_t>(values[i]);
  return true;
}

//===-- the table of lowerings -------------------------------------------------------===//

using LowerFn = std::function<llvm::LogicalResult(mlir::Operation *, Lowering &)>;

struct LoweringRow {
  LowerFn lower;
  /// The kinds of kernels that it calls, beside `copy`, which any op may need.
  llvm::SmallVector<llvm::StringRef, 3> kernels;
};

/// Op name to its lowering and the kinds of kernels that it calls: "conv2d f32_conv2d".
class LoweringTable {
public:
  template <typename OpTy>
  void add(llvm::LogicalResult (*function)(OpTy, Lowering &), llvm::StringLiteral kernels) {
    LoweringRow &row = table[OpTy::getOperationName()];
    row.lower = [function](mlir::Operation *op, Lowering &lowering) {
      return function(llvm::cast<OpTy>(op), lowering);
    };
    kernels.split(row.kernels, ' ', /*MaxSplit=*/-1, /*KeepEmpty=*/false);
  }
  template <typename... OpTys>
  void addAll(llvm::LogicalResult (*function)(mlir::Operation *, Lowering &),
              llvm::StringLiteral kernels) {
    const auto addOne = [&](LoweringRow &row) {
      row.lower = function;
      kernels.split(row.kernels, ' ', /*MaxSplit=*/-1, /*KeepEmpty=*/false);
    };
    (addOne(table[OpTys::getOperationName()]), ...);
  }
  /// The row of an op, by its name or, for a tabulated function of any dialect, by its interface.
  const LoweringRow *find(mlir::Operation *op) const;
  const LoweringRow *find(llvm::StringRef name) const {
    auto found = table.find(name);
    return found == table.end() ? nullptr : &found->second;
  }

private:
  llvm::StringMap<LoweringRow> table;
};

/// All rows, made once.
const LoweringTable &loweringTable();

void addConvLowerings(LoweringTable &table);
void addMatmulLowerings(LoweringTable &table);
void addDynamicLowerings(LoweringTable &table);
void addElementwiseLowerings(LoweringTable &table);
/// A function of one tensor whose codes are in its `table` (N10), or follow from its input's (N8).
llvm::LogicalResult lowerTabulated(mlir::Operation *op, Lowering &lowering);
void addBinaryLowerings(LoweringTable &table);
void addPoolLowerings(LoweringTable &table);
void addResizeLowerings(LoweringTable &table);
void addMoveLowerings(LoweringTable &table);
void addBorderLowerings(LoweringTable &table);

} // namespace qopt::lower

#endif // QOPT_LIB_LOWER_LOWERING_H
