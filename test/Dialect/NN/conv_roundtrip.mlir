// Parameters, convolutions, linear, matmul, batch_norm.
// Each form of syntax, as text, bytecode and generic form.
// RUN: qopt %s | qopt | FileCheck %s
// RUN: qopt %s --emit-bytecode | qopt | FileCheck %s
// RUN: qopt %s --mlir-print-op-generic | qopt | FileCheck %s

// CHECK-LABEL: func.func @parameters
// CHECK: nn.parameter "a" dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32> -> tensor<2xf32>
// CHECK: nn.parameter "conv1.weight" dense<[1, -2]> : tensor<2xi8> -> tensor<2x!quant.uniform<i8:f32, 2.500000e-01>>
// CHECK: nn.parameter "per.channel" dense<{{\[\[}}1], [2]]> : tensor<2x1xi8> -> tensor<2x1x!quant.uniform<i8:f32:0, {2.500000e-01,5.000000e-01}>>
// CHECK: nn.parameter "conv1.bias" dense<7> : tensor<2xi32> -> tensor<2x!quant.uniform<i32:f32, 1.250000e-01>>
func.func @parameters() {
  %a = nn.parameter "a" dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32> -> tensor<2xf32>
  %b = nn.parameter "conv1.weight" dense<[1, -2]> : tensor<2xi8> -> tensor<2x!quant.uniform<i8:f32, 2.500000e-01>>
  %c = nn.parameter "per.channel" dense<[[1], [2]]> : tensor<2x1xi8> -> tensor<2x1x!quant.uniform<i8:f32:0, {2.500000e-01,5.000000e-01}>>
  %d = nn.parameter "conv1.bias" dense<7> : tensor<2xi32> -> tensor<2x!quant.uniform<i32:f32, 1.250000e-01>>
  return
}

// CHECK-LABEL: func.func @conv2d
// CHECK: nn.conv2d %{{.*}}, %{{.*}} : (tensor<?x3x8x8xf32>, tensor<16x3x3x3xf32>) -> tensor<?x16x6x6xf32>
func.func @conv2d(%x: tensor<?x3x8x8xf32>, %w: tensor<16x3x3x3xf32>) {
  %0 = nn.conv2d %x, %w : (tensor<?x3x8x8xf32>, tensor<16x3x3x3xf32>) -> tensor<?x16x6x6xf32>
  return
}

// CHECK-LABEL: func.func @conv2d_window
// CHECK: nn.conv2d %{{.*}}, %{{.*}} {dilation = array<i64: 2, 1>, groups = 2 : i64, padding = array<i64: 1, 0, 2, 1>, stride = array<i64: 2, 3>} : (tensor<2x4x9x8xf32>, tensor<8x2x3x2xf32>) -> tensor<2x8x4x3xf32>
func.func @conv2d_window(%x: tensor<2x4x9x8xf32>, %w: tensor<8x2x3x2xf32>) {
  %0 = nn.conv2d %x, %w {dilation = array<i64: 2, 1>, groups = 2 : i64, padding = array<i64: 1, 0, 2, 1>, stride = array<i64: 2, 3>} : (tensor<2x4x9x8xf32>, tensor<8x2x3x2xf32>) -> tensor<2x8x4x3xf32>
  return
}

