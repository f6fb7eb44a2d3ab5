// RUN: qopt %s --split-input-file --fuse-fold-pad | FileCheck %s

// Zeros before a convolution, asymmetric, on top of its own; a pad behind a pad.
// CHECK-LABEL: func @conv
// CHECK-NOT: nn.pad
// CHECK: nn.conv2d %arg0, %{{.*}}nn.fused = ["c", "p2", "p1"], nn.name = "c", padding = array<i64: 3, 2, 1, 4>
func.func @conv(%x: tensor<1x1x4x4xf32>) -> tensor<1x1x8x10xf32> {
  %w = nn.parameter "w" dense<1.0> : tensor<1x1x1x1xf32> -> tensor<1x1x1x1xf32>
  %0 = nn.pad %x {low = array<i64: 0, 0, 1, 0>, high = array<i64: 0, 0, 0, 1>, nn.name = "p1"} : (tensor<1x1x4x4xf32>) -> tensor<1x1x5x5xf32>
  %1 = nn.pad %0 {low = array<i64: 0, 0, 1, 1>, high = array<i64: 0, 0, 0, 2>, nn.name = "p2"} : (tensor<1x1x5x5xf32>) -> tensor<1x1x6x8xf32>
  %2 = nn.conv2d %1, %w {padding = array<i64: 1, 1, 1, 1>, nn.name = "c"} : (tensor<1x1x6x8xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x8x10xf32>
  return %2 : tensor<1x1x8x10xf32>
}

// -----

// Pools: zeros that a mean counts, -infinity before a maximum.
// CHECK-LABEL: func @pools
// CHECK-NOT: nn.pad
// CHECK: nn.avg_pool2d %arg0 {count_include_pad = true, {{.*}}padding = array<i64: 1, 1, 0, 0>
// CHECK: nn.max_pool2d {{.*}}padding = array<i64: 1, 1, 0, 0>
func.func @pools(%x: tensor<1x1x4x4xf32>) -> tensor<1x1x4x4xf32> {
  %0 = nn.pad %x {low = array<i64: 0, 0, 1, 1>, high = array<i64: 0, 0, 0, 0>, nn.name = "p1"} : (tensor<1x1x4x4xf32>) -> tensor<1x1x5x5xf32>
  %1 = nn.avg_pool2d %0 {kernel = array<i64: 2, 2>, nn.name = "a"} : (tensor<1x1x5x5xf32>) -> tensor<1x1x4x4xf32>
  %2 = nn.pad %1 {low = array<i64: 0, 0, 1, 1>, high = array<i64: 0, 0, 0, 0>, value = 0xFF800000 : f32, nn.name = "p2"} : (tensor<1x1x4x4xf32>) -> tensor<1x1x5x5xf32>
  %3 = nn.max_pool2d %2 {kernel = array<i64: 2, 2>, nn.name = "m"} : (tensor<1x1x5x5xf32>) -> tensor<1x1x4x4xf32>
  return %3 : tensor<1x1x4x4xf32>
}

// -----

// What stays: another value, channels, zeros before a maximum, a window smaller than the
// padding, a mean that does not count its own padding. The pad with another user
// stays for that one.
// CHECK-LABEL: func @stays
// CHECK: nn.pad {{.*}}nn.name = "value"
// CHECK: nn.pad {{.*}}nn.name = "channels"
// CHECK: nn.pad {{.*}}nn.name = "zero"
// CHECK: nn.pad {{.*}}nn.name = "wide"
// CHECK: nn.pad {{.*}}nn.name = "uncounted"
// CHECK: %[[IN:.*]] = nn.avg_pool2d {{.*}}nn.name = "a2"
// CHECK: nn.pad {{.*}}nn.name = "users"
// CHECK: nn.conv2d %[[IN]], {{.*}}padding = array<i64: 1, 0, 0, 0>
func.func @stays(%x: tensor<1x1x4x4xf32>) -> (tensor<1x1x5x4xf32>, tensor<1x1x5x4xf32>) {
  %w = nn.parameter "w" dense<1.0> : tensor<1x1x1x1xf32> -> tensor<1x1x1x1xf32>
  %w2 = nn.parameter "w2" dense<1.0> : tensor<1x2x2x1xf32> -> tensor<1x2x2x1xf32>
  %0 = nn.pad %x {low = array<i64: 0, 0, 1, 0>, high = array<i64: 0, 0, 0, 0>, value = 1.0 : f32, nn.name = "value"} : (tensor<1x1x4x4xf32>) -> tensor<1x1x5x4xf32>
  %1 = nn.conv2d %0, %w {nn.name = "c1"} : (tensor<1x1x5x4xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x5x4xf32>
  %2 = nn.pad %1 {low = array<i64: 0, 1, 0, 0>, high = array<i64: 0, 0, 0, 0>, nn.name = "channels"} : (tensor<1x1x5x4xf32>) -> tensor<1x2x5x4xf32>
  %3 = nn.conv2d %2, %w2 {nn.name = "c2"} : (tensor<1x2x5x4xf32>, tensor<1x2x2x1xf32>) -> tensor<1x1x4x4xf32>
  %4 = nn.pad %3 {low = array<i64: 0, 0, 1, 0>, high = array<i64: 0, 0, 0, 0>, nn.name = "zero"} : (tensor<1x1x4x4xf32>) -> tensor<1x1x5x4xf32>
  %5 = nn.max_pool2d %4 {kernel = array<i64: 2, 1>, nn.name = "m"} : (tensor<1x1x5x4xf32>) -> tensor<1x1x4x4xf32>
  %6 = nn.pad %5 {low = array<i64: 0, 0, 2, 0>, high = array<i64: 0, 0, 0, 0>, nn.name = "wide"} : (tensor<1x1x4x4xf32>) -> tensor<1x1x6x4xf32>
  %7 = nn.avg_pool2d %6 {kernel = array<i64: 2, 1>, nn.name = "a1"} : (tensor<1x1x6x4xf32>) -> tensor<1x1x5x4xf32>
  %8 = nn.pad %7 {low = array<i64: 0, 0, 1, 0>, high = array<i64: 0, 0, 0, 0>, nn.name = "uncounted"} : (tensor<1x1x5x4xf32>) -> tensor<1x1x6x4xf32>
  %9 = nn.avg_pool2d %8 {kernel = array<i64: 4, 1>, padding = array<i64: 1, 0, 0, 0>, nn.name = "a2"} : (tensor<1x1x6x4xf32>) -> tensor<1x1x4x4xf32>
  %10 = nn.pad %9 {low = array<i64: 0, 0, 1, 0>, high = array<i64: 0, 0, 0, 0>, nn.name = "users"} : (tensor<1x1x4x4xf32>) -> tensor<1x1x5x4xf32>
  %11 = nn.conv2d %10, %w {nn.name = "c3"} : (tensor<1x1x5x4xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x5x4xf32>
  return %10, %11 : tensor<1x1x5x4xf32>, tensor<1x1x5x4xf32>
}
