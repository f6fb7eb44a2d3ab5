//===- Version.cpp - the version of the IR, and the way up from older ones ------------===//

#include "dialects/Interfaces/Version.h"

#include "mlir/Bytecode/BytecodeImplementation.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"

using namespace mlir;
using namespace qopt;

ArrayRef<UpgradeStep> qopt::upgradeSteps() {
  // {1, upgradeTo2}, ... Version 1 is the only one so far.
  return {};
}

LogicalResult qopt::upgradeIR(Operation *top, int64_t from, ArrayRef<UpgradeStep> steps,
                              int64_t to) {
  if (from >= to)
    return success();
  for (int64_t version = from; version < to; ++version) {
    const auto *step =
        llvm::find_if(steps, [&](const UpgradeStep &each) { return each.from == version; });
    if (step == steps.end())
      return top->emitError() << "no way from IR version " << version << " to " << version + 1
                              << "; this qopt reads versions 1 to " << to;
    if (failed(step->run(top)))
      return top->emitError() << "cannot be made IR version " << version + 1 << " from version "
                              << version;
  }
  top->setAttr(kIRVersionAttr, IntegerAttr::get(IntegerType::get(top->getContext(), 64), to));
  return success();
}

std::string qopt::unknownVersionText(int64_t version) {
  const std::string which = "IR version " + std::to_string(version);
  const std::string known = "reads versions 1 to " + std::to_string(kIRVersion);
  if (version < 1)
    return which + " does not exist; this qopt " + known;
  return which + " is newer than this qopt, which " + known +
         "; use the qopt that wrote the file, or make the file again from its model with this one";
}

namespace {

struct FileVersion : DialectVersion {
  explicit FileVersion(int64_t number) : number(number) {}
  int64_t number;
};

struct BytecodeVersion : BytecodeDialectInterface {
  explicit BytecodeVersion(Dialect *dialect) : BytecodeDialectInterface(dialect) {}

  void writeVersion(DialectBytecodeWriter &writer) const override {
    writer.writeVarInt(static_cast<uint64_t>(kIRVersion));
  }

  std::unique_ptr<DialectVersion> readVersion(DialectBytecodeReader &reader) const override {
    uint64_t number = 0;
    if (failed(reader.readVarInt(number)))
      return nullptr;
    const auto version = static_cast<int64_t>(number);
    if (version >= 1 && version <= kIRVersion)
      return std::make_unique<FileVersion>(version);
    reader.emitError() << "dialect '" << getDialect()->getNamespace()
                       << "': " << unknownVersionText(version);
    return nullptr;
  }

  /// Both dialects get here; the first one to do it notes the new version in the module.
  LogicalResult upgradeFromVersion(Operation *top, const DialectVersion &version) const override {
    auto noted = top->getAttrOfType<IntegerAttr>(kIRVersionAttr);
    return upgradeIR(top,
                     noted ? noted.getInt() : static_cast<const FileVersion &>(version).number);
  }
};

} // namespace

void qopt::addVersionToBytecode(Dialect &dialect) { dialect.addInterfaces<BytecodeVersion>(); }
