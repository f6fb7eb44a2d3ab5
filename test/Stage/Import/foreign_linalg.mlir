// Named linalg ops and the generics of torch-mlir.
// RUN: qopt %s --import-foreign --split-input-file | FileCheck %s

// A conv that starts from its bias, relu as compare and select, a residual add, the mean as a sum that is
// divided, a linear layer as transpose, matmul and add.
// CHECK-LABEL: @main(%arg0: tensor<1x2x4x4xf32> {nn.name = "arg0"})
// CHECK: %[[P:.*]] = nn.pad %arg0
// CHECK: %[[C:.*]] = nn.conv2d %[[P]], %{{.*}}, %{{.*}} {
// CHECK: %[[R:.*]] = nn.relu %[[C]]
// CHECK: %[[S:.*]] = nn.add %[[R]], %arg0
// CHECK: %[[M:.*]] = nn.adaptive_avg_pool2d %[[S]]
// CHECK: %[[F:.*]] = nn.reshape %[[M]]
// CHECK: nn.linear %[[F]], %{{.*}}, %{{.*}} : (tensor<1x2xf32>, tensor<3x2xf32>, tensor<3xf32>)
#map = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#keep = affine_map<(d0, d1, d2, d3) -> (d0, d1, 0, 0)>
#rows = affine_map<(d0, d1) -> (d0, d1)>
#last = affine_map<(d0, d1) -> (d1)>
func.func @layers(%x: tensor<1x2x4x4xf32>) -> tensor<1x3xf32> {
  %zero = arith.constant 0.0 : f32
  %count = arith.constant 1.6e+01 : f32
  %w = arith.constant dense<0.5> : tensor<2x2x3x3xf32>
  %b = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %fc = arith.constant dense<0.25> : tensor<3x2xf32>
  %fcb = arith.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf32>
  %padded = tensor.pad %x low[0, 0, 1, 1] high[0, 0, 1, 1] {
  ^bb0(%i: index, %j: index, %k: index, %l: index):
    tensor.yield %zero : f32
  } : tensor<1x2x4x4xf32> to tensor<1x2x6x6xf32>
  %e = tensor.empty() : tensor<1x2x4x4xf32>
  %bias = linalg.broadcast ins(%b : tensor<2xf32>) outs(%e : tensor<1x2x4x4xf32>) dimensions = [0, 2, 3]
  %0 = linalg.conv_2d_nchw_fchw {dilations = dense<1> : vector<2xi64>, strides = dense<1> : vector<2xi64>} ins(%padded, %w : tensor<1x2x6x6xf32>, tensor<2x2x3x3xf32>) outs(%bias : tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %1 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%0 : tensor<1x2x4x4xf32>) outs(%e : tensor<1x2x4x4xf32>) {
  ^bb0(%in: f32, %out: f32):
    %c = arith.cmpf ugt, %in, %zero : f32
    %s = arith.select %c, %in, %zero : f32
    linalg.yield %s : f32
  } -> tensor<1x2x4x4xf32>
  %2 = linalg.generic {indexing_maps = [#map, #map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%1, %x : tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>) outs(%e : tensor<1x2x4x4xf32>) {
  ^bb0(%in: f32, %in_1: f32, %out: f32):
    %a = arith.addf %in, %in_1 : f32
    linalg.yield %a : f32
  } -> tensor<1x2x4x4xf32>
  %e1 = tensor.empty() : tensor<1x2x1x1xf32>
  %f1 = linalg.fill ins(%zero : f32) outs(%e1 : tensor<1x2x1x1xf32>) -> tensor<1x2x1x1xf32>
  %3 = linalg.generic {indexing_maps = [#map, #keep], iterator_types = ["parallel", "parallel", "reduction", "reduction"]} ins(%2 : tensor<1x2x4x4xf32>) outs(%f1 : tensor<1x2x1x1xf32>) {
  ^bb0(%in: f32, %out: f32):
    %a = arith.addf %in, %out : f32
    linalg.yield %a : f32
  } -> tensor<1x2x1x1xf32>
  %4 = linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%3 : tensor<1x2x1x1xf32>) outs(%e1 : tensor<1x2x1x1xf32>) {
  ^bb0(%in: f32, %out: f32):
    %d = arith.divf %in, %count : f32
    linalg.yield %d : f32
  } -> tensor<1x2x1x1xf32>
  %flat = tensor.collapse_shape %4 [[0], [1, 2, 3]] : tensor<1x2x1x1xf32> into tensor<1x2xf32>
  %et = tensor.empty() : tensor<2x3xf32>
  %t = linalg.transpose ins(%fc : tensor<3x2xf32>) outs(%et : tensor<2x3xf32>) permutation = [1, 0]
  %e2 = tensor.empty() : tensor<1x3xf32>
  %f2 = linalg.fill ins(%zero : f32) outs(%e2 : tensor<1x3xf32>) -> tensor<1x3xf32>
  %5 = linalg.matmul ins(%flat, %t : tensor<1x2xf32>, tensor<2x3xf32>) outs(%f2 : tensor<1x3xf32>) -> tensor<1x3xf32>
  %6 = linalg.generic {indexing_maps = [#rows, #last, #rows], iterator_types = ["parallel", "parallel"]} ins(%5, %fcb : tensor<1x3xf32>, tensor<3xf32>) outs(%e2 : tensor<1x3xf32>) {
  ^bb0(%in: f32, %in_1: f32, %out: f32):
    %a = arith.addf %in, %in_1 : f32
    linalg.yield %a : f32
  } -> tensor<1x3xf32>
  return %6 : tensor<1x3xf32>
}

// -----

// Depthwise and grouped convolutions, NHWC, a max pool that starts from -infinity.
// CHECK-LABEL: @main
// CHECK: nn.conv2d {{.*}}groups = 4 : i64{{.*}} tensor<4x1x3x3xf32>
// CHECK: nn.max_pool2d
// CHECK: nn.conv2d {{.*}}groups = 2 : i64{{.*}} tensor<4x2x1x1xf32>
func.func @groups(%x: tensor<1x10x10x4xf32>) -> tensor<1x2x2x4x4xf32> {
  %zero = arith.constant 0.0 : f32
  %low = arith.constant 0xFF800000 : f32
  %w = arith.constant dense<0.5> : tensor<3x3x4xf32>
  %g = arith.constant dense<0.25> : tensor<2x2x2x1x1xf32>
  %e = tensor.empty() : tensor<1x8x8x4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x8x8x4xf32>) -> tensor<1x8x8x4xf32>
  %0 = linalg.depthwise_conv_2d_nhwc_hwc {dilations = dense<1> : vector<2xi64>, strides = dense<1> : vector<2xi64>} ins(%x, %w : tensor<1x10x10x4xf32>, tensor<3x3x4xf32>) outs(%f : tensor<1x8x8x4xf32>) -> tensor<1x8x8x4xf32>
  %e4 = tensor.empty() : tensor<1x4x4x4xf32>
  %f4 = linalg.fill ins(%low : f32) outs(%e4 : tensor<1x4x4x4xf32>) -> tensor<1x4x4x4xf32>
  %k = tensor.empty() : tensor<2x2xf32>
  %1 = linalg.pooling_nhwc_max {dilations = dense<1> : vector<2xi64>, strides = dense<2> : vector<2xi64>} ins(%0, %k : tensor<1x8x8x4xf32>, tensor<2x2xf32>) outs(%f4 : tensor<1x4x4x4xf32>) -> tensor<1x4x4x4xf32>
  %t = linalg.transpose ins(%1 : tensor<1x4x4x4xf32>) outs(%e4 : tensor<1x4x4x4xf32>) permutation = [0, 3, 1, 2]
  %s = tensor.expand_shape %t [[0], [1, 2], [3], [4]] output_shape [1, 2, 2, 4, 4] : tensor<1x4x4x4xf32> into tensor<1x2x2x4x4xf32>
  %e5 = tensor.empty() : tensor<1x2x2x4x4xf32>
  %f5 = linalg.fill ins(%zero : f32) outs(%e5 : tensor<1x2x2x4x4xf32>) -> tensor<1x2x2x4x4xf32>
  %2 = linalg.conv_2d_ngchw_gfchw {dilations = dense<1> : vector<2xi64>, strides = dense<1> : vector<2xi64>} ins(%s, %g : tensor<1x2x2x4x4xf32>, tensor<2x2x2x1x1xf32>) outs(%f5 : tensor<1x2x2x4x4xf32>) -> tensor<1x2x2x4x4xf32>
  return %2 : tensor<1x2x2x4x4xf32>
}

// -----

// A sum of products is a product of matrices, in any order of dimensions; sigmoid as arithmetic; an unknown
// batch stays unknown.
// CHECK-LABEL: @main(%arg0: tensor<?x3x4xf32>
// CHECK: %[[T:.*]] = nn.transpose %arg1 {{.*}}perm = array<i64: 0, 2, 1>
// CHECK: %[[M:.*]] = nn.matmul %arg0, %[[T]]
// CHECK: nn.sigmoid %[[M]]
#a = affine_map<(b, m, n, k) -> (b, m, k)>
#b = affine_map<(b, m, n, k) -> (b, n, k)>
#c = affine_map<(b, m, n, k) -> (b, m, n)>
#id = affine_map<(b, m, n) -> (b, m, n)>
func.func @product(%x: tensor<?x3x4xf32>, %y: tensor<?x5x4xf32>) -> tensor<?x3x5xf32> {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %batch = tensor.dim %x, %c0 : tensor<?x3x4xf32>
  %e = tensor.empty(%batch) : tensor<?x3x5xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<?x3x5xf32>) -> tensor<?x3x5xf32>
  %0 = linalg.generic {indexing_maps = [#a, #b, #c], iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%x, %y : tensor<?x3x4xf32>, tensor<?x5x4xf32>) outs(%f : tensor<?x3x5xf32>) {
  ^bb0(%l: f32, %r: f32, %out: f32):
    %p = arith.mulf %l, %r : f32
    %s = arith.addf %out, %p : f32
    linalg.yield %s : f32
  } -> tensor<?x3x5xf32>
  %1 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel"]} ins(%0 : tensor<?x3x5xf32>) outs(%e : tensor<?x3x5xf32>) {
  ^bb0(%in: f32, %out: f32):
    %n = arith.negf %in : f32
    %x1 = math.exp %n : f32
    %s = arith.addf %x1, %one : f32
    %q = arith.divf %one, %s : f32
    linalg.yield %q : f32
  } -> tensor<?x3x5xf32>
  return %1 : tensor<?x3x5xf32>
}

