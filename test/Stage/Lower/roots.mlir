// Convolutions and linear layers on codes: geometry, N5 bias, N6 multipliers, epilogues.
// RUN: qopt %s --lower-to-ukernel=isa=scalar --split-input-file | FileCheck %s

!x = !quant.uniform<u8:f32, 0.5:3>
!y = !quant.uniform<i8:f32, 0.25:-10>
!w = !quant.uniform<i8<-127:127>:f32:0, {0.5, 0.25}>
!b = !quant.uniform<i32:f32:0, {0.25, 0.125}>

// A clamp is a narrower saturation: relu6 gives codes -10 to 14. The multipliers are
// (0.5 * 0.5) / 0.25 = 1 and (0.5 * 0.25) / 0.25 = 0.5.
// CHECK-LABEL: @main_scalar
// CHECK: ukernel.conv2d @qrt_conv2d_scalar
// CHECK-SAME: bias = dense<[7, -8]> : tensor<2xi32>, dilation_h = 1 : i32, dilation_w = 2 : i32, groups = 1 : i32
// CHECK-SAME: in_c = 3 : i32, in_h = 6 : i32, in_signed = 0 : i32, in_w = 5 : i32, in_zero_point = 3 : i32
// CHECK-SAME: kernel_h = 1 : i32, kernel_w = 2 : i32
// CHECK-SAME: multiplier = dense<[1.000000e+00, 5.000000e-01]> : tensor<2xf32>
// CHECK-SAME: out_c = 2 : i32, out_h = 4 : i32, out_max = 14 : i32, out_min = -10 : i32, out_signed = 1 : i32, out_w = 6 : i32, out_zero_point = -10 : i32
// CHECK-SAME: pad_left = 2 : i32, pad_top = 1 : i32, residual_kind = 0 : i32
// CHECK-SAME: stride_h = 2 : i32, stride_w = 1 : i32
// CHECK-SAME: {nn.name = "conv", ukernel.macs = 288 : i64} : (!ukernel.buffer<90 x i8>) -> !ukernel.buffer<48 x i8>
// CHECK-NEXT: ukernel.tensor %{{.*}} "conv" tensor<?x2x4x6x!{{.*}}> strides [48, 1, 12, 2] : <48 x i8>
func.func @main(%x: tensor<?x3x6x5xf32> {nn.name = "x"}) -> (tensor<?x2x4x6xf32> {nn.name = "y"}) {
  %q = qopt.quantize %x {nn.name = "q"} : tensor<?x3x6x5xf32> -> tensor<?x3x6x5x!x>
  %w = nn.parameter "w" dense<[[[[1, 2]], [[3, 4]], [[5, 6]]], [[[7, 8]], [[9, 10]], [[11, 12]]]]> : tensor<2x3x1x2xi8> -> tensor<2x3x1x2x!w>
  %b = nn.parameter "b" dense<[7, -8]> : tensor<2xi32> -> tensor<2x!b>
  %c = nn.conv2d %q, %w, %b act <relu6> {nn.name = "conv", stride = array<i64: 2, 1>, padding = array<i64: 1, 2, 0, 1>, dilation = array<i64: 1, 2>} : (tensor<?x3x6x5x!x>, tensor<2x3x1x2x!w>, tensor<2x!b>) -> tensor<?x2x4x6x!y>
  %d = qopt.dequantize %c : tensor<?x2x4x6x!y> -> tensor<?x2x4x6xf32>
  return %d : tensor<?x2x4x6xf32>
}

// -----

!x = !quant.uniform<u8:f32, 0.5:3>
!y = !quant.uniform<i8:f32, 0.25:-10>
!w = !quant.uniform<i8<-127:127>:f32, 0.5>

