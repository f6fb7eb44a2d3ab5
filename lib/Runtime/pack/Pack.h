//===- Pack.h - the packers of kernels.def ---------------------------------------===//

#ifndef QRT_PACK_PACK_H
#define QRT_PACK_PACK_H

#include "qrt/kernel_table.h"

extern "C" {
#define QRT_KERNEL(kind, isa, symbol)
#define QRT_KERNEL_PACKED(kind, isa, symbol, packer) extern const qrt_packer packer;
#include "qrt/kernels.def"
}

#endif // QRT_PACK_PACK_H
