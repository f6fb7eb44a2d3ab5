//===- NpyHeader.cpp - the text header of .npy files ------------------------------------===//
//
// The header is a Python dictionary literal with three keys; this parses exactly that
// much of Python.
//
//===-----------------------------------------------------------------------------===//

#include "NpyHeader.h"
#include "qopt/Support/Text.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MathExtras.h"

#include <optional>

namespace qopt {

namespace {
struct DTypeRow {
  llvm::StringLiteral code;
  DType dtype;
};
} // namespace

static constexpr DTypeRow kDTypes[] = {
    {"f2", DType::F16}, {"f4", DType::F32}, {"f8", DType::F64}, {"i1", DType::I8},
    {"u1", DType::U8},  {"i2", DType::I16}, {"u2", DType::U16}, {"i4", DType::I32},
    {"u4", DType::U32}, {"i8", DType::I64}, {"u8", DType::U64}, {"b1", DType::Bool},
};

static llvm::Error damagedHeader(const llvm::Twine &why) {
  return makeError("damaged .npy header: " + why);
}

/// '<f4' and its kin.
static llvm::Error setDType(llvm::StringRef descr, ArrayInfo &info) {
  if (descr.ends_with("O") || descr.starts_with("|O"))
    return makeError("the array holds Python objects (dtype object), which are not read; save it "
                     "with a numeric dtype");
  const char order = descr.empty() ? ' ' : descr.front();
  const llvm::StringRef code = descr.drop_front(descr.empty() ? 0 : 1);
  for (const DTypeRow &row : kDTypes) {
    if (row.code != code || !llvm::StringRef("<>|=").contains(order))
      continue;
    info.dtype = row.dtype;
    info.byteSwapped = order == '>' && dtypeSize(row.dtype) > 1;
    return llvm::Error::success();
  }
  return makeError("dtype '" + descr +
                   "' is not supported (f2 f4 f8 i1 i2 i4 i8 u1 u2 u4 u8 b1 are); convert it with "
                   "numpy's astype");
}

namespace {
/// A cursor on the dictionary's text.
class DictionaryParser {
public:
  explicit DictionaryParser(llvm::StringRef text) : rest(text) {}

  llvm::Error parse(ArrayInfo &info) {
    if (!eat("{"))
      return damagedHeader("expected a dictionary");
    while (!eat("}")) {
      std::optional<llvm::StringRef> key = quoted();
      if (!key || !eat(":"))
        return damagedHeader("expected a key");
      if (llvm::Error error = member(*key, info))
        return error;
      if (!eat(",") && !peek("}"))
        return damagedHeader("expected a comma");
    }
    if (!haveDescr || !haveOrder || !haveShape)
      return damagedHeader("descr, fortran_order or shape is missing");
    return llvm::Error::success();
  }

private:
  llvm::StringRef rest;
  bool haveDescr = false;
  bool haveOrder = false;
  bool haveShape = false;

  bool peek(llvm::StringRef token) {
    rest = rest.ltrim();
    return rest.starts_with(token);
  }
  bool eat(llvm::StringRef token) {
    if (!peek(token))
      return false;
    rest = rest.drop_front(token.size());
    return true;
  }

  std::optional<llvm::StringRef> quoted() {
    const char quote = peek("'") ? '\'' : '"';
    if (!eat(llvm::StringRef(&quote, 1)))
      return std::nullopt;
    const size_t end = rest.find(quote);
    if (end == llvm::StringRef::npos)
      return std::nullopt;
    const llvm::StringRef text = rest.take_front(end);
    rest = rest.drop_front(end + 1);
    return text;
  }

  llvm::Error member(llvm::StringRef key, ArrayInfo &info) {
    if (key == "descr") {
      haveDescr = true;
      if (peek("["))
        return makeError("the array has a structured dtype, which is not read; save its fields as "
                         "arrays of their own");
      std::optional<llvm::StringRef> descr = quoted();
      return descr ? setDType(*descr, info) : damagedHeader("descr is no text");
    }
    if (key == "fortran_order") {
      haveOrder = true;
      info.fortranOrder = eat("True");
      return info.fortranOrder || eat("False") ? llvm::Error::success()
                                               : damagedHeader("fortran_order is no boolean");
    }
    if (key == "shape") {
      haveShape = true;
      return shape(info);
    }
    return damagedHeader("unknown key '" + key + "'");
  }

