// Each op on codes as linalg: the arithmetic of docs/Numerics.md, codes as signed bytes.
// RUN: qopt %s --lower-to-linalg --split-input-file | FileCheck %s

!u = !quant.uniform<u8:f32, 0.5:100>
!s = !quant.uniform<i8:f32, 0.25:-3>
!w = !quant.uniform<i8:f32:0, {0.5, 0.25}>
!b = !quant.uniform<i32:f32:0, {0.25, 0.125}>
module attributes {qopt.stage = "converted", qopt.version = 1 : i64} {
  qopt.qparams @y #qopt.spec<bits = 8, is_signed = true, qmin = -128, qmax = 127, scheme = affine, granularity = per_tensor, observer = "fixed"> scales([0.25]) zero_points([-3])
  // CHECK: module {
  // CHECK-NOT: qopt.
  // The input's zero point, 100 - 128, goes into the bias: 7 + 28 * (1 + 2), -8 + 28 * (3 + 4).
  // CHECK-LABEL: func.func @conv(
  // CHECK-SAME: %[[X:.*]]: tensor<?x2x4x4xi8> {nn.name = "x"}
  // CHECK-DAG: %[[ZX:.*]] = arith.constant -28 : i8
  // CHECK-DAG: %[[P:.*]] = tensor.pad %[[X]] low[0, 0, 1, 1] high[0, 0, 1, 1]
  // CHECK-DAG: tensor.yield %[[ZX]] : i8
  // CHECK-DAG: %[[W:.*]] = arith.constant dense<{{.*}}> : tensor<2x2x1x1xi8>
  // CHECK-DAG: %[[A:.*]] = linalg.conv_2d_nchw_fchw {dilations = dense<1> : tensor<2xi64>, strides = dense<2> : tensor<2xi64>} ins(%[[P]], %[[W]] : tensor<?x2x6x6xi8>, tensor<2x2x1x1xi8>)
  // CHECK-DAG: %[[B:.*]] = arith.constant dense<[91, 188]> : tensor<2xi32>
  // CHECK-DAG: %[[M:.*]] = arith.constant dense<[1.000000e+00, 5.000000e-01]> : tensor<2xf32>
  // CHECK: linalg.generic {{.*}} ins(%[[A]], %[[B]], %[[M]] : tensor<?x2x3x3xi32>, tensor<2xi32>, tensor<2xf32>)
  // CHECK: arith.addi
  // CHECK: arith.sitofp
  // CHECK: arith.mulf
  // CHECK: arith.maximumf
  // CHECK: arith.minimumf
  // CHECK: math.roundeven
  // CHECK: arith.fptosi
  // CHECK: arith.trunci {{.*}} : i32 to i8
  func.func @conv(%x: tensor<?x2x4x4x!u> {nn.name = "x"}) -> tensor<?x2x3x3x!s> {
    %w = nn.parameter "w" dense<[[[[1]], [[2]]], [[[3]], [[4]]]]> : tensor<2x2x1x1xi8> -> tensor<2x2x1x1x!w>
    %b = nn.parameter "b" dense<[7, -8]> : tensor<2xi32> -> tensor<2x!b>
    %y = nn.conv2d %x, %w, %b act <relu> {nn.name = "y", padding = array<i64: 1, 1, 1, 1>, stride = array<i64: 2, 2>}
      : (tensor<?x2x4x4x!u>, tensor<2x2x1x1x!w>, tensor<2x!b>) -> tensor<?x2x3x3x!s>
    return %y : tensor<?x2x3x3x!s>
  }
}

// -----

