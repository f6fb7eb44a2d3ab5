//===- Acme.h - a private dialect that takes part in quantization ---------------------===//

#ifndef ACME_ACME_H
#define ACME_ACME_H

#include "dialects/NN/NN.h"

#include "AcmeOpsDialect.h.inc"
#define GET_OP_CLASSES
#include "AcmeOps.h.inc"

namespace acme {
/// Registers `acme-to-nn`: what qopt's runtime has kernels for, in nn ops, float or on codes.
void registerPasses();
} // namespace acme

#endif // ACME_ACME_H
