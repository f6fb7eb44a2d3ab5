//===- FloatActivation.h - activations of float layers, on arrays ----------------------===//

#ifndef QOPT_REFERENCE_FLOATACTIVATION_H
#define QOPT_REFERENCE_FLOATACTIVATION_H

#include "dialects/NN/NN.h"

namespace qopt::reference {

/// out[i] = act(in[i]) in f32; in place is fine.
void applyActivation(nn::ActAttr act, const float *in, float *out, int64_t count);

} // namespace qopt::reference

#endif // QOPT_REFERENCE_FLOATACTIVATION_H