!u = !quant.uniform<u8:f32, 0.5:100>
!w = !quant.uniform<i8:f32, 0.5>
module attributes {qopt.stage = "converted"} {
  // CHECK-LABEL: func.func @depthwise(
  // CHECK: linalg.depthwise_conv_2d_nchw_chw {{.*}} ins({{.*}} : tensor<1x2x4x4xi8>, tensor<2x3x3xi8>)
  func.func @depthwise(%x: tensor<1x2x4x4x!u>) -> tensor<1x2x2x2x!u> {
    %w = nn.parameter "w" dense<3> : tensor<2x1x3x3xi8> -> tensor<2x1x3x3x!w>
    %y = nn.conv2d %x, %w {groups = 2 : i64} : (tensor<1x2x4x4x!u>, tensor<2x1x3x3x!w>) -> tensor<1x2x2x2x!u>
    return %y : tensor<1x2x2x2x!u>
  }
  // CHECK-LABEL: func.func @grouped(
  // CHECK: linalg.conv_2d_ngchw_gfchw {{.*}} ins({{.*}} : tensor<1x2x2x4x4xi8>, tensor<2x3x2x3x3xi8>)
  // CHECK: tensor.collapse_shape {{.*}} into tensor<1x6x2x2xi32>
  func.func @grouped(%x: tensor<1x4x4x4x!u>) -> tensor<1x6x2x2x!u> {
    %w = nn.parameter "w" dense<3> : tensor<6x2x3x3xi8> -> tensor<6x2x3x3x!w>
    %y = nn.conv2d %x, %w {groups = 2 : i64} : (tensor<1x4x4x4x!u>, tensor<6x2x3x3x!w>) -> tensor<1x6x2x2x!u>
    return %y : tensor<1x6x2x2x!u>
  }
  // Rows of pixels, zx between them, and a convolution with the weights turned.
  // CHECK-LABEL: func.func @transposed(
  // CHECK: %[[I:.*]] = tensor.insert_slice %arg0 into {{.*}}[0, 0, 2, 2] [1, 1, 2, 2] [1, 1, 2, 2] : tensor<1x1x2x2xi8> into tensor<1x1x7x7xi8>
  // CHECK: linalg.conv_2d_nchw_fchw
  func.func @transposed(%x: tensor<1x1x2x2x!u>) -> tensor<1x1x5x5x!u> {
    %w = nn.parameter "w" dense<3> : tensor<1x1x3x3xi8> -> tensor<1x1x3x3x!w>
    %y = nn.conv_transpose2d %x, %w {stride = array<i64: 2, 2>} : (tensor<1x1x2x2x!u>, tensor<1x1x3x3x!w>) -> tensor<1x1x5x5x!u>
    return %y : tensor<1x1x5x5x!u>
  }
  // CHECK-LABEL: func.func @linear(
  // CHECK: tensor.collapse_shape %arg0 {{.*}} : tensor<?x5x3xi8> into tensor<?x3xi8>
  // CHECK: linalg.matmul ins({{.*}} : tensor<?x3xi8>, tensor<3x2xi8>)
  // CHECK: tensor.expand_shape {{.*}} : tensor<?x2xi32> into tensor<?x5x2xi32>
  func.func @linear(%x: tensor<?x5x3x!u>) -> tensor<?x5x2x!u> {
    %w = nn.parameter "w" dense<3> : tensor<2x3xi8> -> tensor<2x3x!w>
    %y = nn.linear %x, %w : (tensor<?x5x3x!u>, tensor<2x3x!w>) -> tensor<?x5x2x!u>
    return %y : tensor<?x5x2x!u>
  }
  // Weights with a zero point that do not fit i8 once it is taken off.
  // CHECK-LABEL: func.func @wide(
  // CHECK: linalg.matmul ins({{.*}} : tensor<1x2xi8>, tensor<2x1xi16>)
  func.func @wide(%x: tensor<1x2x!u>) -> tensor<1x1x!u> {
    %w = nn.parameter "w" dense<[[-128, 127]]> : tensor<1x2xi8> -> tensor<1x2x!quant.uniform<i8:f32, 0.5:100>>
    %y = nn.linear %x, %w : (tensor<1x2x!u>, tensor<1x2x!quant.uniform<i8:f32, 0.5:100>>) -> tensor<1x1x!u>
    return %y : tensor<1x1x!u>
  }
  // CHECK-LABEL: func.func @float_result(
  // CHECK: linalg.matmul
  // CHECK: arith.sitofp
  // CHECK-NEXT: arith.mulf
  // CHECK-NEXT: linalg.yield {{.*}} : f32
  func.func @float_result(%x: tensor<1x3x!u>) -> tensor<1x2xf32> {
    %w = nn.parameter "w" dense<3> : tensor<2x3xi8> -> tensor<2x3x!w>
    %y = nn.linear %x, %w {qopt.float_result} : (tensor<1x3x!u>, tensor<2x3x!w>) -> tensor<1x2xf32>
    return %y : tensor<1x2xf32>
  }
  // CHECK-LABEL: func.func @matmul(
  // CHECK: linalg.generic {{.*}}"reduction"]} ins(%arg0, %arg1 : tensor<2x4x3xi8>, tensor<1x5x3xi8>)
  func.func @matmul(%a: tensor<2x4x3x!u>, %b: tensor<1x5x3x!u>) -> tensor<2x4x5x!u> {
    %y = nn.matmul %a, %b {transpose_b = true} : (tensor<2x4x3x!u>, tensor<1x5x3x!u>) -> tensor<2x4x5x!u>
    return %y : tensor<2x4x5x!u>
  }
}

