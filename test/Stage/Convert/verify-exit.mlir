// What a converted module promises is checked, and only then does it bear the stage's name.
// RUN: qopt %s --split-input-file --verify-diagnostics --convert-verify-exit | FileCheck %s

!u = !quant.uniform<u8:f32, 1.0>
!w = !quant.uniform<i8:f32, 0.5>
!b = !quant.uniform<i32:f32, 0.5>

// CHECK: module attributes {qopt.stage = "converted"}
func.func @main(%x: tensor<1x2xf32>) -> (tensor<1x1xf32>, tensor<1x1xf32>) {
  %q = qopt.quantize %x : tensor<1x2xf32> -> tensor<1x2x!u>
  %w = nn.parameter "w" dense<1> : tensor<1x2xi8> -> tensor<1x2x!w>
  %b = nn.parameter "b" dense<1> : tensor<1xi32> -> tensor<1x!b>
  %y = nn.linear %q, %w, %b {nn.name = "fc"} : (tensor<1x2x!u>, tensor<1x2x!w>, tensor<1x!b>) -> tensor<1x1x!u>
  %d = qopt.dequantize %y : tensor<1x1x!u> -> tensor<1x1xf32>
  %s = nn.softmax %d {axis = 1 : i64, nn.name = "s", qopt.float_reason = "no integer form"} : (tensor<1x1xf32>) -> tensor<1x1xf32>
  return %s, %d : tensor<1x1xf32>, tensor<1x1xf32>
}

// -----

#u8 = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "histogram">
!u = !quant.uniform<u8:f32, 1.0>
!w = !quant.uniform<i8:f32, 0.5>
!b = !quant.uniform<i32:f32, 0.25>
module {
  qopt.qparams @x #u8
  func.func @main(%x: tensor<1x2xf32>, %k: tensor<1x2x!w>) -> tensor<1x2xf32> {
    // expected-error @below {{a quantization point is left (@x); run convert-to-codes}}
    %x0 = qopt.observe %x @x : tensor<1x2xf32>
    // expected-error @below {{'s': a float layer without 'qopt.float_reason'; run convert-to-codes}}
    %s = nn.softmax %x0 {axis = 1 : i64, nn.name = "s"} : (tensor<1x2xf32>) -> tensor<1x2xf32>
    %q = qopt.quantize %s : tensor<1x2xf32> -> tensor<1x2x!u>
    // expected-error @below {{'a': a layer on codes has 'qopt.float_reason'}}
    %a = nn.add %q, %q {nn.name = "a", qopt.float_reason = "why"} : (tensor<1x2x!u>, tensor<1x2x!u>) -> tensor<1x2x!u>
    %w = nn.parameter "w" dense<1> : tensor<1x2xi8> -> tensor<1x2x!w>
    %b = nn.parameter "b" dense<1> : tensor<1xi32> -> tensor<1x!b>
    // expected-error @below {{'fc': expected the bias to have the element type '!quant.uniform<i32:f32, 5.000000e-01>' (input scale times weight scale, N5), got '!quant.uniform<i32:f32, 2.500000e-01>'}}
    %y = nn.linear %a, %w, %b {nn.name = "fc"} : (tensor<1x2x!u>, tensor<1x2x!w>, tensor<1x!b>) -> tensor<1x1x!u>
    // expected-error @below {{'fc2': expected its weight to be an nn.parameter, got}}
    %z = nn.linear %a, %k {nn.name = "fc2"} : (tensor<1x2x!u>, tensor<1x2x!w>) -> tensor<1x1x!u>
    // expected-error @below {{'fc3': expected 'mid' to be a quantized type, got @x}}
    %m = nn.linear %a, %w act <sigmoid> mid(@x) {nn.name = "fc3"} : (tensor<1x2x!u>, tensor<1x2x!w>) -> tensor<1x1x!u>
    // expected-error @below {{'fc4': expected a 'table' of type 'tensor<256xi8>' for its function on codes (N10)}}
    %t = nn.linear %a, %w act <sigmoid> mid(!u) {nn.name = "fc4"} : (tensor<1x2x!u>, tensor<1x2x!w>) -> tensor<1x1x!u>
    // expected-error @below {{'r': expected a 'table' of type 'tensor<256xi8>', got 'tensor<4xi8>'}}
    %r = nn.relu %a {nn.name = "r", table = dense<0> : tensor<4xi8>} : (tensor<1x2x!u>) -> tensor<1x2x!u>
    %d = qopt.dequantize %r : tensor<1x2x!u> -> tensor<1x2xf32>
    // expected-error @below {{quantizes what qopt.dequantize made; expected qopt.requantize on the codes}}
    %qq = qopt.quantize %d : tensor<1x2xf32> -> tensor<1x2x!u>
    return %d : tensor<1x2xf32>
  }
}
