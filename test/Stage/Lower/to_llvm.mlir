// RUN: qopt %s --lower-ukernel-to-llvm=name=net | FileCheck %s
// RUN: qopt %s --lower-ukernel-to-llvm | mlir-translate --mlir-to-llvmir | FileCheck %s --check-prefix=IR

// Offsets scale with the batch; a step ends in one barrier that tells all it made.
// CHECK-LABEL: llvm.func internal @main_scalar(%arg0: !llvm.ptr)
// CHECK: %[[CALL:.*]] = llvm.alloca {{.*}} x !llvm.struct<(array<3 x ptr>, ptr, ptr, ptr, i64, i32, i32)>
// CHECK: %[[OFFSET:.*]] = llvm.mul %[[BATCH:.*]], %{{.*}} : i64
// CHECK: %[[BUFFER:.*]] = llvm.getelementptr %{{.*}}[%[[OFFSET]]] : (!llvm.ptr, i64) -> !llvm.ptr, i8
// CHECK: llvm.store %[[BUFFER]]
// CHECK: llvm.call @qrt_fill_scalar(%{{.*}}, %[[CALL]])
// CHECK: %[[NONE:.*]] = llvm.mlir.constant(0 : i32)
// CHECK: %[[FIRST:.*]] = llvm.mlir.constant(0 : i32)
// CHECK: llvm.call @qrt_sync(%arg0, %[[FIRST]], %[[NONE]], %{{.*}}, %[[DATA:[0-9]+]])
// CHECK: llvm.call @qrt_table_scalar
// CHECK-NOT: llvm.call
// CHECK: %[[IMAGE:.*]] = llvm.getelementptr %[[Y:[0-9]+]][%{{.*}}] : (!llvm.ptr, i64) -> !llvm.ptr, i8
// CHECK: llvm.store %[[IMAGE]]
// CHECK: %[[THREE:.*]] = llvm.mlir.constant(3 : i64)
// CHECK: %[[PART:.*]] = llvm.getelementptr %[[Y]][%[[THREE]]] : (!llvm.ptr, i64) -> !llvm.ptr, i8
// CHECK: %[[SECOND:.*]] = llvm.getelementptr %[[DATA]][1] : (!llvm.ptr) -> !llvm.ptr, !llvm.ptr
// CHECK: llvm.store %[[PART]], %[[SECOND]]
// CHECK: %[[TWO:.*]] = llvm.mlir.constant(2 : i32)
// CHECK: %[[STEP:.*]] = llvm.mlir.constant(1 : i32)
// CHECK: llvm.call @qrt_sync(%arg0, %[[STEP]], %[[TWO]], %{{.*}}, %[[DATA]])
// CHECK-NEXT: llvm.return
// CHECK: llvm.func hidden @qrt_fill_scalar(!llvm.ptr, !llvm.ptr) attributes {dso_local}
// CHECK: llvm.mlir.global internal constant @[[TABLE:.*]](dense<1> : tensor<256xi8>) {{.*}}alignment = 64

// The prepared weights: written when a session opens, read by the call.
// CHECK-LABEL: llvm.func internal @main_avx2(%arg0: !llvm.ptr)
// CHECK: %[[AT:.*]] = llvm.mlir.constant(128 : i64)
// CHECK: %[[READ:.*]] = llvm.getelementptr %[[PREPARED:.*]][%[[AT]]] : (!llvm.ptr, i64) -> !llvm.ptr, i8
// CHECK: llvm.store %[[READ]], %{{.*}}
// CHECK: llvm.call @qrt_winograd43_avx2(%{{.*}}, %{{.*}})
// CHECK-LABEL: llvm.func internal @main_avx2_prepare(%arg0: !llvm.ptr)
// CHECK: %[[AT:.*]] = llvm.mlir.constant(128 : i64)
// CHECK: %[[WRITTEN:.*]] = llvm.getelementptr %{{.*}}[%[[AT]]] : (!llvm.ptr, i64) -> !llvm.ptr, i8
// CHECK: llvm.store %[[WRITTEN]], %{{.*}}
// CHECK: llvm.call @qrt_winograd43_avx2_prepare(%{{.*}}, %{{.*}})
// CHECK-NOT: qrt_sync
// CHECK: llvm.return
// CHECK: llvm.mlir.global external constant @qopt_program()