// The rows of a linear layer are columns of an image; a missing bias is zeros.
// CHECK-LABEL: @main_scalar
// CHECK: ukernel.conv2d @qrt_conv2d_scalar
// CHECK-SAME: bias = dense<0> : tensor<2xi32>
// CHECK-SAME: in_c = 3 : i32, in_h = 1 : i32, {{.*}}in_w = 7 : i32
// CHECK-SAME: multiplier = dense<1.000000e+00> : tensor<2xf32>
// CHECK-SAME: out_c = 2 : i32, out_h = 1 : i32, {{.*}}out_w = 7 : i32
func.func @main(%x: tensor<?x7x3x!x>) -> tensor<?x7x2x!y> {
  %w = nn.parameter "w" dense<[[1, 2, 3], [4, 5, 6]]> : tensor<2x3xi8> -> tensor<2x3x!w>
  %c = nn.linear %x, %w : (tensor<?x7x3x!x>, tensor<2x3x!w>) -> tensor<?x7x2x!y>
  return %c : tensor<?x7x2x!y>
}

// -----

!x = !quant.uniform<u8:f32, 0.5:3>
!m = !quant.uniform<u8:f32, 0.125:100>
!y = !quant.uniform<i8:f32, 0.25:-10>
!w = !quant.uniform<u8:f32, 0.5:130>

// N7 with a point: the multiplier goes to mid, 0.125 / 0.25 and 0.5 / 0.25 on from there.
// Unsigned weights and their zero points move by 128.
// CHECK-LABEL: @main_scalar
// CHECK: %[[X:.*]] = ukernel.input 0
// CHECK: ukernel.conv2d @qrt_conv2d_scalar ins(%[[X]], %[[X]]) outs
// CHECK-SAME: mid_max = 255 : i32, mid_min = 0 : i32, mid_multiplier = 5.000000e-01 : f32, mid_signed = 0 : i32, mid_zero_point = 100 : i32
// CHECK-SAME: multiplier = dense<2.000000e+00> : tensor<1xf32>
// CHECK-SAME: packed = dense<-126> : tensor<1xi8>
// CHECK-SAME: residual_kind = 2 : i32, residual_multiplier = 2.000000e+00 : f32, residual_signed = 0 : i32, residual_zero_point = 3 : i32
// CHECK-SAME: weight_zero_point = dense<2> : tensor<1xi32>
// The accumulator form has no mid.
// CHECK: ukernel.conv2d
// CHECK-SAME: multiplier = dense<1.000000e+00> : tensor<1xf32>
// CHECK-SAME: residual_kind = 1 : i32, residual_multiplier = 2.000000e+00 : f32
func.func @main(%x: tensor<?x1x1x1x!x>) -> (tensor<?x1x1x1x!y>, tensor<?x1x1x1x!y>) {
  %w = nn.parameter "w" dense<2> : tensor<1x1x1x1xi8> -> tensor<1x1x1x1x!w>
  %a = nn.conv2d %x, %w residual(%x) mid(!m) : (tensor<?x1x1x1x!x>, tensor<1x1x1x1x!w>, tensor<?x1x1x1x!x>) -> tensor<?x1x1x1x!y>
  %b = nn.conv2d %x, %w residual(%x) : (tensor<?x1x1x1x!x>, tensor<1x1x1x1x!w>, tensor<?x1x1x1x!x>) -> tensor<?x1x1x1x!y>
  return %a, %b : tensor<?x1x1x1x!y>, tensor<?x1x1x1x!y>
}

// -----

!x = !quant.uniform<u8:f32, 0.5:3>
!m = !quant.uniform<u8:f32, 0.125:100>
!y = !quant.uniform<i8:f32, 0.25:-10>
!w = !quant.uniform<i8:f32, 0.5>

// A tabulated activation: the table decides the codes.
// CHECK-LABEL: @main_scalar
// CHECK: ukernel.conv2d
// CHECK-SAME: out_max = 127 : i32, out_min = -128 : i32
// CHECK-SAME: table = dense<5> : tensor<256xi8>
func.func @main(%x: tensor<?x1x1x1x!x>) -> tensor<?x1x1x1x!y> {
  %w = nn.parameter "w" dense<2> : tensor<1x1x1x1xi8> -> tensor<1x1x1x1x!w>
  %a = nn.conv2d %x, %w act <silu> mid(!m) {table = dense<5> : tensor<256xi8>} : (tensor<?x1x1x1x!x>, tensor<1x1x1x1x!w>) -> tensor<?x1x1x1x!y>
  return %a : tensor<?x1x1x1x!y>
}

