// Quantization in other dialects' words becomes points, and the whole network integer.
// RUN: qopt %s --import-foreign --split-input-file | FileCheck %s --check-prefix=POINTS
// RUN: qopt %s --qopt-qdq-to-integer --split-input-file | FileCheck %s --check-prefix=CODES

// quant.qcast and quant.dcast; the weight per channel, stored in i8; the activation asymmetric.
// POINTS-LABEL: module
// POINTS: qopt.qparams @arg0 #spec_u8 scales([5.000000e-01]) zero_points([10]) {fixed
// POINTS: qopt.qparams @const #spec_s8 scales([1.250000e-01, 6.250000e-02]) zero_points([0, 0]) {axis = 0
// POINTS: qopt.observe %arg0 @arg0
// POINTS: nn.conv2d {{.*}} -> tensor<1x2x4x4xf32>
// CODES-LABEL: module
// CODES: %[[Q:.*]] = qopt.quantize %arg0
// CODES: nn.conv2d %[[Q]], {{.*}} -> tensor<1x2x4x4x!q_s8
!act = !quant.uniform<u8:f32, 0.5:10>
!out = !quant.uniform<i8:f32, 0.25:-3>
!weight = !quant.uniform<i8:f32:0, {0.125, 0.0625}>
func.func @casts(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
  %zero = arith.constant 0.0 : f32
  %codes = arith.constant dense<[[[[1]], [[-2]]], [[[3]], [[4]]]]> : tensor<2x2x1x1xi8>
  %typed = quant.scast %codes : tensor<2x2x1x1xi8> to tensor<2x2x1x1x!weight>
  %w = quant.dcast %typed : tensor<2x2x1x1x!weight> to tensor<2x2x1x1xf32>
  %q = quant.qcast %x : tensor<1x2x4x4xf32> to tensor<1x2x4x4x!act>
  %d = quant.dcast %q : tensor<1x2x4x4x!act> to tensor<1x2x4x4xf32>
  %e = tensor.empty() : tensor<1x2x4x4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %0 = linalg.conv_2d_nchw_fchw {dilations = dense<1> : vector<2xi64>, strides = dense<1> : vector<2xi64>} ins(%d, %w : tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) outs(%f : tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %r = quant.qcast %0 : tensor<1x2x4x4xf32> to tensor<1x2x4x4x!out>
  %y = quant.dcast %r : tensor<1x2x4x4x!out> to tensor<1x2x4x4xf32>
  return %y : tensor<1x2x4x4xf32>
}

// -----

// The arithmetic of torch-mlir: u8 through extui, zero points on integers, clamps as max and min; a
// transposed product whose result is not quantized leaves its sums as numbers (N6).
// POINTS-LABEL: module
// POINTS: qopt.qparams @arg0 #spec_u8 scales([5.000000e-02]) zero_points([115])
// POINTS: qopt.qparams @const #spec_s8 {{.*}}axis = 0
// POINTS: nn.linear
// CODES-LABEL: module
// CODES: %[[Q:.*]] = qopt.quantize %arg0
// CODES: nn.linear %[[Q]]{{.*}}qopt.float_result{{.*}} -> tensor<2x3xf32>
#id = affine_map<(d0, d1) -> (d0, d1)>
#rows = affine_map<(d0, d1) -> (d0)>
#a = affine_map<(m, n, k) -> (m, k)>
#b = affine_map<(m, n, k) -> (n, k)>
#c = affine_map<(m, n, k) -> (m, n)>
func.func @arithmetic(%x: tensor<2x4xf32>) -> tensor<2x3xf32> {
  %zero = arith.constant 0.0 : f32
  %s = arith.constant 0.05 : f32
  %z = arith.constant 115.0 : f32
  %zi = arith.constant 115 : i64
  %high = arith.constant 255.0 : f32
  %w = arith.constant dense<[[1, 2, 3, 4], [-5, 6, -7, 8], [9, -10, 11, -12]]> : tensor<3x4xi8>
  %ws = arith.constant dense<[0.5, 0.25, 0.125]> : tensor<3xf32>
  %wz = arith.constant dense<0> : tensor<3xi64>
  %ew = tensor.empty() : tensor<3x4xf32>
  %wf = linalg.generic {indexing_maps = [#id, #rows, #rows, #id], iterator_types = ["parallel", "parallel"]} ins(%w, %ws, %wz : tensor<3x4xi8>, tensor<3xf32>, tensor<3xi64>) outs(%ew : tensor<3x4xf32>) {
  ^bb0(%in: i8, %scale: f32, %point: i64, %out: f32):
    %0 = arith.extsi %in : i8 to i64
    %1 = arith.subi %0, %point : i64
    %2 = arith.sitofp %1 : i64 to f32
    %3 = arith.mulf %2, %scale : f32
    linalg.yield %3 : f32
  } -> tensor<3x4xf32>
  %eq = tensor.empty() : tensor<2x4xi8>
  %q = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<2x4xf32>) outs(%eq : tensor<2x4xi8>) {
  ^bb0(%in: f32, %out: i8):
    %0 = arith.divf %in, %s : f32
    %1 = math.roundeven %0 : f32
    %2 = arith.addf %1, %z : f32
    %3 = arith.maximumf %2, %zero : f32
    %4 = arith.minimumf %3, %high : f32
    %5 = arith.fptoui %4 : f32 to i8
    linalg.yield %5 : i8
  } -> tensor<2x4xi8>
  %ed = tensor.empty() : tensor<2x4xf32>
  %d = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%q : tensor<2x4xi8>) outs(%ed : tensor<2x4xf32>) {
  ^bb0(%in: i8, %out: f32):
    %0 = arith.extui %in : i8 to i64
    %1 = arith.subi %0, %zi : i64
    %2 = arith.sitofp %1 : i64 to f32
    %3 = arith.mulf %2, %s : f32
    linalg.yield %3 : f32
  } -> tensor<2x4xf32>
  %e = tensor.empty() : tensor<2x3xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<2x3xf32>) -> tensor<2x3xf32>
  %y = linalg.generic {indexing_maps = [#a, #b, #c], iterator_types = ["parallel", "parallel", "reduction"]} ins(%d, %wf : tensor<2x4xf32>, tensor<3x4xf32>) outs(%f : tensor<2x3xf32>) {
  ^bb0(%l: f32, %r: f32, %out: f32):
    %p = arith.mulf %l, %r : f32
    %sum = arith.addf %out, %p : f32
    linalg.yield %sum : f32
  } -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

// -----

// A batched product of two activations, the second transposed.
// POINTS-LABEL: module
// POINTS: nn.matmul
// CODES-LABEL: module
// CODES: nn.matmul {{.*}} -> tensor<2x3x3x!q_s8
!q = !quant.uniform<i8:f32, 0.25>
func.func @batched(%x: tensor<2x3x4xf32>) -> tensor<2x3x3xf32> {
  %zero = arith.constant 0.0 : f32
  %q = quant.qcast %x : tensor<2x3x4xf32> to tensor<2x3x4x!q>
  %d = quant.dcast %q : tensor<2x3x4x!q> to tensor<2x3x4xf32>
  %et = tensor.empty() : tensor<2x4x3xf32>
  %t = linalg.transpose ins(%d : tensor<2x3x4xf32>) outs(%et : tensor<2x4x3xf32>) permutation = [0, 2, 1]
  %e = tensor.empty() : tensor<2x3x3xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<2x3x3xf32>) -> tensor<2x3x3xf32>
  %m = linalg.batch_matmul ins(%d, %t : tensor<2x3x4xf32>, tensor<2x4x3xf32>) outs(%f : tensor<2x3x3xf32>) -> tensor<2x3x3xf32>
  %r = quant.qcast %m : tensor<2x3x3xf32> to tensor<2x3x3x!q>
  %y = quant.dcast %r : tensor<2x3x3x!q> to tensor<2x3x3xf32>
  return %y : tensor<2x3x3xf32>
}
