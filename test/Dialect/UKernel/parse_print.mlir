// Plans survive a round trip through text and bytecode.
// RUN: qopt %s | qopt | FileCheck %s
// RUN: qopt %s --emit-bytecode | qopt | FileCheck %s

// CHECK: ukernel.program @main_scalar isa("scalar") attributes {arena_bytes = 128 : i64, prepared_bytes = 64 : i64, scratch_bytes = 32 : i64}
ukernel.program @main_scalar isa("scalar") attributes {arena_bytes = 128 : i64, prepared_bytes = 64 : i64, scratch_bytes = 32 : i64} {
  // CHECK: %[[X:.*]] = ukernel.input 0 "x" tensor<?x2x4xf32> : <8 x f32>
  %x = ukernel.input 0 "x" tensor<?x2x4xf32> : <8 x f32>
  // CHECK: %[[Y:.*]] = ukernel.output 0 "y" tensor<?x2x4x!quant.uniform<u8:f32, 5.000000e-01:3>> : <8 x i8>
  %y = ukernel.output 0 "y" tensor<?x2x4x!quant.uniform<u8:f32, 0.5:3>> : <8 x i8>
  // CHECK: %[[A:.*]] = ukernel.alloc at 64 : <8 x i8>
  %a = ukernel.alloc at 64 : <8 x i8>
  // CHECK: %[[C:.*]] = ukernel.constant dense<1.000000e+00> : tensor<8xf32> : <8 x f32>
  %c = ukernel.constant dense<1.0> : tensor<8xf32> : <8 x f32>
  // CHECK: ukernel.quantize @qrt_quantize_scalar ins(%[[X]]) outs(%[[A]]) params {dims =
  ukernel.quantize @qrt_quantize_scalar ins(%x) outs(%a) params {
    dims = array<i32: 1, 1, 1, 1, 1, 8>, in_strides = array<i32: 0, 0, 0, 0, 0, 1>,
    in_batch_stride = 8 : i32, out_signed = 0 : i32, out_zero_point = 3 : i32, out_min = 0 : i32,
    out_max = 255 : i32, scale = 0.5 : f32} {nn.name = "xq"}
    : (!ukernel.buffer<8 x f32>) -> !ukernel.buffer<8 x i8>
  // CHECK: ukernel.tensor %[[A]] "xq" tensor<?x2x4x!{{.*}}> strides [8, 4, 1] : <8 x i8>
  ukernel.tensor %a "xq" tensor<?x2x4x!quant.uniform<u8:f32, 0.5:3>> strides [8, 4, 1] : <8 x i8>
  // CHECK: ukernel.tensor %[[A]] "part" tensor<?x1x2x2x!{{.*}}> at 1 strides [8, 1, 4, 2] : <8 x i8>
  ukernel.tensor %a "part" tensor<?x1x2x2x!quant.uniform<u8:f32, 0.5:3>> at 1 strides [8, 1, 4, 2] : <8 x i8>
  // CHECK: ukernel.fill @qrt_fill_scalar ins() outs(%[[Y]])
  ukernel.fill @qrt_fill_scalar ins() outs(%y) params {
    element_bytes = 1 : i32, count = 8 : i32, value = 7 : i32, value_f32 = 0.0 : f32}
    : () -> !ukernel.buffer<8 x i8>
  // CHECK: ukernel.table @qrt_table_scalar ins(%[[A]]) outs(%[[Y]]) params {{{.*}}table = dense<1>
  ukernel.table @qrt_table_scalar ins(%a) outs(%y) params {
    count = 8 : i32, channels = 1 : i32, per_channel = 0 : i32, table = dense<1> : tensor<256xi8>}
    : (!ukernel.buffer<8 x i8>) -> !ukernel.buffer<8 x i8>
}

// CHECK-LABEL: ukernel.program @main_avx2
ukernel.program @main_avx2 isa("avx2") attributes {arena_bytes = 128 : i64, prepared_bytes = 192 : i64} {
  %i = ukernel.alloc at 64 : <16 x i8>
  %o = ukernel.alloc at 0 : <16 x i8>
  // CHECK: ukernel.conv2d @qrt_winograd43_avx2 ins(%{{.*}}) outs(%{{.*}}) params {{{.*}}} prepared at 128 : (
  ukernel.conv2d @qrt_winograd43_avx2 ins(%i) outs(%o) params {
    in_h = 4 : i32, in_w = 4 : i32, in_c = 1 : i32, out_h = 4 : i32, out_w = 4 : i32, out_c = 1 : i32,
    kernel_h = 3 : i32, kernel_w = 3 : i32, stride_h = 1 : i32, stride_w = 1 : i32,
    pad_top = 1 : i32, pad_left = 1 : i32, dilation_h = 1 : i32, dilation_w = 1 : i32,
    groups = 1 : i32, in_signed = 0 : i32, in_zero_point = 0 : i32, out_signed = 0 : i32,
    out_zero_point = 0 : i32, out_min = 0 : i32, out_max = 255 : i32, output_f32 = 0 : i32,
    residual_kind = 0 : i32, residual_signed = 0 : i32, residual_zero_point = 0 : i32,
    residual_multiplier = 0.0 : f32, mid_signed = 0 : i32, mid_zero_point = 0 : i32,
    mid_min = 0 : i32, mid_max = 0 : i32, mid_multiplier = 0.0 : f32,
    packed = dense<2> : tensor<272xi8>, bias = dense<0> : tensor<1xi32>,
    multiplier = dense<1.0> : tensor<1xf32>} prepared at 128
    : (!ukernel.buffer<16 x i8>) -> !ukernel.buffer<16 x i8>
}
