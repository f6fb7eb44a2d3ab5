//===- Moves.cpp - ops that move elements --------------------------------------------===//

#include "Writers.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::exporter;

LogicalResult exporter::writeMove(Operation *op, GraphExporter &graph, StringRef onnxOp,
                                  std::vector<NodeAttribute> attributes,
                                  std::vector<std::string> constants) {
  Step step{
      onnxOp.str(), {&graph.wire(op->getOperand(0))}, std::move(attributes), std::move(constants)};
  step.moves = true;
  graph.wire(op->getResult(0)) =
      graph.emit(step, GraphExporter::typeOf(op->getResult(0)), nn::getValueName(op->getResult(0)));
  return success();
}

static std::string nameOf(Operation *op, StringRef suffix) {
  return nn::getValueName(op->getResult(0)) + "." + suffix.str();
}

static LogicalResult writeReshape(Operation *op, GraphExporter &graph) {
  const std::string shape = graph.addInts(nameOf(op, "shape"), cast<nn::ReshapeOp>(op).getShape());
  return writeMove(op, graph, "Reshape", {}, {shape});
}

/// Flatten of ONNX makes a matrix; from a later axis on it is a reshape.
static LogicalResult writeFlatten(Operation *op, GraphExporter &graph) {
  const int64_t axis = cast<nn::FlattenOp>(op).getAxis();
  if (axis == 1)
    return writeMove(op, graph, "Flatten", {{"axis", axis}});
  SmallVector<int64_t> shape(axis, 0);
  shape.push_back(-1);
  return writeMove(op, graph, "Reshape", {}, {graph.addInts(nameOf(op, "shape"), shape)});
}

static LogicalResult writeTranspose(Operation *op, GraphExporter &graph) {
  return writeMove(op, graph, "Transpose", {{"perm", ints(cast<nn::TransposeOp>(op).getPerm())}});
}

static LogicalResult writeSlice(Operation *op, GraphExporter &graph) {
  auto slice = cast<nn::SliceOp>(op);
  return writeMove(op, graph, "Slice", {},
                   {graph.addInts(nameOf(op, "starts"), slice.getStarts()),
                    graph.addInts(nameOf(op, "ends"), slice.getEnds()),
                    graph.addInts(nameOf(op, "axes"), slice.getAxes()),
                    graph.addInts(nameOf(op, "steps"), slice.getSteps())});
}

static LogicalResult writeSqueeze(Operation *op, GraphExporter &graph) {
  return writeMove(op, graph, "Squeeze", {},
                   {graph.addInts(nameOf(op, "axes"), cast<nn::SqueezeOp>(op).getAxes())});
}

static LogicalResult writeUnsqueeze(Operation *op, GraphExporter &graph) {
  return writeMove(op, graph, "Unsqueeze", {},
                   {graph.addInts(nameOf(op, "axes"), cast<nn::UnsqueezeOp>(op).getAxes())});
}

/// The value is a number, so the pad runs on numbers in either form.
static LogicalResult writePad(Operation *op, GraphExporter &graph) {
  auto pad = cast<nn::PadOp>(op);
  SmallVector<int64_t> pads(pad.getLow());
  llvm::append_range(pads, pad.getHigh());
  const std::string constants[] = {
      graph.addInts(nameOf(op, "pads"), pads),
      graph.addFloats(nameOf(op, "value"), {}, {pad.getValue().convertToFloat()})};
  graph.wire(op->getResult(0)) =
      graph.emit({"Pad", {&graph.wire(pad.getInput())}, {}, {constants[0], constants[1]}},
                 GraphExporter::typeOf(op->getResult(0)), nn::getValueName(op->getResult(0)));
  return success();
}

static LogicalResult writeDepthToSpace(Operation *op, GraphExporter &graph) {
  auto move = cast<nn::DepthToSpaceOp>(op);
  return writeMove(op, graph, "DepthToSpace",
                   {{"blocksize", static_cast<int64_t>(move.getBlock())},
                    {"mode", std::string(move.getColumnMajor() ? "CRD" : "DCR")}});
}

static LogicalResult writeCat(Operation *op, GraphExporter &graph) {
  auto cat = cast<nn::CatOp>(op);
  Step step{"Concat", {}, {{"axis", static_cast<int64_t>(cat.getAxis())}}};
  for (const Value operand : cat.getInputs())
    step.operands.push_back(&graph.wire(operand));
  step.moves = true;
  graph.wire(op->getResult(0)) =
      graph.emit(step, GraphExporter::typeOf(op->getResult(0)), nn::getValueName(op->getResult(0)));
  return success();
}

static LogicalResult writeSplit(Operation *op, GraphExporter &graph) {
  auto split = cast<nn::SplitOp>(op);
  Step step{"Split",
            {&graph.wire(split.getInput())},
            {{"axis", static_cast<int64_t>(split.getAxis())}},
            {graph.addInts(nameOf(op, "sizes"), split.getSizes())}};
  step.moves = true;
  std::vector<std::string> names;
  for (const Value result : op->getResults())
    names.push_back(nn::getValueName(result));
  std::vector<Wire> made = graph.emitAll(step, GraphExporter::typeOf(op->getResult(0)), names);
  for (auto [result, wire] : llvm::zip_equal(op->getResults(), made))
    graph.wire(result) = wire;
  return success();
}

llvm::ArrayRef<OpWriterRow> exporter::moveWriters() {
  static constexpr OpWriterRow rows[] = {
      {"nn.reshape", writeReshape},
      {"nn.flatten", writeFlatten},
      {"nn.transpose", writeTranspose},
      {"nn.slice", writeSlice},
      {"nn.squeeze", writeSqueeze},
      {"nn.unsqueeze", writeUnsqueeze},
      {"nn.pad", writePad},
      {"nn.depth_to_space", writeDepthToSpace},
      {"nn.cat", writeCat},
      {"nn.split", writeSplit},
  };
  return rows;
}
