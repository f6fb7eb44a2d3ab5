//===- qopt.cpp - the driver: an opt tool, and the user's verbs ---------------------===//
//
// `qopt in.mlir --pass ...` behaves as MLIR's opt tools do.
//
//===-----------------------------------------------------------------------------===//

#include "qopt/Pipelines/Register.h"

#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  qopt::registerAllDialects(registry);
  qopt::registerAllPasses();
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "qopt: the quantization compiler\n", registry));
}