// -----

!u = !quant.uniform<u8:f32, 0.5:100>
!v = !quant.uniform<u8:f32, 0.25:30>
!w = !quant.uniform<i8:f32, 0.5>
module attributes {qopt.stage = "converted"} {
  // N7 with a point between: two roundings.
  // CHECK-LABEL: func.func @residual(
  // CHECK: math.roundeven
  // CHECK: math.roundeven
  // CHECK: linalg.yield
  func.func @residual(%x: tensor<1x3x!u>, %r: tensor<1x2x!v>) -> tensor<1x2x!u> {
    %w = nn.parameter "w" dense<3> : tensor<2x3xi8> -> tensor<2x3x!w>
    %y = nn.linear %x, %w residual(%r) act <relu> mid(!v) : (tensor<1x3x!u>, tensor<2x3x!w>, tensor<1x2x!v>) -> tensor<1x2x!u>
    return %y : tensor<1x2x!u>
  }
  // The accumulator form: one.
  // CHECK-LABEL: func.func @accumulator(
  // CHECK: arith.addf
  // CHECK: math.roundeven
  // CHECK-NOT: math.roundeven
  // CHECK: return
  func.func @accumulator(%x: tensor<1x3x!u>, %r: tensor<1x2x!v>) -> tensor<1x2x!u> {
    %w = nn.parameter "w" dense<3> : tensor<2x3xi8> -> tensor<2x3x!w>
    %y = nn.linear %x, %w residual(%r) : (tensor<1x3x!u>, tensor<2x3x!w>, tensor<1x2x!v>) -> tensor<1x2x!u>
    return %y : tensor<1x2x!u>
  }
  // A table by raw byte of u8 is one by signed code + 128, and its bytes move with the result's type.
  // CHECK-LABEL: func.func @table(
  // CHECK: %[[T:.*]] = arith.constant dense<127> : tensor<256xi8>
  // CHECK: arith.extsi
  // CHECK: arith.addi
  // CHECK: arith.index_cast
  // CHECK: tensor.extract %[[T]]
  func.func @table(%x: tensor<1x2x!u>) -> tensor<1x2x!v> {
    %y = nn.sigmoid %x {table = dense<255> : tensor<256xi8>} : (tensor<1x2x!u>) -> tensor<1x2x!v>
    return %y : tensor<1x2x!v>
  }
  // CHECK-LABEL: func.func @channel_table(
  // CHECK: %[[T:.*]] = arith.constant {{.*}} : tensor<2x256xi8>
  // CHECK: %[[C:.*]] = linalg.index 1
  // CHECK: tensor.extract %[[T]][%[[C]],
  func.func @channel_table(%x: tensor<1x2x!u>) -> tensor<1x2x!v> {
    %slope = nn.parameter "p" dense<[0.5, 0.25]> : tensor<2xf32> -> tensor<2xf32>
    %y = nn.prelu %x, %slope {table = dense<255> : tensor<2x256xi8>} : (tensor<1x2x!u>, tensor<2xf32>) -> tensor<1x2x!v>
    return %y : tensor<1x2x!v>
  }
  // CHECK-LABEL: func.func @binary(
  // CHECK-COUNT-2: arith.mulf
  // CHECK: arith.addf
  // CHECK: linalg.yield
  // CHECK: arith.muli
  // CHECK: arith.mulf
  func.func @binary(%a: tensor<?x2x3x!u>, %b: tensor<1x2x1x!v>) -> (tensor<?x2x3x!u>, tensor<?x2x3x!u>) {
    %s = nn.sub %a, %b act <relu> : (tensor<?x2x3x!u>, tensor<1x2x1x!v>) -> tensor<?x2x3x!u>
    %p = nn.mul %a, %b : (tensor<?x2x3x!u>, tensor<1x2x1x!v>) -> tensor<?x2x3x!u>
    return %s, %p : tensor<?x2x3x!u>, tensor<?x2x3x!u>
  }
  // CHECK-LABEL: func.func @constant(
  // CHECK: arith.constant dense<{{\[\[}}-128, -123]]> : tensor<1x2xi8>
  func.func @constant(%a: tensor<1x2x!u>) -> tensor<1x2x!u> {
    %c = nn.parameter "c" dense<[[0, 5]]> : tensor<1x2xi8> -> tensor<1x2x!v>
    %s = nn.add %a, %c : (tensor<1x2x!u>, tensor<1x2x!v>) -> tensor<1x2x!u>
    return %s : tensor<1x2x!u>
  }
  // N2, N3 and both at once; NaN gives the zero point.
  // CHECK-LABEL: func.func @borders(
  // CHECK: arith.divf
  // CHECK: arith.cmpf uno
  // CHECK: arith.select
  // CHECK: arith.divf
  // CHECK: arith.sitofp
  // CHECK: arith.mulf
  func.func @borders(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
    %q = qopt.quantize %x : tensor<?x2xf32> -> tensor<?x2x!u>
    %r = qopt.requantize %q : tensor<?x2x!u> -> tensor<?x2x!v>
    %y = qopt.dequantize %r : tensor<?x2x!v> -> tensor<?x2xf32>
    return %y : tensor<?x2xf32>
  }
}

