//===- Layout.cpp - NHWC interiors become NCHW ---------------------------------------===//

#include "GraphImporter.h"

void qopt::importer::foldTransposes(mlir::func::FuncOp function) {}
