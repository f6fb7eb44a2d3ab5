// Each op on codes as TOSA: zero points as operands, exact multipliers, NHWC inside.
// RUN: qopt %s --lower-to-tosa --split-input-file | FileCheck %s

!u = !quant.uniform<u8:f32, 0.5:100>
!s = !quant.uniform<i8:f32, 0.25:-3>
!w = !quant.uniform<i8:f32:0, {0.5, 0.25}>
!b = !quant.uniform<i32:f32:0, {0.25, 0.125}>
module attributes {qopt.stage = "converted", qopt.version = 1 : i64} {
  qopt.qparams @y #qopt.spec<bits = 8, is_signed = true, qmin = -128, qmax = 127, scheme = affine, granularity = per_tensor, observer = "fixed"> scales([0.25]) zero_points([-3])
  // Multipliers 1 and 1/2 as 2^30 * 2^-30 and 2^30 * 2^-31. The last row and column are read by no
  // window: TOSA wants them gone.
  // CHECK: module {
  // CHECK-NOT: qopt.
  // CHECK-LABEL: func.func @conv(
  // CHECK-SAME: %[[X:.*]]: tensor<1x2x4x4xi8> {nn.name = "x"}
  // CHECK: %[[N:.*]] = tosa.transpose %[[X]] {perms = array<i32: 0, 2, 3, 1>}
  // CHECK: %[[C:.*]] = tosa.slice %[[N]]{{.*}} -> tensor<1x3x3x2xi8>
  // CHECK-DAG: %[[W:.*]] = "tosa.const"() <{values = dense<{{\[\[\[\[}}1, 2]]], {{\[\[\[}}3, 4]]]]> : tensor<2x1x1x2xi8>}>
  // CHECK-DAG: %[[B:.*]] = "tosa.const"() <{values = dense<[7, -8]> : tensor<2xi32>}>
  // CHECK-DAG: %[[ZX:.*]] = "tosa.const"() <{values = dense<-28> : tensor<1xi8>}>
  // CHECK: %[[A:.*]] = tosa.conv2d %[[C]], %[[W]], %[[B]], %[[ZX]], {{.*}}pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 2, 2>
  // CHECK-DAG: dense<1073741824> : tensor<2xi32>
  // CHECK-DAG: dense<[30, 31]> : tensor<2xi8>
  // CHECK-DAG: dense<-3> : tensor<1xi8>
  // CHECK: %[[R:.*]] = tosa.rescale %[[A]], {{.*}}per_channel = true, rounding_mode = SINGLE_ROUND, scale32 = true
  // CHECK: tosa.clamp %[[R]] {max_val = 127 : i8, min_val = -3 : i8}
  // CHECK: tosa.transpose {{.*}}perms = array<i32: 0, 3, 1, 2>
  func.func @conv(%x: tensor<1x2x4x4x!u> {nn.name = "x"}) -> tensor<1x2x2x2x!s> {
    %w = nn.parameter "w" dense<[[[[1]], [[2]]], [[[3]], [[4]]]]> : tensor<2x2x1x1xi8> -> tensor<2x2x1x1x!w>
    %b = nn.parameter "b" dense<[7, -8]> : tensor<2xi32> -> tensor<2x!b>
    %y = nn.conv2d %x, %w, %b act <relu> {nn.name = "y", stride = array<i64: 2, 2>}
      : (tensor<1x2x4x4x!u>, tensor<2x2x1x1x!w>, tensor<2x!b>) -> tensor<1x2x2x2x!s>
    return %y : tensor<1x2x2x2x!s>
  }
}

// -----

