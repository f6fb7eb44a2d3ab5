//===- Header.cpp - the C header of an object file ----------------------------------===//

#include "Header.h"

#include "dialects/NN/NN.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::lower;

/// A C identifier in capitals.
static std::string macroName(StringRef name) {
  std::string result = name.upper();
  for (char &c : result)
    if (!llvm::isAlnum(c))
      c = '_';
  return result.empty() || llvm::isDigit(result[0]) ? "_" + result : result;
}

static void writeType(llvm::raw_ostream &out, RankedTensorType type) {
  auto codes = dyn_cast_or_null<quant::UniformQuantizedType>(nn::getQuantizedElementType(type));
  if (codes)
    out << (codes.isSigned() ? "int8_t[" : "uint8_t[");
  else
    out << "float[";
  llvm::interleave(
      type.getShape(), out,
      [&](int64_t size) {
        if (ShapedType::isDynamic(size))
          out << "batch";
        else
          out << size;
      },
      "][");
  out << "]";
  if (codes)
    out << ", value = (code - " << codes.getZeroPoint() << ") * " << codes.getScale();
}

template <typename OpTy>
static void writePorts(llvm::raw_ostream &out, ukernel::ProgramOp program, StringRef prefix,
                       StringRef kind) {
  for (OpTy port : program.getBody().getOps<OpTy>()) {
    // A name with a comment's end in it must not end this one.
    std::string name = port.getName().str();
    for (size_t at = 0; (at = name.find("*/", at)) != std::string::npos;)
      name.replace(at, 2, "* /");
    out << "/* " << kind << " " << port.getIndex() << ", \"" << name << "\": ";
    writeType(out, cast<RankedTensorType>(port.getTensor()));
    out << " */\n#define " << prefix << "_" << macroName(kind) << "_" << macroName(port.getName())
        << " " << port.getIndex() << "\n";
  }
}

std::string lower::makeHeader(ukernel::ProgramOp program, StringRef name, StringRef objectName,
                              bool needsDnnl) {
  const std::string prefix = macroName(name);
  std::string text;
  llvm::raw_string_ostream out(text);
  out << "/* The program \"" << name << "\", compiled by qopt.\n *\n * Link " << objectName
      << (needsDnnl ? " with libqrt_dnnl.a, -ldnnl, -lstdc++, libqrt.a" : " with libqrt.a")
      << ", libgomp.so.1 and -lm. Run it with\n"
      << " * qrt_session_open(&qopt_program, ...) and qrt_session_run of qrt/qrt.h. Arrays are "
         "row\n"
      << " * major; ";
  if (program.getFixedBatch())
    out << "the batch is " << program.getFixedBatch() << ".\n */\n";
  else
    out << "any batch.\n */\n";
  out << "#ifndef " << prefix << "_H\n#define " << prefix << "_H\n\n#include \"qrt/qrt.h\"\n\n"
      << "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\nextern const qrt_program qopt_program;\n\n";
  writePorts<ukernel::InputOp>(out, program, prefix, "input");
  writePorts<ukernel::OutputOp>(out, program, prefix, "output");
  out << "\n#ifdef __cplusplus\n}\n#endif\n#endif /* " << prefix << "_H */\n";
  return text;
}
