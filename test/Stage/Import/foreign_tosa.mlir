// The float ops of tosa. Windows are NHWC there; the transposes around them cancel.
// RUN: qopt %s --import-foreign --split-input-file | FileCheck %s

// A batch-norm that torch-mlir spells as arithmetic has its five parameters back, and the cuts that TOSA
// needs in front of a strided window are none of the network's.
// CHECK-LABEL: @main(%arg0: tensor<1x2x4x4xf32> {nn.name = "arg0"})
// CHECK: %[[W:.*]] = nn.parameter {{.*}} -> tensor<3x2x1x1xf32>
// CHECK: %[[C:.*]] = nn.conv2d %arg0, %[[W]] {{{.*}}nn.name = "{{[^"]*}}", stride = array<i64: 2, 2>}
// CHECK: nn.batch_norm %[[C]]{{.*}}eps = 9.9999997473787516E-6 : f64
// CHECK: nn.relu
// CHECK-NOT: nn.transpose
func.func @cut_conv_norm(%x: tensor<1x2x4x4xf32>) -> tensor<1x3x2x2xf32> {
  %w = "tosa.const"() <{values = dense<0.5> : tensor<3x1x1x2xf32>}> : () -> tensor<3x1x1x2xf32>
  %b = "tosa.const"() <{values = dense<0.0> : tensor<3xf32>}> : () -> tensor<3xf32>
  %z = "tosa.const"() <{values = dense<0.0> : tensor<1xf32>}> : () -> tensor<1xf32>
  %start = tosa.const_shape {values = dense<0> : tensor<4xindex>} : () -> !tosa.shape<4>
  %size = tosa.const_shape {values = dense<[1, 3, 3, 2]> : tensor<4xindex>} : () -> !tosa.shape<4>
  %shift = "tosa.const"() <{values = dense<0> : tensor<1xi8>}> : () -> tensor<1xi8>
  %eps = "tosa.const"() <{values = dense<9.99999974E-6> : tensor<1xf32>}> : () -> tensor<1xf32>
  %half = "tosa.const"() <{values = dense<0.5> : tensor<1xf32>}> : () -> tensor<1xf32>
  %var = "tosa.const"() <{values = dense<[1.0, 2.0, 3.0]> : tensor<3xf32>}> : () -> tensor<3xf32>
  %mean = "tosa.const"() <{values = dense<[[[[0.1]], [[0.2]], [[0.3]]]]> : tensor<1x3x1x1xf32>}> : () -> tensor<1x3x1x1xf32>
  %gamma = "tosa.const"() <{values = dense<[[[[1.5]], [[1.25]], [[1.75]]]]> : tensor<1x3x1x1xf32>}> : () -> tensor<1x3x1x1xf32>
  %channels = tosa.const_shape {values = dense<[1, 3, 1, 1]> : tensor<4xindex>} : () -> !tosa.shape<4>
  %nhwc = tosa.transpose %x {perms = array<i32: 0, 2, 3, 1>} : (tensor<1x2x4x4xf32>) -> tensor<1x4x4x2xf32>
  %cut = tosa.slice %nhwc, %start, %size : (tensor<1x4x4x2xf32>, !tosa.shape<4>, !tosa.shape<4>) -> tensor<1x3x3x2xf32>
  %conv = tosa.conv2d %cut, %w, %b, %z, %z {acc_type = f32, dilation = array<i64: 1, 1>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 2, 2>} : (tensor<1x3x3x2xf32>, tensor<3x1x1x2xf32>, tensor<3xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x2x2x3xf32>
  %nchw = tosa.transpose %conv {perms = array<i32: 0, 3, 1, 2>} : (tensor<1x2x2x3xf32>) -> tensor<1x3x2x2xf32>
  %ve = tosa.add %eps, %var : (tensor<1xf32>, tensor<3xf32>) -> tensor<3xf32>
  %root = tosa.pow %ve, %half : (tensor<3xf32>, tensor<1xf32>) -> tensor<3xf32>
  %inv = tosa.reciprocal %root : (tensor<3xf32>) -> tensor<3xf32>
  %inv4 = tosa.reshape %inv, %channels : (tensor<3xf32>, !tosa.shape<4>) -> tensor<1x3x1x1xf32>
  %0 = tosa.sub %nchw, %mean : (tensor<1x3x2x2xf32>, tensor<1x3x1x1xf32>) -> tensor<1x3x2x2xf32>
  %1 = tosa.mul %0, %inv4, %shift : (tensor<1x3x2x2xf32>, tensor<1x3x1x1xf32>, tensor<1xi8>) -> tensor<1x3x2x2xf32>
  %2 = tosa.mul %1, %gamma, %shift : (tensor<1x3x2x2xf32>, tensor<1x3x1x1xf32>, tensor<1xi8>) -> tensor<1x3x2x2xf32>
  %3 = tosa.add %2, %mean : (tensor<1x3x2x2xf32>, tensor<1x3x1x1xf32>) -> tensor<1x3x2x2xf32>
  %4 = tosa.clamp %3 {min_val = 0.0 : f32, max_val = 3.40282347E+38 : f32} : (tensor<1x3x2x2xf32>) -> tensor<1x3x2x2xf32>
  return %4 : tensor<1x3x2x2xf32>
}

// -----

// Depthwise, pools, and a linear layer as a product of rank 3.
// CHECK-LABEL: @main
// CHECK: %[[C:.*]] = nn.conv2d %{{.*}}, %{{.*}} {groups = 2 : i64
// CHECK: %[[M:.*]] = nn.max_pool2d %[[C]] {kernel = array<i64: 2, 2>
// CHECK: %[[A:.*]] = nn.avg_pool2d %[[M]] {kernel = array<i64: 2, 2>
// CHECK: nn.linear {{.*}} : (tensor<1x8xf32>, tensor<3x8xf32>, tensor<3xf32>)
func.func @layers(%x: tensor<1x8x8x2xf32>) -> tensor<1x3xf32> {
  %w = "tosa.const"() <{values = dense<[[[[0.5], [0.25]]]]> : tensor<1x1x2x1xf32>}> : () -> tensor<1x1x2x1xf32>
  %b = "tosa.const"() <{values = dense<[1.0, 2.0]> : tensor<2xf32>}> : () -> tensor<2xf32>
  %z = "tosa.const"() <{values = dense<0.0> : tensor<1xf32>}> : () -> tensor<1xf32>
  %fc = "tosa.const"() <{values = dense<0.125> : tensor<1x8x3xf32>}> : () -> tensor<1x8x3xf32>
  %bias = "tosa.const"() <{values = dense<[[1.0, 2.0, 3.0]]> : tensor<1x3xf32>}> : () -> tensor<1x3xf32>
  %row = tosa.const_shape {values = dense<[1, 1, 8]> : tensor<3xindex>} : () -> !tosa.shape<3>
  %flat = tosa.const_shape {values = dense<[1, 3]> : tensor<2xindex>} : () -> !tosa.shape<2>
  %0 = tosa.depthwise_conv2d %x, %w, %b, %z, %z {acc_type = f32, dilation = array<i64: 1, 1>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>} : (tensor<1x8x8x2xf32>, tensor<1x1x2x1xf32>, tensor<2xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x8x8x2xf32>
  %1 = tosa.max_pool2d %0 {kernel = array<i64: 2, 2>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 2, 2>} : (tensor<1x8x8x2xf32>) -> tensor<1x4x4x2xf32>
  %2 = tosa.avg_pool2d %1, %z, %z {acc_type = f32, kernel = array<i64: 2, 2>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 2, 2>} : (tensor<1x4x4x2xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x2x2x2xf32>
  %3 = tosa.reshape %2, %row : (tensor<1x2x2x2xf32>, !tosa.shape<3>) -> tensor<1x1x8xf32>
  %4 = tosa.matmul %3, %fc, %z, %z : (tensor<1x1x8xf32>, tensor<1x8x3xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x1x3xf32>
  %5 = tosa.reshape %4, %flat : (tensor<1x1x3xf32>, !tosa.shape<2>) -> tensor<1x3xf32>
  %6 = tosa.add %5, %bias : (tensor<1x3xf32>, tensor<1x3xf32>) -> tensor<1x3xf32>
  return %6 : tensor<1x3xf32>
}

// -----

// Two sums and a product with 1 / count are a mean; max and min with constants one clamp; a pad,
// a concat.
// CHECK-LABEL: @main
// CHECK: nn.relu6
// CHECK: nn.pad
// CHECK: nn.cat
// CHECK: nn.adaptive_avg_pool2d {{.*}} output_size = array<i64: 1, 1>
// CHECK-NOT: nn.mul
func.func @sums(%x: tensor<1x2x4x4xf32>) -> tensor<1x4x1x1xf32> {
  %zero = "tosa.const"() <{values = dense<0.0> : tensor<1x1x1x1xf32>}> : () -> tensor<1x1x1x1xf32>
  %pad = "tosa.const"() <{values = dense<0.0> : tensor<1xf32>}> : () -> tensor<1xf32>
  %six = "tosa.const"() <{values = dense<6.0> : tensor<1x1x1x1xf32>}> : () -> tensor<1x1x1x1xf32>
  %part = "tosa.const"() <{values = dense<0.0277777780> : tensor<1x1x1x1xf32>}> : () -> tensor<1x1x1x1xf32>
  %shift = "tosa.const"() <{values = dense<0> : tensor<1xi8>}> : () -> tensor<1xi8>
  %sizes = tosa.const_shape {values = dense<[0, 0, 0, 0, 1, 1, 1, 1]> : tensor<8xindex>} : () -> !tosa.shape<8>
  %0 = tosa.maximum %x, %zero : (tensor<1x2x4x4xf32>, tensor<1x1x1x1xf32>) -> tensor<1x2x4x4xf32>
  %1 = tosa.minimum %0, %six : (tensor<1x2x4x4xf32>, tensor<1x1x1x1xf32>) -> tensor<1x2x4x4xf32>
  %2 = tosa.pad %1, %sizes, %pad : (tensor<1x2x4x4xf32>, !tosa.shape<8>, tensor<1xf32>) -> tensor<1x2x6x6xf32>
  %3 = tosa.concat %2, %2 {axis = 1 : i32} : (tensor<1x2x6x6xf32>, tensor<1x2x6x6xf32>) -> tensor<1x4x6x6xf32>
  %4 = tosa.reduce_sum %3 {axis = 3 : i32} : (tensor<1x4x6x6xf32>) -> tensor<1x4x6x1xf32>
  %5 = tosa.reduce_sum %4 {axis = 2 : i32} : (tensor<1x4x6x1xf32>) -> tensor<1x4x1x1xf32>
  %6 = tosa.mul %5, %part, %shift : (tensor<1x4x1x1xf32>, tensor<1x1x1x1xf32>, tensor<1xi8>) -> tensor<1x4x1x1xf32>
  return %6 : tensor<1x4x1x1xf32>
}