!u = !quant.uniform<u8:f32, 0.5:100>
!v = !quant.uniform<u8:f32, 0.25:30>
!w = !quant.uniform<i8:f32, 0.5>
module attributes {qopt.stage = "converted"} {
  // CHECK-LABEL: func.func @depthwise(
  // CHECK: tosa.depthwise_conv2d {{.*}}tensor<3x3x2x1xi8>
  func.func @depthwise(%x: tensor<1x2x4x4x!u>) -> tensor<1x2x2x2x!u> {
    %w = nn.parameter "w" dense<3> : tensor<2x1x3x3xi8> -> tensor<2x1x3x3x!w>
    %y = nn.conv2d %x, %w {groups = 2 : i64} : (tensor<1x2x4x4x!u>, tensor<2x1x3x3x!w>) -> tensor<1x2x2x2x!u>
    return %y : tensor<1x2x2x2x!u>
  }
  // CHECK-LABEL: func.func @grouped(
  // CHECK-COUNT-2: tosa.conv2d
  // CHECK: tosa.concat
  func.func @grouped(%x: tensor<1x4x4x4x!u>) -> tensor<1x6x2x2x!u> {
    %w = nn.parameter "w" dense<3> : tensor<6x2x3x3xi8> -> tensor<6x2x3x3x!w>
    %y = nn.conv2d %x, %w {groups = 2 : i64} : (tensor<1x4x4x4x!u>, tensor<6x2x3x3x!w>) -> tensor<1x6x2x2x!u>
    return %y : tensor<1x6x2x2x!u>
  }
  // CHECK-LABEL: func.func @transposed(
  // CHECK: tosa.transpose_conv2d {{.*}}out_pad = array<i64: -1, -1, -1, -1>
  func.func @transposed(%x: tensor<1x1x2x2x!u>) -> tensor<1x1x3x3x!u> {
    %w = nn.parameter "w" dense<3> : tensor<1x1x3x3xi8> -> tensor<1x1x3x3x!w>
    %y = nn.conv_transpose2d %x, %w {stride = array<i64: 2, 2>, padding = array<i64: 1, 1, 1, 1>} : (tensor<1x1x2x2x!u>, tensor<1x1x3x3x!w>) -> tensor<1x1x3x3x!u>
    return %y : tensor<1x1x3x3x!u>
  }
  // N7: the point between, then both sides in i32 with fractional bits.
  // CHECK-LABEL: func.func @residual(
  // CHECK: tosa.conv2d
  // CHECK: tosa.rescale {{.*}} -> tensor<4x1x1x2xi8>
  // CHECK: tosa.rescale {{.*}} -> tensor<4x1x1x2xi32>
  // CHECK: tosa.rescale {{.*}} -> tensor<4x1x1x2xi32>
  // CHECK: tosa.add
  // CHECK: tosa.rescale {{.*}} -> tensor<4x1x1x2xi8>
  func.func @residual(%x: tensor<4x3x!u>, %r: tensor<4x2x!v>) -> tensor<4x2x!u> {
    %w = nn.parameter "w" dense<3> : tensor<2x3xi8> -> tensor<2x3x!w>
    %y = nn.linear %x, %w residual(%r) mid(!v) : (tensor<4x3x!u>, tensor<2x3x!w>, tensor<4x2x!v>) -> tensor<4x2x!u>
    return %y : tensor<4x2x!u>
  }
  // CHECK-LABEL: func.func @float_result(
  // CHECK: tosa.cast {{.*}} -> tensor<1x1x1x2xf32>
  // CHECK: tosa.mul
  func.func @float_result(%x: tensor<1x3x!u>) -> tensor<1x2xf32> {
    %w = nn.parameter "w" dense<3> : tensor<2x3xi8> -> tensor<2x3x!w>
    %y = nn.linear %x, %w {qopt.float_result} : (tensor<1x3x!u>, tensor<2x3x!w>) -> tensor<1x2xf32>
    return %y : tensor<1x2xf32>
  }
  // CHECK-LABEL: func.func @matmul(
  // CHECK: tosa.transpose
  // CHECK: tosa.matmul {{.*}} -> tensor<2x4x5xi32>
  func.func @matmul(%a: tensor<2x4x3x!u>, %b: tensor<2x5x3x!u>) -> tensor<2x4x5x!u> {
    %y = nn.matmul %a, %b {transpose_b = true} : (tensor<2x4x3x!u>, tensor<2x5x3x!u>) -> tensor<2x4x5x!u>
    return %y : tensor<2x4x5x!u>
  }
  // CHECK-LABEL: func.func @tables(
  // CHECK: tosa.table
  // CHECK: tosa.gather {{.*}}tensor<1x512x1xi8>
  func.func @tables(%x: tensor<1x2x!u>) -> tensor<1x2x!v> {
    %s = nn.sigmoid %x {table = dense<255> : tensor<256xi8>} : (tensor<1x2x!u>) -> tensor<1x2x!v>
    %slope = nn.parameter "p" dense<[0.5, 0.25]> : tensor<2xf32> -> tensor<2xf32>
    %y = nn.prelu %s, %slope {table = dense<255> : tensor<2x256xi8>} : (tensor<1x2x!v>, tensor<2xf32>) -> tensor<1x2x!v>
    return %y : tensor<1x2x!v>
  }
  // CHECK-LABEL: func.func @binary(
  // CHECK: tosa.sub
  // CHECK: tosa.clamp
  // CHECK: tosa.mul {{.*}} -> tensor<4x2x3xi32>
  func.func @binary(%a: tensor<4x2x3x!u>, %b: tensor<2x1x!v>) -> (tensor<4x2x3x!u>, tensor<4x2x3x!u>) {
    %s = nn.sub %a, %b act <relu> : (tensor<4x2x3x!u>, tensor<2x1x!v>) -> tensor<4x2x3x!u>
    %p = nn.mul %a, %b : (tensor<4x2x3x!u>, tensor<2x1x!v>) -> tensor<4x2x3x!u>
    return %s, %p : tensor<4x2x3x!u>, tensor<4x2x3x!u>
  }
  // CHECK-LABEL: func.func @borders(
  // CHECK: tosa.mul
  // CHECK: tosa.clamp
  // CHECK: tosa.cast {{.*}} -> tensor<4x2xi32>
  // CHECK: tosa.rescale
  // CHECK: tosa.table
  // CHECK: tosa.cast {{.*}} -> tensor<4x2xf32>
  func.func @borders(%x: tensor<4x2xf32>) -> tensor<4x2xf32> {
    %q = qopt.quantize %x : tensor<4x2xf32> -> tensor<4x2x!u>
    %r = qopt.requantize %q : tensor<4x2x!u> -> tensor<4x2x!v>
    %y = qopt.dequantize %r : tensor<4x2x!v> -> tensor<4x2xf32>
    return %y : tensor<4x2xf32>
  }
}