// -----

!x = !quant.uniform<u8:f32, 0.5:3>
!y = !quant.uniform<i8:f32, 0.25:-10>
!w = !quant.uniform<i8:f32:1, {0.5, 0.25}>

// The scales of a transposed convolution repeat over the groups.
// CHECK-LABEL: @main_scalar
// CHECK: ukernel.conv_transpose2d @qrt_conv_transpose2d_scalar
// CHECK-SAME: groups = 2 : i32
// CHECK-SAME: multiplier = dense<[1.000000e+00, 5.000000e-01, 1.000000e+00, 5.000000e-01]> : tensor<4xf32>
// CHECK-SAME: packed = dense<[1, 2, 3, 4]> : tensor<4xi8>
func.func @main(%x: tensor<?x2x1x1x!x>) -> tensor<?x4x1x1x!y> {
  %w = nn.parameter "w" dense<[[[[1]], [[2]]], [[[3]], [[4]]]]> : tensor<2x2x1x1xi8> -> tensor<2x2x1x1x!w>
  %a = nn.conv_transpose2d %x, %w {groups = 2 : i64} : (tensor<?x2x1x1x!x>, tensor<2x2x1x1x!w>) -> tensor<?x4x1x1x!y>
  return %a : tensor<?x4x1x1x!y>
}

// -----

!w = !quant.uniform<u8:f32:0, {0.5:130, 0.25:128}>

// N17: rows of a sample, the weight's scales, its zero points moved with unsigned codes by 128; a clamp is
// the kernel's, an activation that is none stands behind it.
// CHECK-LABEL: @main_scalar
// CHECK: ukernel.dynamic_linear @qrt_dynamic_linear_scalar
// CHECK-SAME: bias = dense<[7.000000e+00, -8.000000e+00]> : tensor<2xf32>, has_residual = 0 : i32, high = 6.000000e+00 : f32, k = 3 : i32, low = 0.000000e+00 : f32, n = 2 : i32
// CHECK-SAME: rows = 7 : i32, scale = dense<[5.000000e-01, 2.500000e-01]> : tensor<2xf32>, weight_zero_point = dense<[2, 0]> : tensor<2xi32>
// CHECK-SAME: ukernel.macs = 42 : i64
// CHECK-NEXT: ukernel.tensor %{{.*}} "h" tensor<?x7x2xf32> strides [14, 2, 1] exact
// CHECK: ukernel.dynamic_linear @qrt_dynamic_linear_scalar ins(%{{[0-9]+}}, %{{[0-9]+}})
// CHECK-SAME: has_residual = 1 : i32, high = 0x7F800000 : f32
// CHECK: ukernel.f32_unary
// CHECK-NEXT: ukernel.tensor
// CHECK-NOT: exact
func.func @main(%x: tensor<?x7x3xf32>) -> tensor<?x7x2xf32> {
  %w = nn.parameter "w" dense<[[1, 2, 3], [4, 5, 6]]> : tensor<2x3xi8> -> tensor<2x3x!w>
  %b = nn.parameter "b" dense<[7.0, -8.0]> : tensor<2xf32> -> tensor<2xf32>
  %h = nn.dynamic_linear %x, %w, %b act <relu6> {nn.name = "h"} : (tensor<?x7x3xf32>, tensor<2x3x!w>, tensor<2xf32>) -> tensor<?x7x2xf32>
  %y = nn.dynamic_linear %x, %w residual(%h) act <silu> {nn.name = "y"} : (tensor<?x7x3xf32>, tensor<2x3x!w>, tensor<?x7x2xf32>) -> tensor<?x7x2xf32>
  return %y : tensor<?x7x2xf32>
}
