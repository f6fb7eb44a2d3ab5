//===- Lowering.cpp - where values lie, and the calls that make them ----------------===//

#include "Lowering.h"
#include "Steps.h"

#include "dialects/NN/Parameter.h"
#include "dialects/QOpt/QOptDialect.h"

#include "llvm/Support/FormatVariadic.h"

#include <cmath>
#include <cstring>
#include <limits>

using namespace mlir;
using namespace qopt;
using namespace qopt::lower;

Lowering::Lowering(ukernel::ProgramOp program, const Options &options, ConstantPool &pool)
    : builder(OpBuilder::atBlockEnd(&program.getBody().front())), options(options), pool(pool) {}

Type lower::bufferElement(Type tensorType) {
  const Type element = cast<RankedTensorType>(tensorType).getElementType();
  if (element.isF32())
    return element;
  return IntegerType::get(tensorType.getContext(), 8);
}

bool lower::onCodes(Operation *op) { return nn::computesOnCodes(op); }

//===-- samples ---------------------------------------------------------------------===//

FailureOr<Sizes> Lowering::sampleDims(Type tensorType) {
  const ArrayRef<int64_t> shape = cast<RankedTensorType>(tensorType).getShape();
  const ArrayRef<int64_t> rest = shape.drop_front(std::min<size_t>(droppedDims(), shape.size()));
  if (llvm::any_of(rest, ShapedType::isDynamic))
    return error() << "cannot be compiled: " << tensorType
                   << " has an unknown size other than the batch";
  if (options.batch == 1)
    return Sizes(rest);
  const int64_t batch = options.batch ? options.batch : ShapedType::kDynamic;
  // An unknown batch that the options fixed stays unknown in the types.
  if (shape.empty() || (shape[0] != batch && !ShapedType::isDynamic(shape[0])))
    return error()
           << "cannot be compiled: dimension 0 of " << tensorType
           << " is not the batch of the network's inputs; fix the batch to 1 to let ops mix "
              "dimension 0 with others";
  return Sizes(rest);
}

FailureOr<int64_t> Lowering::sampleAxis(int64_t axis) {
  if (axis < droppedDims())
    return error() << "cannot be compiled: axis 0 is the batch, and samples do not mix; fix the "
                      "batch to 1 to allow it";
  return axis - droppedDims();
}

Order Lowering::naturalOrder(Type tensorType) {
  const size_t rank = cast<RankedTensorType>(tensorType).getRank();
  const size_t dropped = std::min<size_t>(droppedDims(), rank);
  Order order = rowMajor(rank - dropped);
  if (rank == 4) // channels move to the end
    std::rotate(order.end() - 3, order.end() - 2, order.end());
  return order;
}

FailureOr<std::array<int32_t, 3>> Lowering::imageDims(Value value) {
  FailureOr<Sizes> dims = sampleDims(value.getType());
  if (failed(dims))
    return failure();
  if (dims->size() == 4 && dims->front() != 1)
    return error() << "cannot be compiled: dimension 0 of " << value.getType()
                   << " is not the batch of 1";
  const ArrayRef<int64_t> image = ArrayRef<int64_t>(*dims).take_back(3);
  return std::array<int32_t, 3>{static_cast<int32_t>(image[0]), static_cast<int32_t>(image[1]),
                                static_cast<int32_t>(image[2])};
}

//===-- where values lie ------------------------------------------------------------===//

View Lowering::wholeConstant(Value value) {
  nn::ParameterOp parameter = nn::getParameter(value);
  const auto tensor = cast<RankedTensorType>(value.getType());
  const auto type =
      ukernel::BufferType::get(value.getContext(), tensor.getNumElements(), bufferElement(tensor));
  auto constant =
      ukernel::ConstantOp::create(builder, parameter.getLoc(), type, parameter.getValue());
  View view = denseView(constant, tensor.getShape(), rowMajor(tensor.getRank()));
  view.batchStride = 0;
  return view;
}