// -----

!u = !quant.uniform<u8:f32, 0.5:100>
!v = !quant.uniform<u8:f32, 0.25:30>
module attributes {qopt.stage = "converted"} {
  // CHECK-LABEL: func.func @max_pool(
  // CHECK: tosa.max_pool2d {{.*}}pad = array<i64: 1, 0, 1, 0>
  func.func @max_pool(%x: tensor<1x2x4x4x!u>) -> tensor<1x2x2x2x!u> {
    %y = nn.max_pool2d %x {kernel = array<i64: 3, 3>, stride = array<i64: 2, 2>, padding = array<i64: 1, 1, 1, 1>} : (tensor<1x2x4x4x!u>) -> tensor<1x2x2x2x!u>
    return %y : tensor<1x2x2x2x!u>
  }
  // Sums, then one rescale: by position where windows count differently.
  // CHECK-LABEL: func.func @means(
  // CHECK: tosa.depthwise_conv2d
  // CHECK: tosa.rescale {{.*}}per_channel = true{{.*}}tensor<1x2x4xi32>
  // CHECK: tosa.matmul {{.*}}tensor<1x2x4xi8>, tensor<1x4x9xi8>
  // CHECK: tosa.reduce_sum
  // CHECK: tosa.rescale {{.*}}per_channel = false
  func.func @means(%x: tensor<1x2x4x4x!u>) -> tensor<1x2x3x!v> {
    %a = nn.avg_pool2d %x {kernel = array<i64: 3, 3>, stride = array<i64: 2, 2>, padding = array<i64: 1, 1, 1, 1>} : (tensor<1x2x4x4x!u>) -> tensor<1x2x2x2x!v>
    %b = nn.adaptive_avg_pool2d %a {output_size = array<i64: 3, 3>} : (tensor<1x2x2x2x!v>) -> tensor<1x2x3x3x!v>
    %c = nn.reduce_mean %b {axes = array<i64: 3>, keepdims = false} : (tensor<1x2x3x3x!v>) -> tensor<1x2x3x!v>
    return %c : tensor<1x2x3x!v>
  }
  // CHECK-LABEL: func.func @moves(
  // CHECK: tosa.reshape {{.*}} -> tensor<1x32xi8>
  // CHECK: tosa.transpose {{.*}}perms = array<i32: 0, 2, 1>
  // CHECK: tosa.slice {{.*}} -> tensor<1x11xi8>
  // CHECK: tosa.pad {{.*}} -> tensor<1x12xi8>
  // CHECK: tosa.reshape {{.*}} -> tensor<1x6x2xi8>
  // CHECK: tosa.slice {{.*}} -> tensor<1x6x1xi8>
  // CHECK: tosa.slice {{.*}} -> tensor<1x2xi8>
  // CHECK: tosa.slice {{.*}} -> tensor<1x4xi8>
  // CHECK: tosa.concat
  // CHECK: dense<-26> : tensor<1xi8>
  // CHECK: tosa.pad {{.*}} -> tensor<1x8xi8>
  func.func @moves(%x: tensor<1x2x4x4x!u>) -> tensor<1x8x!u> {
    %f = nn.flatten %x : (tensor<1x2x4x4x!u>) -> tensor<1x32x!u>
    %r = nn.reshape %f {shape = array<i64: 0, 4, 8>} : (tensor<1x32x!u>) -> tensor<1x4x8x!u>
    %t = nn.transpose %r {perm = array<i64: 0, 2, 1>} : (tensor<1x4x8x!u>) -> tensor<1x8x4x!u>
    %g = nn.flatten %t : (tensor<1x8x4x!u>) -> tensor<1x32x!u>
    %s = nn.slice %g {axes = array<i64: 1>, starts = array<i64: 1>, ends = array<i64: 13>, steps = array<i64: 2>} : (tensor<1x32x!u>) -> tensor<1x6x!u>
    %a, %b = nn.split %s {axis = 1 : i64, sizes = array<i64: 2, 4>} : (tensor<1x6x!u>) -> (tensor<1x2x!u>, tensor<1x4x!u>)
    %c = nn.cat %b, %a {axis = 1 : i64} : (tensor<1x4x!u>, tensor<1x2x!u>) -> tensor<1x6x!u>
    %p = nn.pad %c {low = array<i64: 0, 1>, high = array<i64: 0, 1>, value = 1.0 : f32} : (tensor<1x6x!u>) -> tensor<1x8x!u>
    return %p : tensor<1x8x!u>
  }
  // CHECK-LABEL: func.func @images(
  // CHECK: tosa.transpose {{.*}}perms = array<i32: 0, 3, 4, 1, 5, 2>
  // CHECK-COUNT-2: tosa.gather
  func.func @images(%x: tensor<1x8x2x3x!u>) -> tensor<1x2x8x12x!u> {
    %d = nn.depth_to_space %x {block = 2 : i64} : (tensor<1x8x2x3x!u>) -> tensor<1x2x4x6x!u>
    %n = nn.resize_nearest %d {output_size = array<i64: 8, 12>, scales = #nn.numbers<2.0, 2.0>, coord_mode = #nn<coord_mode asymmetric>, nearest_mode = #nn<nearest_mode floor>} : (tensor<1x2x4x6x!u>) -> tensor<1x2x8x12x!u>
    return %n : tensor<1x2x8x12x!u>
  }
}
