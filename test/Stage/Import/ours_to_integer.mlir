// nn ops between qopt.dequantize and qopt.quantize: the weight per channel, the activations asymmetric.
// RUN: qopt %s --qopt-qdq-to-integer | FileCheck %s

// CHECK: %[[W:.*]] = nn.parameter "w" dense<{{\[\[}}1, 2], [3, 4]]>
// CHECK: %[[Q:.*]] = qopt.quantize %arg0
// CHECK: %[[Y:.*]] = nn.linear %[[Q]], %[[W]] {{.*}} : (tensor<1x2x!q_u8>, tensor<2x2x!qc_s8>) -> tensor<1x2x!q_s8>
// CHECK: qopt.dequantize %[[Y]]
!x = !quant.uniform<u8:f32, 0.5:128>
!y = !quant.uniform<i8:f32, 0.25:-3>
!w = !quant.uniform<i8:f32:0, {0.25, 0.125}>
func.func @main(%arg0: tensor<1x2xf32> {nn.name = "x"}) -> (tensor<1x2xf32> {nn.name = "y"}) {
  %w = nn.parameter "w" dense<[[1, 2], [3, 4]]> : tensor<2x2xi8> -> tensor<2x2x!w>
  %wf = qopt.dequantize %w : tensor<2x2x!w> -> tensor<2x2xf32>
  %q = qopt.quantize %arg0 : tensor<1x2xf32> -> tensor<1x2x!x>
  %d = qopt.dequantize %q : tensor<1x2x!x> -> tensor<1x2xf32>
  %y = nn.linear %d, %wf {nn.name = "y"} : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  %r = qopt.quantize %y : tensor<1x2xf32> -> tensor<1x2x!y>
  %s = qopt.dequantize %r : tensor<1x2x!y> -> tensor<1x2xf32>
  return %s : tensor<1x2xf32>
}