// CHECK-LABEL: func.func @conv2d_fused
// CHECK: nn.conv2d %{{.*}}, %{{.*}}, %{{.*}} residual(%{{.*}}) act <relu6> : (tensor<?x3x8x8xf32>, tensor<16x3x3x3xf32>, tensor<16xf32>, tensor<?x16x6x6xf32>) -> tensor<?x16x6x6xf32>
// CHECK: nn.conv2d %{{.*}}, %{{.*}}, %{{.*}} act <hard_swish> mid(@mid) : (tensor<?x3x8x8xf32>, tensor<16x3x3x3xf32>, tensor<16xf32>) -> tensor<?x16x6x6xf32>
// CHECK: nn.conv2d %{{.*}}, %{{.*}} residual(%{{.*}}) act <clip, -1.000000e+00, 2.000000e+00> : (tensor<?x3x8x8xf32>, tensor<16x3x3x3xf32>, tensor<?x16x6x6xf32>) -> tensor<?x16x6x6xf32>
func.func @conv2d_fused(%x: tensor<?x3x8x8xf32>, %w: tensor<16x3x3x3xf32>, %b: tensor<16xf32>, %r: tensor<?x16x6x6xf32>) {
  %0 = nn.conv2d %x, %w, %b residual(%r) act <relu6> : (tensor<?x3x8x8xf32>, tensor<16x3x3x3xf32>, tensor<16xf32>, tensor<?x16x6x6xf32>) -> tensor<?x16x6x6xf32>
  %1 = nn.conv2d %x, %w, %b act <hard_swish> mid(@mid) : (tensor<?x3x8x8xf32>, tensor<16x3x3x3xf32>, tensor<16xf32>) -> tensor<?x16x6x6xf32>
  %2 = nn.conv2d %x, %w residual(%r) act <clip, -1.000000e+00, 2.000000e+00> : (tensor<?x3x8x8xf32>, tensor<16x3x3x3xf32>, tensor<?x16x6x6xf32>) -> tensor<?x16x6x6xf32>
  return
}

// CHECK-LABEL: func.func @conv2d_codes
// CHECK: nn.conv2d %{{.*}}, %{{.*}}, %{{.*}} act <relu> : (tensor<1x1x4x4x!quant.uniform<u8:f32, 5.000000e-01:128>>, tensor<2x1x1x1x!quant.uniform<i8:f32, 2.500000e-01>>, tensor<2x!quant.uniform<i32:f32, 1.250000e-01>>) -> tensor<1x2x4x4x!quant.uniform<u8:f32, 5.000000e-01:128>>
func.func @conv2d_codes(%x: tensor<1x1x4x4x!quant.uniform<u8:f32, 5.000000e-01:128>>, %w: tensor<2x1x1x1x!quant.uniform<i8:f32, 2.500000e-01>>, %b: tensor<2x!quant.uniform<i32:f32, 1.250000e-01>>) {
  %0 = nn.conv2d %x, %w, %b act <relu> : (tensor<1x1x4x4x!quant.uniform<u8:f32, 5.000000e-01:128>>, tensor<2x1x1x1x!quant.uniform<i8:f32, 2.500000e-01>>, tensor<2x!quant.uniform<i32:f32, 1.250000e-01>>) -> tensor<1x2x4x4x!quant.uniform<u8:f32, 5.000000e-01:128>>
  return
}

// CHECK-LABEL: func.func @conv_transpose2d
// CHECK: nn.conv_transpose2d %{{.*}}, %{{.*}}, %{{.*}} act <relu> {groups = 2 : i64, output_padding = array<i64: 1, 0>, padding = array<i64: 0, 1, 0, 1>, stride = array<i64: 2, 2>} : (tensor<?x4x5x5xf32>, tensor<4x3x2x2xf32>, tensor<6xf32>) -> tensor<?x6x11x8xf32>
func.func @conv_transpose2d(%x: tensor<?x4x5x5xf32>, %w: tensor<4x3x2x2xf32>, %b: tensor<6xf32>) {
  %0 = nn.conv_transpose2d %x, %w, %b act <relu> {groups = 2 : i64, output_padding = array<i64: 1, 0>, padding = array<i64: 0, 1, 0, 1>, stride = array<i64: 2, 2>} : (tensor<?x4x5x5xf32>, tensor<4x3x2x2xf32>, tensor<6xf32>) -> tensor<?x6x11x8xf32>
  return
}

