// Pools, means, resize.
// Each form of syntax, as text, bytecode and generic form.
// RUN: qopt %s | qopt | FileCheck %s
// RUN: qopt %s --emit-bytecode | qopt | FileCheck %s
// RUN: qopt %s --mlir-print-op-generic | qopt | FileCheck %s

// CHECK-LABEL: func.func @max_pool2d
// CHECK: nn.max_pool2d %{{.*}} {kernel = array<i64: 2, 2>} : (tensor<?x3x8x8xf32>) -> tensor<?x3x7x7xf32>
// CHECK: nn.max_pool2d %{{.*}} {ceil_mode = true, dilation = array<i64: 1, 2>, kernel = array<i64: 3, 2>, padding = array<i64: 1, 0, 1, 1>, stride = array<i64: 2, 2>} : (tensor<?x3x8x8xf32>) -> tensor<?x3x5x4xf32>
func.func @max_pool2d(%x: tensor<?x3x8x8xf32>) {
  %a0 = nn.max_pool2d %x {kernel = array<i64: 2, 2>} : (tensor<?x3x8x8xf32>) -> tensor<?x3x7x7xf32>
  %a1 = nn.max_pool2d %x {ceil_mode = true, dilation = array<i64: 1, 2>, kernel = array<i64: 3, 2>, padding = array<i64: 1, 0, 1, 1>, stride = array<i64: 2, 2>} : (tensor<?x3x8x8xf32>) -> tensor<?x3x5x4xf32>
  return
}

// CHECK-LABEL: func.func @avg_pool2d
// CHECK: nn.avg_pool2d %{{.*}} {count_include_pad = true, kernel = array<i64: 3, 3>, padding = array<i64: 1, 1, 1, 1>, stride = array<i64: 2, 2>} : (tensor<?x3x8x8xf32>) -> tensor<?x3x4x4xf32>
func.func @avg_pool2d(%x: tensor<?x3x8x8xf32>) {
  %a0 = nn.avg_pool2d %x {count_include_pad = true, kernel = array<i64: 3, 3>, padding = array<i64: 1, 1, 1, 1>, stride = array<i64: 2, 2>} : (tensor<?x3x8x8xf32>) -> tensor<?x3x4x4xf32>
  return
}

// CHECK-LABEL: func.func @adaptive_avg_pool2d
// CHECK: nn.adaptive_avg_pool2d %{{.*}} {output_size = array<i64: 1, 1>} : (tensor<?x3x8x8xf32>) -> tensor<?x3x1x1xf32>
// CHECK: nn.adaptive_avg_pool2d %{{.*}} {output_size = array<i64: 3, 5>} : (tensor<?x3x8x8xf32>) -> tensor<?x3x3x5xf32>
func.func @adaptive_avg_pool2d(%x: tensor<?x3x8x8xf32>) {
  %a0 = nn.adaptive_avg_pool2d %x {output_size = array<i64: 1, 1>} : (tensor<?x3x8x8xf32>) -> tensor<?x3x1x1xf32>
  %a1 = nn.adaptive_avg_pool2d %x {output_size = array<i64: 3, 5>} : (tensor<?x3x8x8xf32>) -> tensor<?x3x3x5xf32>
  return
}

// CHECK-LABEL: func.func @reduce_mean
// CHECK: nn.reduce_mean %{{.*}} {axes = array<i64: 2, 3>} : (tensor<?x3x8x8xf32>) -> tensor<?x3x1x1xf32>
// CHECK: nn.reduce_mean %{{.*}} {axes = array<i64: 1>, keepdims = false} : (tensor<?x3x8x8xf32>) -> tensor<?x8x8xf32>
func.func @reduce_mean(%x: tensor<?x3x8x8xf32>) {
  %a0 = nn.reduce_mean %x {axes = array<i64: 2, 3>} : (tensor<?x3x8x8xf32>) -> tensor<?x3x1x1xf32>
  %a1 = nn.reduce_mean %x {axes = array<i64: 1>, keepdims = false} : (tensor<?x3x8x8xf32>) -> tensor<?x8x8xf32>
  return
}

