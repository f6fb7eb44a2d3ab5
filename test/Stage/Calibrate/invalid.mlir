// Modules that cannot be calibrated, or whose scales cannot be computed.
// REQUIRES: numpy
// RUN: split-file %s %t
// RUN: %python %S/Inputs/npz.py %t.npz "x=np.ones((3, 2), 'f4')"

// RUN: not qopt %t/unseen.mlir --calibrate-compute-qparams 2>&1 | FileCheck %s --check-prefix=UNSEEN
// UNSEEN-DAG: observer @x saw no data; run calibrate-run first
// UNSEEN-DAG: observer @y saw no data; run calibrate-run first
// RUN: not qopt %t/unseen.mlir --calibrate-verify-exit 2>&1 | FileCheck %s --check-prefix=UNRESOLVED
// UNRESOLVED: observer @x has no scale and zero point; run calibrate-compute-qparams
// RUN: not qopt %t/damaged.mlir --calibrate-compute-qparams 2>&1 | FileCheck %s --check-prefix=DAMAGED
// DAMAGED: observer @x: not the state of an observer
// RUN: not qopt %t/given.mlir --qopt-calibrate-pipeline="data=%t.npz" 2>&1 | FileCheck %s --check-prefix=GIVEN
// GIVEN-DAG: observer @x is disabled and has no scale; give it 'scale' and 'zero_point' in the configuration, or enable it
// GIVEN-DAG: observer @y is fixed and has no scale; give it 'scale' and 'zero_point' in the configuration
// RUN: not qopt %t/channels.mlir --calibrate-run="data=%t.npz" 2>&1 | FileCheck %s --check-prefix=CHANNELS
// CHANNELS: observer @x is per channel, but it observes an activation, which is quantized per tensor (N1)
// RUN: not qopt %t/average.mlir --calibrate-run="data=%t.npz shard=0/2" 2>&1 | FileCheck %s --check-prefix=AVERAGE
// AVERAGE: observer @x is a moving average, whose result depends on the order of samples: it cannot be sharded
// RUN: qopt %t/average.mlir --calibrate-run="data=%t.npz" -o %t.average.mlir
// RUN: cp %t.average.mlir %t.second.average.mlir
// RUN: not qopt %t/average.mlir --calibrate-merge="inputs=%t.average.mlir,%t.second.average.mlir" 2>&1 | FileCheck %s --check-prefix=ORDER
// RUN: not qopt %t/average.mlir --calibrate-merge="inputs=%t.average.mlir,%t.average.mlir" 2>&1 | FileCheck %s --check-prefix=TWICE
// TWICE: average.mlir: is named twice; each shard is merged once
// ORDER: average.mlir: observer @x: {{.*}}moving average
// RUN: not qopt %t/none.mlir --calibrate-run="data=%t.npz" 2>&1 | FileCheck %s --check-prefix=MAIN
// MAIN: expected a function @main, the prepared network
// RUN: not qopt %t/codes.mlir --calibrate-run="data=%t.npz" 2>&1 | FileCheck %s --check-prefix=CODES
// CODES: no float evaluator for qopt.quantize, qopt.dequantize; float runs take modules before convert
// RUN: not qopt %t/weight.mlir --calibrate-compute-qparams 2>&1 | FileCheck %s --check-prefix=WEIGHT
// WEIGHT: observer @w, channel 1: 1 NaN and 0 infinite values among 2 were observed

//--- unseen.mlir
#u8 = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "min_max">
qopt.qparams @x #u8
qopt.qparams @y #u8
func.func @main(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %0 = qopt.observe %x @x : tensor<?x2xf32>
  %1 = qopt.observe %0 @y : tensor<?x2xf32>
  return %1 : tensor<?x2xf32>
}
//--- damaged.mlir
#u8 = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "min_max">
qopt.qparams @x #u8 {state = dense<[1, 2, 3]> : tensor<3xi8>}
func.func @main(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %0 = qopt.observe %x @x : tensor<?x2xf32>
  return %0 : tensor<?x2xf32>
}
//--- given.mlir
#u8 = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "min_max">
qopt.qparams @x #u8 {observer_enabled = false}
qopt.qparams @y #u8 {fixed}
func.func @main(%x: tensor<?x2xf32> {nn.name = "x"}) -> tensor<?x2xf32> {
  %0 = qopt.observe %x @x : tensor<?x2xf32>
  %1 = qopt.observe %0 @y : tensor<?x2xf32>
  return %1 : tensor<?x2xf32>
}
//--- channels.mlir
#c8 = #qopt.spec<bits = 8, is_signed = true, qmin = -127, qmax = 127, scheme = symmetric, granularity = per_channel, observer = "per_channel_min_max">
qopt.qparams @x #c8 {axis = 1 : i64}
func.func @main(%x: tensor<?x2xf32> {nn.name = "x"}) -> tensor<?x2xf32> {
  %0 = qopt.observe %x @x : tensor<?x2xf32>
  return %0 : tensor<?x2xf32>
}
//--- average.mlir
#a8 = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "moving_average_min_max">
qopt.qparams @x #a8
func.func @main(%x: tensor<?x2xf32> {nn.name = "x"}) -> tensor<?x2xf32> {
  %0 = qopt.observe %x @x : tensor<?x2xf32>
  return %0 : tensor<?x2xf32>
}
//--- none.mlir
module {}
//--- codes.mlir
func.func @main(%x: tensor<?x2xf32> {nn.name = "x"}) -> tensor<?x2xf32> {
  %0 = qopt.quantize %x : tensor<?x2xf32> -> tensor<?x2x!quant.uniform<u8:f32, 0.5:3>>
  %1 = qopt.dequantize %0 : tensor<?x2x!quant.uniform<u8:f32, 0.5:3>> -> tensor<?x2xf32>
  return %1 : tensor<?x2xf32>
}
//--- weight.mlir
#w8 = #qopt.spec<bits = 8, is_signed = true, qmin = -127, qmax = 127, scheme = symmetric, granularity = per_channel, observer = "per_channel_min_max">
qopt.qparams @w #w8 {axis = 0 : i64}
func.func @main(%x: tensor<?x2xf32> {nn.name = "x"}) -> tensor<?x2xf32> {
  %w = nn.parameter "w" dense<[[1.0, 2.0], [0x7FC00000, 0.5]]> : tensor<2x2xf32> -> tensor<2x2xf32>
  %wq = qopt.observe %w @w : tensor<2x2xf32>
  %y = nn.linear %x, %wq {nn.name = "y"} : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}
