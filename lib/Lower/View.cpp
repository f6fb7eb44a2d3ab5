//===- View.cpp - where the elements of a value lie ---------------------------------===//

#include "View.h"

#include "llvm/ADT/STLExtras.h"

#include <cassert>
#include <numeric>
#include <tuple>

using namespace qopt::lower;
using llvm::ArrayRef;

static int64_t product(ArrayRef<int64_t> sizes) {
  return std::accumulate(sizes.begin(), sizes.end(), int64_t(1), std::multiplies<>());
}

int64_t View::elements() const { return product(dims); }

Order qopt::lower::rowMajor(size_t rank) {
  Order order(rank);
  std::iota(order.begin(), order.end(), 0u);
  return order;
}

Sizes qopt::lower::reordered(ArrayRef<int64_t> list, ArrayRef<unsigned> order) {
  Sizes result;
  for (const unsigned dim : order)
    result.push_back(list[dim]);
  return result;
}

View qopt::lower::denseView(mlir::Value buffer, ArrayRef<int64_t> dims, ArrayRef<unsigned> order) {
  View view;
  view.buffer = buffer;
  view.dims.assign(dims.begin(), dims.end());
  view.strides.resize(dims.size());
  int64_t stride = 1;
  for (const unsigned dim : llvm::reverse(order)) {
    view.strides[dim] = stride;
    stride *= dims[dim];
  }
  view.batchStride = stride;
  return view;
}

bool qopt::lower::isDense(const View &view, ArrayRef<unsigned> order) {
  const View dense = denseView(view.buffer, view.dims, order);
  if (view.offset != 0 || view.batchStride != dense.batchStride)
    return false;
  for (size_t i = 0; i < view.dims.size(); ++i)
    if (view.dims[i] != 1 && view.strides[i] != dense.strides[i])
      return false;
  return true;
}

std::optional<Order> qopt::lower::memoryOrder(const View &view) {
  Order order = rowMajor(view.dims.size());
  // Dimensions of size 1 come first: their strides say nothing.
  const auto key = [&](unsigned dim) {
    const bool counts = view.dims[dim] != 1;
    return std::tuple(counts, counts ? -view.strides[dim] : 0, dim);
  };
  llvm::sort(order, [&](unsigned a, unsigned b) { return key(a) < key(b); });
  if (!isDense(view, order))
    return std::nullopt;
  return order;
}

View qopt::lower::transposed(const View &view, ArrayRef<int64_t> perm) {
  View result = view;
  for (size_t i = 0; i < perm.size(); ++i) {
    result.dims[i] = view.dims[perm[i]];
    result.strides[i] = view.strides[perm[i]];
  }
  return result;
}

View qopt::lower::sliced(const View &view, int64_t axis, int64_t start, int64_t size,
                         int64_t step) {
  View result = view;
  result.dims[axis] = size;
  result.offset += start * view.strides[axis];
  result.strides[axis] *= step;
  return result;
}

/// The products of the last 1, 2, ... sizes, and 1.
static Sizes boundaries(ArrayRef<int64_t> sizes) {
  Sizes result{1};
  for (const int64_t size : llvm::reverse(sizes))
    result.push_back(result.back() * size);
  return result;
}

std::optional<Sizes> qopt::lower::commonSplit(ArrayRef<int64_t> a, ArrayRef<int64_t> b) {
  assert(product(a) == product(b) && "shapes of different size");
  Sizes all = boundaries(a);
  all.append(boundaries(b));
  llvm::sort(all);
  all.erase(llvm::unique(all), all.end());
  Sizes parts;
  for (size_t i = all.size(); i-- > 1;) {
    if (all[i] % all[i - 1] != 0)
      return std::nullopt;
    parts.push_back(all[i] / all[i - 1]);
  }
  return parts;
}

View qopt::lower::split(const View &view, ArrayRef<int64_t> parts) {
  View result = view;
  result.dims.assign(parts.begin(), parts.end());
  result.strides.assign(parts.size(), 0);
  size_t part = parts.size();
  for (size_t i = view.dims.size(); i-- > 0;) {
    int64_t taken = 1;
    while (taken < view.dims[i]) {
      --part;
      result.strides[part] = view.strides[i] * taken;
      taken *= parts[part];
    }
    assert(taken == view.dims[i] && "parts do not split this shape");
  }
  return result;
}

std::optional<View> qopt::lower::reshaped(const View &view, ArrayRef<int64_t> dims) {
  const std::optional<Sizes> parts = commonSplit(view.dims, dims);
  if (!parts)
    return std::nullopt;
  const View pieces = split(view, *parts);
  View result = view;
  result.dims.assign(dims.begin(), dims.end());
  result.strides.assign(dims.size(), 1);
  size_t part = parts->size();
  for (size_t i = dims.size(); i-- > 0;) {
    int64_t taken = 1;
    while (taken < dims[i]) {
      --part;
      if (taken == 1)
        result.strides[i] = pieces.strides[part];
      else if (pieces.strides[part] != result.strides[i] * taken)
        return std::nullopt;
      taken *= pieces.dims[part];
    }
  }
  return result;
}

Loops qopt::lower::collapse(ArrayRef<int64_t> dims, ArrayRef<Sizes> strides) {
  Loops loops;
  loops.strides.resize(strides.size());
  for (size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] == 1)
      continue;
    bool merges = !loops.dims.empty();
    for (size_t k = 0; merges && k < strides.size(); ++k)
      merges = loops.strides[k].back() == strides[k][i] * dims[i];
    if (merges) {
      loops.dims.back() *= dims[i];
    } else {
      loops.dims.push_back(dims[i]);
    }
    for (size_t k = 0; k < strides.size(); ++k) {
      if (merges)
        loops.strides[k].back() = strides[k][i];
      else
        loops.strides[k].push_back(strides[k][i]);
    }
  }
  return loops;
}