FailureOr<View> Lowering::constantView(Value value) {
  nn::ParameterOp parameter = nn::getParameter(value);
  if (!parameter)
    return error() << "cannot be compiled: its operand " << value << " has no place in memory";
  const ArrayRef<int64_t> shape = cast<RankedTensorType>(value.getType()).getShape();
  const int64_t batch = std::max<int64_t>(options.batch, 1);
  if (droppedDims() && !shape.empty() && shape[0] != 1 && shape[0] != batch)
    return error() << "cannot be compiled: constant " << value.getType()
                   << " differs from sample to sample";
  View view = wholeConstant(value);
  if (!droppedDims() || shape.empty())
    return view;
  if (shape[0] != 1)
    view.batchStride = view.strides[0];
  view.dims.erase(view.dims.begin());
  view.strides.erase(view.strides.begin());
  return view;
}

FailureOr<View> Lowering::view(Value value) {
  auto found = views.find(value);
  if (found != views.end())
    return found->second;
  FailureOr<View> made = constantView(value);
  if (succeeded(made))
    views[value] = *made;
  return made;
}

void Lowering::rebind(Value from, Value to) {
  for (auto &entry : views)
    if (entry.second.buffer == from)
      entry.second.buffer = to;
  for (auto &entry : copies)
    for (auto &made : entry.second)
      if (made.second.buffer == from)
        made.second.buffer = to;
}

FailureOr<View> Lowering::dense(Value value, ArrayRef<unsigned> order) {
  FailureOr<View> from = view(value);
  if (failed(from) || isDense(*from, order))
    return from;
  for (const auto &[madeOrder, made] : copies[value])
    if (isDense(made, order))
      return made;
  FailureOr<View> to = allocate(bufferElement(value.getType()), from->dims, order);
  if (failed(to) || failed(copy(*from, *to)))
    return failure();
  copies[value].emplace_back(Order(order), *to);
  return to;
}

FailureOr<View> Lowering::denseAny(Value value) {
  FailureOr<View> from = view(value);
  if (failed(from) || memoryOrder(*from))
    return from;
  return dense(value);
}

FailureOr<View> Lowering::withoutOffset(Value value) {
  FailureOr<View> from = view(value);
  if (failed(from) || from->offset == 0)
    return from;
  return dense(value);
}

FailureOr<View> Lowering::allocate(Type elementType, ArrayRef<int64_t> dims,
                                   ArrayRef<unsigned> order) {
  int64_t count = 1;
  for (const int64_t size : dims)
    if (__builtin_mul_overflow(count, size, &count) || count > std::numeric_limits<int32_t>::max())
      return error() << "cannot be compiled: a tensor has more than 2^31 - 1 elements a sample";
  const auto type = ukernel::BufferType::get(builder.getContext(), count, elementType);
  auto buffer = ukernel::AllocOp::create(builder, getLoc(), type, IntegerAttr());
  return denseView(buffer, dims, order);
}

FailureOr<View> Lowering::allocate(Value result, ArrayRef<unsigned> order) {
  FailureOr<Sizes> dims = sampleDims(result.getType());
  if (failed(dims))
    return failure();
  const Order natural = naturalOrder(result.getType());
  FailureOr<View> made = allocate(bufferElement(result.getType()), *dims,
                                  order.size() == dims->size() ? order : ArrayRef(natural));
  if (succeeded(made))
    bind(result, *made);
  return made;
}

LogicalResult Lowering::copy(const View &from, const View &to) {
  // Walk in the order of the written memory.
  Order order = rowMajor(to.dims.size());
  llvm::sort(order, [&](unsigned a, unsigned b) {
    return std::pair(-to.strides[a], a) < std::pair(-to.strides[b], b);
  });
  const Loops loops = collapse(reordered(to.dims, order),
                               {reordered(from.strides, order), reordered(to.strides, order)});
  qrt_copy_params p = {};
  p.element_bytes = cast<ukernel::BufferType>(to.buffer.getType()).getElementBytes();
  if (!fillRight(p.dims, loops.dims, 1) || !fillRight(p.in_strides, loops.strides[0], 0) ||
      !fillRight(p.out_strides, loops.strides[1], 0))
    return error() << "cannot be compiled: its movement needs a copy of more than 8 dimensions";
  p.in_offset = static_cast<int32_t>(from.offset);
  p.out_offset = static_cast<int32_t>(to.offset);
  p.in_batch_stride = static_cast<int32_t>(from.batchStride);
  p.out_batch_stride = static_cast<int32_t>(to.batchStride);
  return emit(p, {from.buffer}, to.buffer);
}