  llvm::Error shape(ArrayInfo &info) {
    if (!eat("("))
      return damagedHeader("shape is no tuple");
    while (!eat(")")) {
      rest = rest.ltrim();
      int64_t size = 0;
      if (rest.consumeInteger(10, size) || size < 0)
        return damagedHeader("shape has no plain sizes");
      eat("L"); // Python 2 wrote long integers so.
      info.shape.push_back(size);
      if (!eat(",") && !peek(")"))
        return damagedHeader("shape has no plain sizes");
    }
    if (info.shape.size() > 32)
      return damagedHeader("rank " + std::to_string(info.shape.size()) + " is above 32");
    return llvm::Error::success();
  }
};
} // namespace

/// Reads exactly `size` bytes, or says that the file ends.
static llvm::Error readExactly(ByteReader read, char *out, uint64_t size) {
  llvm::Expected<uint64_t> got = read(out, size);
  if (!got)
    return got.takeError();
  if (*got != size)
    return makeError("truncated: the file ends inside the header");
  return llvm::Error::success();
}

llvm::Expected<ArrayInfo> readNpyHeader(ByteReader read) {
  char fixed[8];
  if (llvm::Error error = readExactly(read, fixed, sizeof(fixed)))
    return std::move(error);
  if (llvm::StringRef(fixed, kNpyMagic.size()) != kNpyMagic)
    return makeError("not in .npy format");
  const auto version = static_cast<uint8_t>(fixed[6]);
  if (version < 1 || version > 3)
    return makeError(".npy format version " + std::to_string(version) +
                     " is not supported (1 to 3 are)");
  char lengthBytes[4] = {};
  const uint64_t lengthSize = version == 1 ? 2 : 4;
  if (llvm::Error error = readExactly(read, lengthBytes, lengthSize))
    return std::move(error);
  const uint32_t length = llvm::support::endian::read32le(lengthBytes);
  if (length > (1u << 20))
    return damagedHeader(std::to_string(length) + " bytes long");
  std::string text(length, '\0');
  if (llvm::Error error = readExactly(read, text.data(), length))
    return std::move(error);
  ArrayInfo info;
  if (llvm::Error error = DictionaryParser(text).parse(info))
    return std::move(error);
  if (!checkedNumBytes(info.dtype, info.shape))
    return damagedHeader("the shape " + shapeText(info.shape) + " overflows");
  info.headerBytes = sizeof(fixed) + lengthSize + length;
  return info;
}

llvm::Expected<std::string> formatNpyHeader(const Tensor &tensor) {
  const DTypeRow *found = nullptr;
  for (const DTypeRow &row : kDTypes)
    if (row.dtype == tensor.dtype())
      found = &row;
  if (!found)
    return makeError(dtypeName(tensor.dtype()) +
                     " has no numpy dtype; convert the array to f32 before writing it");
  std::string text = "{'descr': '";
  text += dtypeSize(tensor.dtype()) == 1 ? '|' : '<';
  text += found->code;
  text += "', 'fortran_order': False, 'shape': (";
  for (int64_t size : tensor.shape())
    text += std::to_string(size) + ", ";
  // (3, 4) and (3,), as numpy writes them.
  if (tensor.rank() > 0)
    text.resize(text.size() - (tensor.rank() == 1 ? 1 : 2));
  text += "), }";
  const size_t total = llvm::alignTo(10 + text.size() + 1, 64);
  text.append(total - 10 - text.size() - 1, ' ');
  text += '\n';
  std::string header(kNpyMagic);
  header += '\x01';
  header += '\0';
  header += static_cast<char>(text.size() & 255);
  header += static_cast<char>(text.size() >> 8);
  return header + text;
}

} // namespace qopt