// CHECK-LABEL: func.func @linear
// CHECK: nn.linear %{{.*}}, %{{.*}} : (tensor<?x7x8xf32>, tensor<4x8xf32>) -> tensor<?x7x4xf32>
// CHECK: nn.linear %{{.*}}, %{{.*}}, %{{.*}} residual(%{{.*}}) act <leaky_relu, 1.000000e-01> mid(@mid) : (tensor<?x7x8xf32>, tensor<4x8xf32>, tensor<4xf32>, tensor<?x7x4xf32>) -> tensor<?x7x4xf32>
func.func @linear(%x: tensor<?x7x8xf32>, %w: tensor<4x8xf32>, %b: tensor<4xf32>, %r: tensor<?x7x4xf32>) {
  %0 = nn.linear %x, %w : (tensor<?x7x8xf32>, tensor<4x8xf32>) -> tensor<?x7x4xf32>
  %1 = nn.linear %x, %w, %b residual(%r) act <leaky_relu, 1.000000e-01> mid(@mid) : (tensor<?x7x8xf32>, tensor<4x8xf32>, tensor<4xf32>, tensor<?x7x4xf32>) -> tensor<?x7x4xf32>
  return
}

// CHECK-LABEL: func.func @dynamic_linear
// CHECK: nn.dynamic_linear %{{.*}}, %{{.*}} : (tensor<?x7x8xf32>, tensor<4x8x!{{.*}}>) -> tensor<?x7x4xf32>
// CHECK: nn.dynamic_linear %{{.*}}, %{{.*}}, %{{.*}} residual(%{{.*}}) act <relu6> : (tensor<?x7x8xf32>, tensor<4x8x!{{.*}}>, tensor<4xf32>, tensor<?x7x4xf32>) -> tensor<?x7x4xf32>
func.func @dynamic_linear(%x: tensor<?x7x8xf32>, %w: tensor<4x8x!quant.uniform<i8:f32, 0.5>>, %b: tensor<4xf32>, %r: tensor<?x7x4xf32>) {
  %0 = nn.dynamic_linear %x, %w : (tensor<?x7x8xf32>, tensor<4x8x!quant.uniform<i8:f32, 0.5>>) -> tensor<?x7x4xf32>
  %1 = nn.dynamic_linear %x, %w, %b residual(%r) act <relu6> : (tensor<?x7x8xf32>, tensor<4x8x!quant.uniform<i8:f32, 0.5>>, tensor<4xf32>, tensor<?x7x4xf32>) -> tensor<?x7x4xf32>
  return
}

// CHECK-LABEL: func.func @matmul
// CHECK: nn.matmul %{{.*}}, %{{.*}} {transpose_b = true} : (tensor<?x2x3x4xf32>, tensor<2x5x4xf32>) -> tensor<?x2x3x5xf32>
// CHECK: nn.matmul %{{.*}}, %{{.*}} : (tensor<?x2x3x4xf32>, tensor<4x5xf32>) -> tensor<?x2x3x5xf32>
func.func @matmul(%a: tensor<?x2x3x4xf32>, %b: tensor<2x5x4xf32>, %c: tensor<4x5xf32>) {
  %0 = nn.matmul %a, %b {transpose_b = true} : (tensor<?x2x3x4xf32>, tensor<2x5x4xf32>) -> tensor<?x2x3x5xf32>
  %1 = nn.matmul %a, %c : (tensor<?x2x3x4xf32>, tensor<4x5xf32>) -> tensor<?x2x3x5xf32>
  return
}

// CHECK-LABEL: func.func @batch_norm
// CHECK: nn.batch_norm %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} {eps = 1.000000e-03 : f64} : (tensor<?x3x4xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<?x3x4xf32>
func.func @batch_norm(%x: tensor<?x3x4xf32>, %p: tensor<3xf32>) {
  %0 = nn.batch_norm %x, %p, %p, %p, %p {eps = 1.000000e-03 : f64} : (tensor<?x3x4xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<?x3x4xf32>
  return
}

// CHECK-LABEL: func.func @named
// CHECK: nn.conv2d %{{.*}}, %{{.*}} {nn.layer = "features.0", nn.name = "/features/0/Conv_output_0"} : (tensor<?x3x8x8xf32>, tensor<16x3x3x3xf32>) -> tensor<?x16x6x6xf32>
func.func @named(%x: tensor<?x3x8x8xf32>, %w: tensor<16x3x3x3xf32>) {
  %0 = nn.conv2d %x, %w {nn.layer = "features.0", nn.name = "/features/0/Conv_output_0"} : (tensor<?x3x8x8xf32>, tensor<16x3x3x3xf32>) -> tensor<?x16x6x6xf32>
  return
}
