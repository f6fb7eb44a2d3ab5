// Which kernel a convolution gets: the cheapest of those whose proof holds.
// RUN: qopt %s --lower-to-ukernel=isa=avx2,avx512vnni --split-input-file | FileCheck %s

!x = !quant.uniform<u8:f32, 0.5:3>
!y = !quant.uniform<i8:f32, 0.25:-10>
!w = !quant.uniform<i8<-127:127>:f32, 0.5>

// The accumulator stays within 100 * 9 * 128 * 252, less than 2^25. Weights are expanded when a
// session opens, each call's behind the other's.
// CHECK-LABEL: @main_avx2
// CHECK-SAME: prepared_bytes = 1198080
// CHECK: ukernel.conv2d @qrt_winograd43_avx2 {{.*}} prepared at 0 {nn.name = "conv",
// CHECK-SAME: ukernel.macs = 28901376 : i64, ukernel.reason = "not for {{.*}}; fewest cycles estimated: qrt_winograd43_avx2 {{[0-9]+, .*}}qrt_conv2d_avx2 {{[0-9]+}}
// CHECK-LABEL: @main_avx512vnni
// CHECK: ukernel.conv2d @qrt_winograd43_vnni {{.*}} prepared at 0
func.func @main(%x: tensor<?x128x14x14xf32> {nn.name = "x"}) -> (tensor<?x128x14x14xf32> {nn.name = "y"}) {
  %q = qopt.quantize %x {nn.name = "q"} : tensor<?x128x14x14xf32> -> tensor<?x128x14x14x!x>
  %w = nn.parameter "w" dense<100> : tensor<128x128x3x3xi8> -> tensor<128x128x3x3x!w>
  %c = nn.conv2d %q, %w {nn.name = "conv", stride = array<i64: 1, 1>, padding = array<i64: 1, 1, 1, 1>} : (tensor<?x128x14x14x!x>, tensor<128x128x3x3x!w>) -> tensor<?x128x14x14x!y>
  %d = qopt.dequantize %c : tensor<?x128x14x14x!y> -> tensor<?x128x14x14xf32>
  return %d : tensor<?x128x14x14xf32>
}

// -----

!x = !quant.uniform<u8:f32, 0.5:3>
!y = !quant.uniform<i8:f32, 0.25:-10>
!w = !quant.uniform<i8<-127:127>:f32, 0.5>

// 127 * 9 * 128 * 252 is more: the next form holds to 2^29.
// CHECK-LABEL: @main_avx2
// CHECK: ukernel.conv2d @qrt_winograd23_avx2
// CHECK-LABEL: @main_avx512vnni
// CHECK: ukernel.conv2d @qrt_conv2d_vnni
func.func @main(%x: tensor<?x128x14x14xf32> {nn.name = "x"}) -> (tensor<?x128x14x14xf32> {nn.name = "y"}) {
  %q = qopt.quantize %x {nn.name = "q"} : tensor<?x128x14x14xf32> -> tensor<?x128x14x14x!x>
  %w = nn.parameter "w" dense<127> : tensor<128x128x3x3xi8> -> tensor<128x128x3x3x!w>
  %c = nn.conv2d %q, %w {nn.name = "conv", stride = array<i64: 1, 1>, padding = array<i64: 1, 1, 1, 1>} : (tensor<?x128x14x14x!x>, tensor<128x128x3x3x!w>) -> tensor<?x128x14x14x!y>
  %d = qopt.dequantize %c : tensor<?x128x14x14x!y> -> tensor<?x128x14x14xf32>
  return %d : tensor<?x128x14x14xf32>
}

// -----

!x = !quant.uniform<u8:f32, 0.5:3>
!y = !quant.uniform<i8:f32, 0.25:-10>
!w = !quant.uniform<i8<-127:127>:f32, 0.5>

// No stride.
// CHECK-LABEL: @main_avx2
// CHECK: ukernel.conv2d @qrt_conv2d_avx2 {{.*}} prepared at 0
// CHECK-LABEL: @main_avx512vnni
// CHECK: ukernel.conv2d @qrt_conv2d_vnni
func.func @main(%x: tensor<?x32x32x32xf32> {nn.name = "x"}) -> (tensor<?x32x16x16xf32> {nn.name = "y"}) {
  %q = qopt.quantize %x {nn.name = "q"} : tensor<?x32x32x32xf32> -> tensor<?x32x32x32x!x>
  %w = nn.parameter "w" dense<1> : tensor<32x32x3x3xi8> -> tensor<32x32x3x3x!w>
  %c = nn.conv2d %q, %w {nn.name = "conv", stride = array<i64: 2, 2>, padding = array<i64: 1, 1, 1, 1>} : (tensor<?x32x32x32x!x>, tensor<32x32x3x3x!w>) -> tensor<?x32x16x16x!y>
  %d = qopt.dequantize %c : tensor<?x32x16x16x!y> -> tensor<?x32x16x16xf32>
  return %d : tensor<?x32x16x16xf32>
}

// -----

!x = !quant.uniform<u8:f32, 0.5:3>
!y = !quant.uniform<i8:f32, 0.25:-10>
!w = !quant.uniform<i8<-127:127>:f32, 0.5>

// Reading the weights is most of the work: as few bytes as possible.
// CHECK-LABEL: @main_avx2
// CHECK: ukernel.conv2d @qrt_conv2d_small_avx2
// CHECK-LABEL: @main_avx512vnni
// CHECK: ukernel.conv2d @qrt_conv2d_vnni
func.func @main(%x: tensor<?x256x2x2xf32> {nn.name = "x"}) -> (tensor<?x64x2x2xf32> {nn.name = "y"}) {
  %q = qopt.quantize %x {nn.name = "q"} : tensor<?x256x2x2xf32> -> tensor<?x256x2x2x!x>
  %w = nn.parameter "w" dense<1> : tensor<64x256x3x3xi8> -> tensor<64x256x3x3x!w>
  %c = nn.conv2d %q, %w {nn.name = "conv", stride = array<i64: 1, 1>, padding = array<i64: 1, 1, 1, 1>} : (tensor<?x256x2x2x!x>, tensor<64x256x3x3x!w>) -> tensor<?x64x2x2x!y>
  %d = qopt.dequantize %c : tensor<?x64x2x2x!y> -> tensor<?x64x2x2xf32>
  return %d : tensor<?x64x2x2xf32>
}
