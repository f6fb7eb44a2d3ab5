// Each ISA takes its own kernels, and those of the ISAs that it includes. (That they run, and
// give the same bytes: qrt_isa*.test.)
// RUN: qopt %S/Inputs/small_net.mlir --lower-to-ukernel=isa=avxvnni,neon,neon_dot,neon_i8mm | FileCheck %s

// CHECK-LABEL: ukernel.program @main_avxvnni
// CHECK: ukernel.quantize @qrt_quantize_avx2
// CHECK: ukernel.conv2d @qrt_conv2d_avxvnni
// CHECK: ukernel.conv2d @qrt_depthwise_avx2
// CHECK: ukernel.binary @qrt_binary_avx2

// CHECK-LABEL: ukernel.program @main_neon isa
// CHECK: ukernel.quantize @qrt_quantize_neon
// CHECK: ukernel.conv2d @qrt_conv2d_neon{{[^_]}}
// CHECK: ukernel.conv2d @qrt_depthwise_neon
// CHECK: ukernel.binary @qrt_binary_neon

// CHECK-LABEL: ukernel.program @main_neon_dot
// CHECK: ukernel.conv2d @qrt_conv2d_neon_dot
// CHECK: ukernel.conv2d @qrt_depthwise_neon
// CHECK: ukernel.binary @qrt_binary_neon

// CHECK-LABEL: ukernel.program @main_neon_i8mm
// CHECK: ukernel.conv2d @qrt_conv2d_neon_i8mm
// CHECK: ukernel.conv2d @qrt_depthwise_neon
// CHECK: ukernel.binary @qrt_binary_neon