/// The name of a border's codes: its own, or that of the value it quantizes. A second point on
/// a value is told from the first by its symbol.
static std::string borderName(Operation *op) {
  const std::string own = nn::getValueName(op->getResult(0));
  if (!own.empty())
    return own;
  Operation *before = op->getOperand(0).getDefiningOp();
  const bool behindBorder = isa_and_present<quantize::QuantizeOp, quantize::RequantizeOp>(before);
  const std::string name = behindBorder ? borderName(before) : nn::getValueName(op->getOperand(0));
  if (name.empty() || !isa<quantize::RequantizeOp>(op))
    return name;
  auto symbol = op->getAttrOfType<FlatSymbolRefAttr>(quantize::QOptDialect::kObserverAttr);
  return name + "@" + (symbol ? symbol.getValue().str() : std::string("requantized"));
}

/// The name under which a value is compared with other runs. A float value that is quantized
/// leaves its name to the codes.
static std::string reportedName(Value value) {
  Operation *op = value.getDefiningOp();
  if (isa<quantize::QuantizeOp, quantize::RequantizeOp>(op))
    return borderName(op);
  if (llvm::any_of(value.getUsers(), llvm::IsaPred<quantize::QuantizeOp>))
    return "";
  return nn::getValueName(value);
}

void Lowering::nameResults() {
  for (const Value result : current->getResults()) {
    const std::string name = reportedName(result);
    auto found = views.find(result);
    if (name.empty() || found == views.end())
      continue;
    const View &view = found->second;
    Sizes strides = view.strides;
    if (strides.size() < static_cast<size_t>(cast<RankedTensorType>(result.getType()).getRank()))
      strides.insert(strides.begin(), view.batchStride);
    ukernel::TensorOp::create(
        builder, getLoc(), view.buffer, builder.getStringAttr(name),
        TypeAttr::get(result.getType()), builder.getI64IntegerAttr(view.offset),
        builder.getDenseI64ArrayAttr(strides),
        nn::hasFloatResultOfCodes(current) && nn::givesDefinedFloat(current) ? builder.getUnitAttr()
                                                                             : UnitAttr());
  }
}

//===-- calls -----------------------------------------------------------------------===//

SmallVector<Lowering::Candidate> Lowering::candidates(const CallParams &params,
                                                      ArrayRef<int8_t> weights,
                                                      std::string &refused) const {
  SmallVector<Candidate> found;
  size_t count = 0;
  const qrt_kernel_row *rows = qrt_kernels(&count);
  for (const qrt_kernel_row &row : llvm::ArrayRef(rows, count)) {
    if (params.kind != row.kind || !qrt_isa_includes(options.isa, row.isa) ||
        (row.needs_dnnl && !options.dnnl))
      continue;
    const bool estimates = row.packer && row.packer->cost;
    if (!found.empty() && !estimates)
      continue;
    if (row.packer && !row.packer->supports(params.block, weights.data())) {
      refused += (refused.empty() ? "not for " : ", ") + std::string(row.symbol);
      continue;
    }
    if (!estimates)
      return {{&row, 0}};
    found.push_back({&row, row.packer->cost(params.block, std::max<int64_t>(options.batch, 1))});
  }
  llvm::sort(found, [](const Candidate &a, const Candidate &b) {
    return std::pair(a.cycles, a.row) < std::pair(b.cycles, b.row);
  });
  return found;
}

const qrt_kernel_row *Lowering::measured(ArrayRef<Candidate> rows, const CallParams &params,
                                         ArrayRef<int8_t> weights, std::string &reason) const {
  if (!options.tuner || rows.size() < 2 || params.kind != "conv2d")
    return nullptr;
  rows = rows.take_while([&](const Candidate &candidate) {
    return options.tuner->considers(candidate.cycles, rows.front().cycles);
  });
  if (rows.size() < 2)
    return nullptr;
  const qrt_kernel_row *best = nullptr;
  double least = 0;
  for (const Candidate &candidate : rows) {
    const std::optional<double> time = options.tuner->microseconds(
        *candidate.row, *static_cast<const qrt_conv2d_params *>(params.block), weights,
        std::max<int64_t>(options.batch, 1));
    if (!time)
      return nullptr;
    reason += (reason.empty() ? "least time measured: " : ", ") +
              llvm::formatv("{0} {1:f1} us", candidate.row->symbol, *time).str();
    // Who is estimated to be better stays so unless more than noise speaks against it.
    if (!best || *time < 0.97 * least)
      best = candidate.row, least = *time;
  }
  return best;
}