// CHECK-LABEL: func.func @resize_nearest
// CHECK: nn.resize_nearest %{{.*}} {coord_mode = #nn<coord_mode half_pixel>, nearest_mode = #nn<nearest_mode round_prefer_floor>, output_size = array<i64: 16, 4>, scales = #nn.numbers<2.000000e+00, 5.000000e-01>} : (tensor<?x3x8x8xf32>) -> tensor<?x3x16x4xf32>
// CHECK: nn.resize_nearest %{{.*}} {coord_mode = #nn<coord_mode pytorch_half_pixel>, nearest_mode = #nn<nearest_mode round_prefer_ceil>, output_size = array<i64: 16, 4>, scales = #nn.numbers<2.000000e+00, 5.000000e-01>} : (tensor<?x3x8x8xf32>) -> tensor<?x3x16x4xf32>
// CHECK: nn.resize_nearest %{{.*}} {coord_mode = #nn<coord_mode align_corners>, nearest_mode = #nn<nearest_mode floor>, output_size = array<i64: 16, 4>, scales = #nn.numbers<2.000000e+00, 5.000000e-01>} : (tensor<?x3x8x8xf32>) -> tensor<?x3x16x4xf32>
// CHECK: nn.resize_nearest %{{.*}} {coord_mode = #nn<coord_mode asymmetric>, nearest_mode = #nn<nearest_mode ceil>, output_size = array<i64: 16, 4>, scales = #nn.numbers<2.000000e+00, 5.000000e-01>} : (tensor<?x3x8x8xf32>) -> tensor<?x3x16x4xf32>
func.func @resize_nearest(%x: tensor<?x3x8x8xf32>) {
  %a0 = nn.resize_nearest %x {coord_mode = #nn<coord_mode half_pixel>, nearest_mode = #nn<nearest_mode round_prefer_floor>, output_size = array<i64: 16, 4>, scales = #nn.numbers<2.000000e+00, 5.000000e-01>} : (tensor<?x3x8x8xf32>) -> tensor<?x3x16x4xf32>
  %a1 = nn.resize_nearest %x {coord_mode = #nn<coord_mode pytorch_half_pixel>, nearest_mode = #nn<nearest_mode round_prefer_ceil>, output_size = array<i64: 16, 4>, scales = #nn.numbers<2.000000e+00, 5.000000e-01>} : (tensor<?x3x8x8xf32>) -> tensor<?x3x16x4xf32>
  %a2 = nn.resize_nearest %x {coord_mode = #nn<coord_mode align_corners>, nearest_mode = #nn<nearest_mode floor>, output_size = array<i64: 16, 4>, scales = #nn.numbers<2.000000e+00, 5.000000e-01>} : (tensor<?x3x8x8xf32>) -> tensor<?x3x16x4xf32>
  %a3 = nn.resize_nearest %x {coord_mode = #nn<coord_mode asymmetric>, nearest_mode = #nn<nearest_mode ceil>, output_size = array<i64: 16, 4>, scales = #nn.numbers<2.000000e+00, 5.000000e-01>} : (tensor<?x3x8x8xf32>) -> tensor<?x3x16x4xf32>
  return
}

// CHECK-LABEL: func.func @resize_bilinear
// CHECK: nn.resize_bilinear %{{.*}} {coord_mode = #nn<coord_mode align_corners>, output_size = array<i64: 16, 12>, scales = #nn.numbers<2.000000e+00, 1.500000e+00>} : (tensor<?x3x8x8xf32>) -> tensor<?x3x16x12xf32>
func.func @resize_bilinear(%x: tensor<?x3x8x8xf32>) {
  %a0 = nn.resize_bilinear %x {coord_mode = #nn<coord_mode align_corners>, output_size = array<i64: 16, 12>, scales = #nn.numbers<2.000000e+00, 1.500000e+00>} : (tensor<?x3x8x8xf32>) -> tensor<?x3x16x12xf32>
  return
}
