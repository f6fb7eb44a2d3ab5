// qopt.quantize and qopt.dequantize around nn ops become points with fixed parameters.
// RUN: qopt %s --import-points --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-DAG: qopt.qparams @x {{.*}}zero_points([128]) {fixed
// CHECK-DAG: qopt.qparams @w {{.*}}axis = 0
// CHECK: nn.parameter "w" dense<{{\[\[}}2.500000e-01, 5.000000e-01], [3.750000e-01, 5.000000e-01]]>
// CHECK: qopt.observe %{{.*}} @w
// CHECK: qopt.observe %arg0 @x
// CHECK: nn.linear
// CHECK-NOT: qopt.dequantize
!x = !quant.uniform<u8:f32, 0.5:128>
!w = !quant.uniform<i8:f32:0, {0.25, 0.125}>
func.func @main(%arg0: tensor<1x2xf32> {nn.name = "x"}) -> tensor<1x2xf32> {
  %w = nn.parameter "w" dense<[[1, 2], [3, 4]]> : tensor<2x2xi8> -> tensor<2x2x!w>
  %wf = qopt.dequantize %w : tensor<2x2x!w> -> tensor<2x2xf32>
  %q = qopt.quantize %arg0 : tensor<1x2xf32> -> tensor<1x2x!x>
  %d = qopt.dequantize %q : tensor<1x2x!x> -> tensor<1x2xf32>
  %y = nn.linear %d, %wf {nn.name = "y"} : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}

// -----

// CHECK: qopt.quantize
!x = !quant.uniform<i8:f32, 0.5>
func.func @main(%arg0: tensor<1x2xf32> {nn.name = "x"}) -> tensor<1x2x!x> {
  // expected-remark @+1 {{stays: its codes are read by an op on codes already}}
  %q = qopt.quantize %arg0 : tensor<1x2xf32> -> tensor<1x2x!x>
  %y = nn.relu %q {nn.name = "y"} : (tensor<1x2x!x>) -> tensor<1x2x!x>
  return %y : tensor<1x2x!x>
}
