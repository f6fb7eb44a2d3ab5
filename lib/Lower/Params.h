//===- Params.h - parameter blocks as attributes ------------------------------------===//
//
// Lowerings fill the runtime's own C structs; params.def turns them into dictionaries.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_LIB_LOWER_PARAMS_H
#define QOPT_LIB_LOWER_PARAMS_H

#include "qrt/qrt.h"

#include "mlir/IR/Builders.h"

namespace qopt::lower {

/// Data of pointer fields, by field name; what is absent or null is a null pointer.
using PointerData = llvm::SmallVector<std::pair<llvm::StringRef, mlir::ElementsAttr>, 6>;

/// The block's kind: "conv2d" of qrt_conv2d_params.
template <typename Params> struct KindOf;
#define QRT_PARAMS(kind)                                                                           \
  template <> struct KindOf<qrt_##kind##_params> {                                                 \
    static constexpr llvm::StringLiteral name = #kind;                                             \
  };
#define QRT_I32(field)
#define QRT_F32(field)
#define QRT_I32S(field, n)
#define QRT_PTR(field)
#define QRT_END(kind)
#include "qrt/params.def"

/// Collects the scalar fields of a block.
struct ScalarFields {
  mlir::Builder builder;
  llvm::SmallVector<mlir::NamedAttribute> entries;

  void add(llvm::StringRef name, int32_t value) {
    entries.push_back(builder.getNamedAttr(name, builder.getI32IntegerAttr(value)));
  }
  void add(llvm::StringRef name, float value) {
    entries.push_back(builder.getNamedAttr(name, builder.getF32FloatAttr(value)));
  }
  void add(llvm::StringRef name, llvm::ArrayRef<int32_t> values) {
    entries.push_back(builder.getNamedAttr(name, builder.getDenseI32ArrayAttr(values)));
  }
};

#define QRT_PARAMS(kind)                                                                           \
  inline void collect(const qrt_##kind##_params &params, ScalarFields &fields) {
#define QRT_I32(field) fields.add(#field, params.field);
#define QRT_F32(field) fields.add(#field, params.field);
#define QRT_I32S(field, n) fields.add(#field, llvm::ArrayRef<int32_t>(params.field));
#define QRT_PTR(field)
#define QRT_END(kind) }
#include "qrt/params.def"

/// Multiply-accumulates of a sample; 0 for kinds that do something else.
template <typename Params> int64_t macsOf(const Params &) { return 0; }
template <typename Params> int64_t macsOfConv(const Params &p, int64_t outputs) {
  return outputs * p.kernel_h * p.kernel_w * (int64_t(p.in_c) * p.out_c / p.groups);
}
inline int64_t macsOf(const qrt_conv2d_params &p) {
  return macsOfConv(p, int64_t(p.out_h) * p.out_w);
}
inline int64_t macsOf(const qrt_conv_transpose2d_params &p) {
  return macsOfConv(p, int64_t(p.in_h) * p.in_w);
}
inline int64_t macsOf(const qrt_f32_conv2d_params &p) {
  return macsOfConv(p, p.transposed ? int64_t(p.in_h) * p.in_w : int64_t(p.out_h) * p.out_w);
}
inline int64_t macsOf(const qrt_dynamic_linear_params &p) { return int64_t(p.rows) * p.k * p.n; }
inline int64_t macsOf(const qrt_matmul_params &p) { return int64_t(p.batches) * p.m * p.k * p.n; }
inline int64_t macsOf(const qrt_f32_matmul_params &p) {
  return int64_t(p.batches) * p.m * p.k * p.n;
}

} // namespace qopt::lower

#endif // QOPT_LIB_LOWER_PARAMS_H
