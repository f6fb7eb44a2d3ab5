//===- Program.cpp - a compiled program's facts as text and JSON --------------------===//

#include "qopt/Report/TextTable.h"

#include "qopt/Report/Summary.h"
#include "qopt/Support/Text.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Sequence.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

using namespace qopt;
using namespace qopt::report;

static llvm::ArrayRef<qrt_tensor_desc> list(const qrt_tensor_desc *first, uint32_t count) {
  return {first, count};
}

/// "u8", "f32": the data in memory.
static llvm::StringRef dtypeText(const qrt_tensor_desc &tensor) {
  switch (tensor.dtype) {
  case QRT_DTYPE_F32:
    return "f32";
  case QRT_DTYPE_U8:
    return "u8";
  case QRT_DTYPE_S8:
    return "s8";
  case QRT_DTYPE_I32:
    return "i32";
  case QRT_DTYPE_I64:
    return "i64";
  }
  return "unknown";
}

/// "?x3x32x32"
static std::string sizesText(const qrt_tensor_desc &tensor) {
  return shapeText({tensor.dims, static_cast<size_t>(tensor.rank)});
}

/// "tensor<?x3x32x32xf32>"
static std::string typeText(const qrt_tensor_desc &tensor) {
  const std::string sizes = tensor.rank ? sizesText(tensor) + "x" : "";
  return "tensor<" + sizes + dtypeText(tensor).str() + ">";
}

/// Whether the elements lie without gaps, dimensions from the outermost to the innermost.
static bool liesDense(const qrt_tensor_desc &tensor, llvm::ArrayRef<int> order) {
  int64_t stride = 1;
  for (const int dim : llvm::reverse(order)) {
    const int64_t size = tensor.dims[dim];
    if (size != 1 && tensor.strides[dim] != stride)
      return false;
    stride *= size;
  }
  return true;
}

static llvm::StringRef layoutText(const qrt_tensor_desc &tensor) {
  if (liesDense(tensor, llvm::to_vector(llvm::seq(tensor.rank))))
    return "row_major";
  return tensor.rank == 4 && liesDense(tensor, {0, 2, 3, 1}) ? "nhwc" : "strided";
}

static bool isQuantized(const qrt_tensor_desc &tensor) { return tensor.scale != 0.0f; }

//===-- JSON ------------------------------------------------------------------------===//

static Json portsJson(llvm::ArrayRef<qrt_tensor_desc> ports) {
  Json result = Json::array();
  for (const qrt_tensor_desc &port : ports)
    result.push(Json::object({{"name", port.name}, {"type", typeText(port)}}));
  return result;
}

static Json tensorJson(const qrt_tensor_desc &tensor) {
  const bool quantized = isQuantized(tensor);
  Json row =
      Json::object({{"name", tensor.name}, {"type", typeText(tensor)}, {"quantized", quantized}});
  row.set("scale", quantized ? Json(static_cast<double>(tensor.scale)) : Json());
  row.set("zero_point", quantized ? Json(tensor.zero_point) : Json());
  row.set("layout", layoutText(tensor));
  return row;
}

Json qopt::toJson(const qrt_program &program, uint64_t fileBytes) {
  Json isas = Json::array();
  for (const qrt_variant &variant : llvm::ArrayRef(program.variants, program.num_variants))
    isas.push(Json::object({{"isa", qrt_isa_name(static_cast<qrt_isa>(variant.isa))},
                            {"arena_bytes_per_sample", static_cast<int64_t>(variant.arena_bytes)},
                            {"scratch_bytes", static_cast<int64_t>(variant.scratch_bytes)},
                            {"prepared_bytes", static_cast<int64_t>(variant.prepared_bytes)}}));
  Json tensors = Json::array();
  for (const qrt_tensor_desc &tensor : list(program.tensors, program.num_tensors))
    tensors.push(tensorJson(tensor));
  return Json::object({{"stage", "program"},
                       {"name", program.name},
                       {"fingerprint", program.fingerprint},
                       {"batch", program.fixed_batch ? Json(program.fixed_batch) : Json()},
                       {"file_bytes", static_cast<int64_t>(fileBytes)},
                       {"inputs", portsJson(list(program.inputs, program.num_inputs))},
                       {"outputs", portsJson(list(program.outputs, program.num_outputs))},
                       {"isas", std::move(isas)},
                       {"tensors", std::move(tensors)}});
}

//===-- text ------------------------------------------------------------------------===//

std::string qopt::toText(const qrt_program &program, uint64_t fileBytes, llvm::StringRef title) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << title << ": program '" << program.name << "', fingerprint " << program.fingerprint << ", "
     << byteSizeText(fileBytes) << ", ";
  if (program.fixed_batch)
    os << "batches of " << program.fixed_batch << "\n";
  else
    os << "any batch size\n";
  for (const qrt_tensor_desc &port : list(program.inputs, program.num_inputs))
    os << "input   " << port.name << "  " << typeText(port) << "\n";
  for (const qrt_tensor_desc &port : list(program.outputs, program.num_outputs))
    os << "output  " << port.name << "  " << typeText(port) << "\n";
  TextTable isas(
      {"isa", ">activations per sample", ">scratch per thread", ">weights expanded per session"});
  for (const qrt_variant &variant : llvm::ArrayRef(program.variants, program.num_variants))
    isas.add({qrt_isa_name(static_cast<qrt_isa>(variant.isa)), byteSizeText(variant.arena_bytes),
              byteSizeText(variant.scratch_bytes), byteSizeText(variant.prepared_bytes)});
  os << "isas    " << program.num_variants << "\n" << isas.str();
  TextTable table({"name", "sizes", "type", ">scale", ">zero"});
  for (const qrt_tensor_desc &tensor : list(program.tensors, program.num_tensors)) {
    std::string scale;
    if (isQuantized(tensor))
      llvm::raw_string_ostream(scale) << llvm::format("%.6g", static_cast<double>(tensor.scale));
    table.add({tensor.name, sizesText(tensor), dtypeText(tensor).str(), scale,
               isQuantized(tensor) ? std::to_string(tensor.zero_point) : ""});
  }
  os << "values  " << program.num_tensors << "\n";
  if (!table.empty())
    os << table.str();
  return text;
}