// -----

!u = !quant.uniform<u8:f32, 0.5:100>
!v = !quant.uniform<u8:f32, 0.25:30>
module attributes {qopt.stage = "converted"} {
  // CHECK-LABEL: func.func @max_pool(
  // CHECK: %[[LOWEST:.*]] = arith.constant -128 : i8
  // CHECK: tensor.pad %arg0 low[0, 0, 1, 1] high[0, 0, 0, 0]
  // CHECK: tensor.yield %[[LOWEST]]
  // CHECK: linalg.pooling_nchw_max {{.*}}strides = dense<2>
  func.func @max_pool(%x: tensor<?x2x4x4x!u>) -> tensor<?x2x2x2x!u> {
    %y = nn.max_pool2d %x {kernel = array<i64: 3, 3>, stride = array<i64: 2, 2>, padding = array<i64: 1, 1, 1, 1>} : (tensor<?x2x4x4x!u>) -> tensor<?x2x2x2x!u>
    return %y : tensor<?x2x2x2x!u>
  }
  // Windows at the edge count fewer values: multipliers by position.
  // CHECK-LABEL: func.func @avg_pool(
  // CHECK: linalg.pooling_nchw_sum {{.*}} -> tensor<?x2x2x2xi32>
  // CHECK: linalg.generic {{.*}} ins({{.*}} : tensor<?x2x2x2xi32>, tensor<2x2xf32>)
  func.func @avg_pool(%x: tensor<?x2x4x4x!u>) -> tensor<?x2x2x2x!v> {
    %y = nn.avg_pool2d %x {kernel = array<i64: 3, 3>, stride = array<i64: 2, 2>, padding = array<i64: 1, 1, 1, 1>} : (tensor<?x2x4x4x!u>) -> tensor<?x2x2x2x!v>
    return %y : tensor<?x2x2x2x!v>
  }
  // CHECK-LABEL: func.func @adaptive(
  // CHECK: linalg.pooling_nchw_sum
  // CHECK: linalg.generic {{.*}}"reduction", "reduction"]} ins(%arg0, {{.*}} : tensor<1x2x5x4xi8>, tensor<3x5xi8>, tensor<2x4xi8>)
  func.func @adaptive(%x: tensor<1x2x5x4x!u>) -> (tensor<1x2x1x1x!v>, tensor<1x2x3x2x!v>) {
    %a = nn.adaptive_avg_pool2d %x {output_size = array<i64: 1, 1>} : (tensor<1x2x5x4x!u>) -> tensor<1x2x1x1x!v>
    %b = nn.adaptive_avg_pool2d %x {output_size = array<i64: 3, 2>} : (tensor<1x2x5x4x!u>) -> tensor<1x2x3x2x!v>
    return %a, %b : tensor<1x2x1x1x!v>, tensor<1x2x3x2x!v>
  }
  // CHECK-LABEL: func.func @mean(
  // CHECK: linalg.generic {{.*}}iterator_types = ["parallel", "parallel", "reduction"]}
  // CHECK: tensor.expand_shape {{.*}} into tensor<?x2x1xi8>
  func.func @mean(%x: tensor<?x2x5x!u>) -> tensor<?x2x1x!v> {
    %y = nn.reduce_mean %x {axes = array<i64: 2>} : (tensor<?x2x5x!u>) -> tensor<?x2x1x!v>
    return %y : tensor<?x2x1x!v>
  }
}

// -----