const qrt_kernel_row *Lowering::chooseKernel(const CallParams &params, ArrayRef<int8_t> weights,
                                             std::string &reason) const {
  std::string refused, costs;
  const SmallVector<Candidate> rows = candidates(params, weights, refused);
  const qrt_kernel_row *best = measured(rows, params, weights, costs);
  if (!best) {
    costs.clear();
    for (const Candidate &candidate : rows)
      if (candidate.cycles > 0)
        costs += (costs.empty() ? "fewest cycles estimated: " : ", ") +
                 std::string(candidate.row->symbol) + " " +
                 std::to_string(std::llround(candidate.cycles));
    best = rows.empty() ? nullptr : rows.front().row;
  }
  reason = refused + (refused.empty() || costs.empty() ? "" : "; ") + costs;
  return best;
}

ElementsAttr Lowering::packWeights(const qrt_packer &packer, const void *params,
                                   ArrayRef<int8_t> weights) {
  const size_t bytes = packer.packed_bytes(params);
  if (bytes == 0)
    return {};
  std::unique_ptr<void, decltype(&free)> memory(aligned_alloc(64, (bytes + 63) / 64 * 64), free);
  std::memset(memory.get(), 0, bytes); // padding the packer skips must not vary
  packer.pack(params, weights.data(), memory.get());
  const std::string name = nn::getValueName(current->getResult(0)) + ".packed";
  return pool.get(name, ArrayRef<int8_t>(static_cast<const int8_t *>(memory.get()), bytes));
}

/// Whether the table says that the op calls kernels of this kind.
[[maybe_unused]] static bool isListed(Operation *op, StringRef kind) {
  const LoweringRow *row = loweringTable().find(op->getName().getStringRef());
  return !row || kind == "copy" || llvm::is_contained(row->kernels, kind);
}

LogicalResult Lowering::emitCall(CallParams params, ValueRange inputs, Value output,
                                 PointerData pointers, ArrayRef<int8_t> weights) {
  assert(isListed(current, params.kind) &&
         "the op's row in the table of lowerings names the kernel");
  std::string reason;
  const qrt_kernel_row *row = chooseKernel(params, weights, reason);
  if (!row)
    return error() << "cannot be compiled: no kernel of kind " << params.kind << " for "
                   << qrt_isa_name(options.isa) << " can run it";
  if (row->packer) {
    scratch = std::max<uint64_t>(scratch, row->packer->scratch_bytes(params.block));
    if (ElementsAttr packed = packWeights(*row->packer, params.block, weights))
      pointers.emplace_back("packed", packed);
  }
  std::optional<uint64_t> preparedAt;
  if (row->prepare_symbol) {
    preparedAt = prepared;
    // Even where this layer prepares nothing, so that all calls of such kernels look alike.
    prepared += llvm::alignTo(std::max<uint64_t>(row->packer->prepared_bytes(params.block), 1), 64);
  }
  for (const auto &[name, data] : pointers)
    if (data)
      params.entries.push_back(builder.getNamedAttr(name, data));
  OperationState state(getLoc(), ("ukernel." + params.kind).str());
  state.addOperands(inputs);
  state.addOperands(output);
  state.addAttribute("kernel", FlatSymbolRefAttr::get(builder.getContext(), row->symbol));
  state.addAttribute("params", builder.getDictionaryAttr(params.entries));
  if (preparedAt)
    state.addAttribute("prepared_at", builder.getI64IntegerAttr(static_cast<int64_t>(*preparedAt)));
  if (!reason.empty())
    state.addAttribute(kReasonAttr, builder.getStringAttr(reason));
  if (params.macs)
    state.addAttribute(kMacsAttr, builder.getI64IntegerAttr(params.macs));
  if (const Attribute name = current->getAttr(nn::NNDialect::kNameAttr))
    state.addAttribute(nn::NNDialect::kNameAttr, name);
  builder.create(state);
  return success();
}
