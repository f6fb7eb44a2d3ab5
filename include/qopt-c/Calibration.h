/*===- Calibration.h - a prepared module sees samples ------------------------------------===*\
|*
|* The native calibrate stage on arrays in memory, batch by batch.
|*
\*===------------------------------------------------------------------------------------===*/

#ifndef QOPT_C_CALIBRATION_H
#define QOPT_C_CALIBRATION_H

#include "qopt-c/Module.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct qopt_calibration qopt_calibration;

/** On a prepared module, which must outlive it and stay unchanged until finish. */
QOPT_API qopt_calibration *qopt_calibration_create(qopt_module *module);
QOPT_API void qopt_calibration_free(qopt_calibration *calibration);

/** Runs one batch of f32 arrays, named as the inputs in any order (a single one needs no name).
 * Errors: names, shapes, NaN or infinity. Moving averages take one step per call. */
QOPT_API qopt_status qopt_calibration_add(qopt_calibration *calibration, const qopt_array *arrays,
                                          size_t num_arrays);

/** Stores the statistics in the module, computes scales and zero points (N15, N8, N5), and
 * checks: the module is then calibrated. */
QOPT_API qopt_status qopt_calibration_finish(qopt_calibration *calibration, qopt_diagnostic_fn tell,
                                             void *user);

#ifdef __cplusplus
}
#endif

#endif /* QOPT_C_CALIBRATION_H */