!u = !quant.uniform<u8:f32, 0.5:100>
!v = !quant.uniform<u8:f32, 0.25:30>
module attributes {qopt.stage = "converted"} {
  // CHECK-LABEL: func.func @moves(
  // CHECK: tensor.collapse_shape {{.*}} : tensor<?x2x4x4xi8> into tensor<?x32xi8>
  // CHECK: linalg.transpose {{.*}} permutation = [0, 2, 1]
  // CHECK: tensor.extract_slice {{.*}}[0, 1] [{{.*}}, 6] [1, 2]
  // CHECK: tensor.extract_slice {{.*}}[0, 0] [{{.*}}, 2] [1, 1]
  // CHECK: tensor.extract_slice {{.*}}[0, 2] [{{.*}}, 4] [1, 1]
  // CHECK: tensor.insert_slice
  // CHECK: tensor.insert_slice
  func.func @moves(%x: tensor<?x2x4x4x!u>) -> tensor<?x6x!u> {
    %f = nn.flatten %x : (tensor<?x2x4x4x!u>) -> tensor<?x32x!u>
    %r = nn.reshape %f {shape = array<i64: 0, 4, 8>} : (tensor<?x32x!u>) -> tensor<?x4x8x!u>
    %t = nn.transpose %r {perm = array<i64: 0, 2, 1>} : (tensor<?x4x8x!u>) -> tensor<?x8x4x!u>
    %g = nn.flatten %t : (tensor<?x8x4x!u>) -> tensor<?x32x!u>
    %s = nn.slice %g {axes = array<i64: 1>, starts = array<i64: 1>, ends = array<i64: 13>, steps = array<i64: 2>} : (tensor<?x32x!u>) -> tensor<?x6x!u>
    %a, %b = nn.split %s {axis = 1 : i64, sizes = array<i64: 2, 4>} : (tensor<?x6x!u>) -> (tensor<?x2x!u>, tensor<?x4x!u>)
    %c = nn.cat %b, %a {axis = 1 : i64} : (tensor<?x4x!u>, tensor<?x2x!u>) -> tensor<?x6x!u>
    return %c : tensor<?x6x!u>
  }
  // A pad of 1.0 writes N2(1.0) = 102, less 128.
  // CHECK-LABEL: func.func @pad(
  // CHECK: %[[V:.*]] = arith.constant -26 : i8
  // CHECK: tensor.pad %arg0 low[0, 1] high[0, 2]
  // CHECK: tensor.yield %[[V]]
  func.func @pad(%x: tensor<1x2x!u>) -> tensor<1x5x!u> {
    %y = nn.pad %x {low = array<i64: 0, 1>, high = array<i64: 0, 2>, value = 1.0 : f32} : (tensor<1x2x!u>) -> tensor<1x5x!u>
    return %y : tensor<1x5x!u>
  }
  // CHECK-LABEL: func.func @depth_to_space(
  // CHECK: linalg.transpose {{.*}} permutation = [0, 3, 4, 1, 5, 2]
  func.func @depth_to_space(%x: tensor<1x8x2x3x!u>) -> tensor<1x2x4x6x!u> {
    %y = nn.depth_to_space %x {block = 2 : i64} : (tensor<1x8x2x3x!u>) -> tensor<1x2x4x6x!u>
    return %y : tensor<1x2x4x6x!u>
  }
  // CHECK-LABEL: func.func @resize(
  // CHECK: linalg.generic {{.*}} ins({{.*}} : tensor<4xi32>, tensor<4xi32>)
  // CHECK: tensor.extract %arg0
  // CHECK: linalg.generic
  // CHECK-COUNT-4: tensor.extract
  // CHECK-COUNT-2: arith.subf
  func.func @resize(%x: tensor<1x2x2x2x!u>) -> tensor<1x2x4x4x!v> {
    %n = nn.resize_nearest %x {output_size = array<i64: 4, 4>, scales = #nn.numbers<2.0, 2.0>, coord_mode = #nn<coord_mode asymmetric>, nearest_mode = #nn<nearest_mode floor>} : (tensor<1x2x2x2x!u>) -> tensor<1x2x4x4x!u>
    %y = nn.resize_bilinear %n {output_size = array<i64: 4, 4>, scales = #nn.numbers<1.0, 1.0>, coord_mode = #nn<coord_mode half_pixel>} : (tensor<1x2x4x4x!u>) -> tensor<1x2x4x4x!v>
    return %y : tensor<1x2x4x4x!v>
  }
}
