/*===- Core.h - errors, bytes, arrays, diagnostics -------------------------------------===*\
|*
|* The C API of the compiler. (Compiled programs have an API of their own, qrt/qrt.h, that
|* needs none of this.)
|*
|* Conventions, for every header of this folder:
|*  - Handles are opaque. What a function named ..._create, ..._parse, ..._clone or ..._finish
|*    returns belongs to the caller, who gives it back with the handle's ..._free; ..._free of
|*    null does nothing.
|*  - Functions return QOPT_OK or QOPT_ERROR, those that make a handle return null on error.
|*    qopt_last_error() then has the message, with the location where there is one.
|*  - Nothing throws. Strings are UTF-8, borrowed for the call unless said otherwise.
|*  - A handle is not for use by two threads at once; different handles are independent.
|*
\*===------------------------------------------------------------------------------------===*/

#ifndef QOPT_C_CORE_H
#define QOPT_C_CORE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define QOPT_API __attribute__((visibility("default")))

/** Raised with each incompatible change of these headers, as is the name of the library
 * (libqopt-c.so.1): functions, values of enumerations and fields of qopt_diagnostic, which the
 * library allocates, are added without; the other structs are the caller's and do not grow. */
#define QOPT_C_VERSION 1

typedef enum { QOPT_OK = 0, QOPT_ERROR = 1 } qopt_status;

/** QOPT_C_VERSION of the library. */
QOPT_API uint32_t qopt_c_version(void);
/** The release of the compiler: "0.1.0". */
QOPT_API const char *qopt_release(void);

/** The message of this thread's last failed call: "location: message", one line per error,
 * notes indented. Borrowed until the thread's next failing call. */
QOPT_API const char *qopt_last_error(void);

/** Bytes that the library allocated; `data` is also zero-terminated. */
typedef struct {
  char *data;
  size_t size;
} qopt_bytes;
QOPT_API void qopt_bytes_free(qopt_bytes *bytes);

typedef enum { QOPT_F32 = 0, QOPT_I8 = 1, QOPT_I32 = 2 } qopt_dtype;

#define QOPT_MAX_RANK 8

/** A dense row-major array; the data is borrowed. */
typedef struct {
  const char *name; /**< null where the place in a list says which one it is */
  qopt_dtype dtype;
  uint32_t rank;
  int64_t shape[QOPT_MAX_RANK];
  const void *data;
} qopt_array;

typedef enum {
  QOPT_SEVERITY_NOTE = 0,
  QOPT_SEVERITY_WARNING = 1,
  QOPT_SEVERITY_ERROR = 2,
  QOPT_SEVERITY_REMARK = 3
} qopt_severity;

/** What a pass has to say; all strings are borrowed for the call. */
typedef struct {
  qopt_severity severity;
  const char *location; /**< "file:line:column" or the name of a node; may be empty */
  const char *message;
  uint32_t num_notes;
  const char *const *notes;
} qopt_diagnostic;
typedef void (*qopt_diagnostic_fn)(void *user, const qopt_diagnostic *diagnostic);

/** The errors behind qopt_last_error, one by one from index 0, null past the last; an error that
 * no pass or parser told has no location. Borrowed until the thread's next failing call. */
QOPT_API const qopt_diagnostic *qopt_last_diagnostic(size_t index);

#ifdef __cplusplus
}
#endif

#endif /* QOPT_C_CORE_H */
