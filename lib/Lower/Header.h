//===- Header.h - the C header of an object file ------------------------------------===//

#ifndef QOPT_LIB_LOWER_HEADER_H
#define QOPT_LIB_LOWER_HEADER_H

#include "dialects/UKernel/UKernel.h"

#include <string>

namespace qopt::lower {

/// Text of the header: how to link, inputs and outputs with sizes and meaning.
std::string makeHeader(ukernel::ProgramOp program, llvm::StringRef name, llvm::StringRef objectName,
                       bool needsDnnl);

} // namespace qopt::lower

#endif // QOPT_LIB_LOWER_HEADER_H