// -----

// Any chain with constants per channel is one batch-norm.
// CHECK-LABEL: @main
// CHECK-DAG: nn.parameter "{{.*}}.gamma" dense<[6.000000e+00, 1.200000e+01]>
// CHECK-DAG: nn.parameter "{{.*}}.beta" dense<[7.000000e+00, 1.400000e+01]>
// CHECK: nn.batch_norm
// CHECK-NOT: nn.mul
#map = affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>
#channel = affine_map<(d0, d1, d2, d3) -> (d1)>
func.func @chain(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %k = arith.constant dense<[3.0, 4.0]> : tensor<2xf32>
  %two = arith.constant dense<[2.0, 3.0]> : tensor<2xf32>
  %b = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %e = tensor.empty() : tensor<1x2x4x4xf32>
  %0 = linalg.generic {indexing_maps = [#map, #channel, #channel, #channel, #map], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%x, %k, %two, %b : tensor<1x2x4x4xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) outs(%e : tensor<1x2x4x4xf32>) {
  ^bb0(%in: f32, %p: f32, %q: f32, %r: f32, %out: f32):
    %m = arith.mulf %in, %p : f32
    %n = arith.addf %m, %p : f32
    %o = arith.mulf %n, %q : f32
    %s = arith.addf %o, %r : f32
    linalg.yield %s : f32
  } -> tensor<1x2x4x4xf32>
  return %0 : tensor<1x2x4x4xf32>
}