// IR: @{{.*}} = internal constant { i32, i32, i32, float } { i32 1, i32 8, i32 7, float 0.000000e+00 }
// IR: @{{.*}} = internal constant { i32, i32, i32, ptr } { i32 8, i32 1, i32 0, ptr @[[TABLE:.*]] }
// IR: @tensors = internal constant [2 x { ptr, i32, i32, [8 x i64], [8 x i64], i32, float }] [{{.*}} { ptr @{{.*}}, i32 1, i32 4, [8 x i64] [i64 -1, i64 2, i64 2, i64 2, i64 0, i64 0, i64 0, i64 0], [8 x i64] [i64 8, i64 1, i64 4, i64 2, i64 0, i64 0, i64 0, i64 0], i32 3, float 5.000000e-01 }, {{.*}} { ptr @{{.*}}, i32 1, i32 2, [8 x i64] [i64 -1, i64 2,
// IR: @steps_scalar = internal constant [2 x { ptr, ptr, ptr, i64, i64, i64 }] [{{.*}} { ptr @{{.*}}, ptr @{{.*}}, ptr @{{.*}}, i64 0, i64 8, i64 0 }, {{.*}} { ptr @{{.*}}, ptr @{{.*}}, ptr @[[WHY:.*]], i64 12, i64 16, i64 256 }]
// IR: @[[WHY]] = internal constant [{{.*}} x i8] c"not for the better one\00"
// IR: @variants = internal constant [2 x { i32, i32, i64, i64, ptr, i64, ptr, ptr }] [{{.*}} { i32 0, i32 2, i64 128, i64 32, ptr @main_scalar, i64 0, ptr null, ptr @steps_scalar }, {{.*}} { i32 1, i32 2, i64 128, i64 0, ptr @main_avx2, i64 2432, ptr @main_avx2_prepare, ptr @steps_avx2 }]
// IR: @qopt_program = constant {{.*}} { i32 4, i32 0, i32 1, i32 2, i32 2, i64 0,

!q = !quant.uniform<u8:f32, 0.5:3>
ukernel.program @main_scalar isa("scalar") attributes {arena_bytes = 128 : i64, scratch_bytes = 32 : i64} {
  %y = ukernel.output 0 "y" tensor<?x2x2x2x!q> : <8 x i8>
  %a = ukernel.alloc at 64 : <8 x i8>
  ukernel.fill @qrt_fill_scalar ins() outs(%a) params {
    element_bytes = 1 : i32, count = 8 : i32, value = 7 : i32, value_f32 = 0.0 : f32}
    : () -> !ukernel.buffer<8 x i8>
  ukernel.table @qrt_table_scalar ins(%a) outs(%y) params {
    count = 8 : i32, channels = 1 : i32, per_channel = 0 : i32, table = dense<1> : tensor<256xi8>}
    {ukernel.macs = 12 : i64, ukernel.reason = "not for the better one"} : (!ukernel.buffer<8 x i8>) -> !ukernel.buffer<8 x i8>
  ukernel.tensor %y "image" tensor<?x2x2x2x!q> strides [8, 1, 4, 2] : <8 x i8>
  ukernel.tensor %y "part" tensor<?x2x!q> at 3 strides [8, 2] : <8 x i8>
}
// The second plan shares names and data.
ukernel.program @main_avx2 isa("avx2") attributes {arena_bytes = 128 : i64, prepared_bytes = 2432 : i64} {
  %y = ukernel.output 0 "y" tensor<?x2x2x2x!q> : <8 x i8>
  %a = ukernel.alloc at 0 : <8 x i8>
  %i = ukernel.alloc at 64 : <16 x i8>
  %o = ukernel.alloc at 0 : <16 x i8>
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
  ukernel.table @qrt_table_scalar ins(%a) outs(%y) params {
    count = 8 : i32, channels = 1 : i32, per_channel = 0 : i32, table = dense<1> : tensor<256xi8>}
    : (!ukernel.buffer<8 x i8>) -> !ukernel.buffer<8 x i8>
  ukernel.tensor %y "image" tensor<?x2x2x2x!q> strides [8, 1, 4, 2] : <8 x i8>
  ukernel.tensor %y "part" tensor<?x2x!q> at 3 strides [8, 2] : <8 x i8>
}
