// A program for AArch64 gives the bytes of the native one, on any number of threads.
// The runner is plain C without a sanitizer runtime for the library that goes into it.
// UNSUPPORTED: asan
// REQUIRES: qemu, numpy
// RUN: rm -rf %t && mkdir %t
// RUN: qopt compile %s -o %t/native.so
// RUN: qopt compile %s --mtriple=aarch64-linux-gnu -o %t/arm.so
// RUN: clang-22 -I%source/include %source/examples/c/main.c %t/native.so -Wl,-rpath,%t -o %t/native
// RUN: aarch64-linux-gnu-gcc -I%source/include %source/examples/c/main.c %t/arm.so -Wl,-rpath,%t -o %t/arm
// RUN: %python -c "import numpy as np; np.random.default_rng(1).normal(0, 4, (5, 2, 6, 5)).astype('float32').tofile('%t/x.f32')"
// RUN: %t/native %t/x.f32 %t/y.f32 1 | FileCheck %s --check-prefix=NATIVE
// RUN: qemu-aarch64 -L /usr/aarch64-linux-gnu %t/arm %t/x.f32 %t/z.f32 1 | FileCheck %s
// RUN: cmp %t/y.f32 %t/z.f32
// RUN: qemu-aarch64 -L /usr/aarch64-linux-gnu %t/arm %t/x.f32 %t/z2.f32 2
// RUN: cmp %t/y.f32 %t/z2.f32
// NATIVE: 5 samples on
// CHECK: arm: 5 samples on neon

// The same from an object file and the runtime's archive.
// RUN: qopt compile %s --mtriple=aarch64-linux-gnu -o %t/object.o
// RUN: aarch64-linux-gnu-gcc -I%source/include -I%t -include object.h %source/examples/c/main.c %t/object.o %lib/aarch64/libqrt.a -l:libgomp.so.1 -lm -o %t/static
// RUN: qemu-aarch64 -L /usr/aarch64-linux-gnu %t/static %t/x.f32 %t/z3.f32
// RUN: cmp %t/y.f32 %t/z3.f32

!x = !quant.uniform<u8:f32, 5.000000e-02:100>
!y = !quant.uniform<i8:f32, 7.000000e-02:10>
!w = !quant.uniform<i8:f32:0, {2.0e-02, 1.0e-2, 3.0e-2, 4.0e-2}>
!b = !quant.uniform<i32:f32:0, {1.0e-03, 5.0e-4, 1.5e-3, 2.0e-3}>
!lw = !quant.uniform<i8:f32, 1.0e-02>
func.func @main(%x: tensor<?x2x6x5xf32> {nn.name = "x"}) -> (tensor<?x3xf32> {nn.name = "y"}) {
  %q = qopt.quantize %x {nn.name = "xq"} : tensor<?x2x6x5xf32> -> tensor<?x2x6x5x!x>
  %w = nn.parameter "w" dense<[[[[1, 20], [3, 4]], [[-50, 6], [7, 8]]], [[[9, 10], [-11, 12]], [[13, 14], [15, 16]]], [[[17, -18], [19, 20]], [[21, 22], [-23, 24]]], [[[25, 26], [27, 28]], [[29, -30], [31, 32]]]]> : tensor<4x2x2x2xi8> -> tensor<4x2x2x2x!w>
  %b = nn.parameter "b" dense<[10, -20, 30, 40]> : tensor<4xi32> -> tensor<4x!b>
  %c = nn.conv2d %q, %w, %b act <relu> {nn.name = "conv", padding = array<i64: 1, 0, 0, 1>} : (tensor<?x2x6x5x!x>, tensor<4x2x2x2x!w>, tensor<4x!b>) -> tensor<?x4x6x5x!y>
  %s = nn.add %c, %c {nn.name = "sum"} : (tensor<?x4x6x5x!y>, tensor<?x4x6x5x!y>) -> tensor<?x4x6x5x!x>
  %p = nn.adaptive_avg_pool2d %s {output_size = array<i64: 1, 1>, nn.name = "pool"} : (tensor<?x4x6x5x!x>) -> tensor<?x4x1x1x!y>
  %f = nn.flatten %p {nn.name = "flat"} : (tensor<?x4x1x1x!y>) -> tensor<?x4x!y>
  %lw = nn.parameter "lw" dense<[[1, 2, 3, 4], [5, 6, 7, 8], [-9, -10, 11, 12]]> : tensor<3x4xi8> -> tensor<3x4x!lw>
  %l = nn.linear %f, %lw {nn.name = "fc"} : (tensor<?x4x!y>, tensor<3x4x!lw>) -> tensor<?x3x!y>
  %d = qopt.dequantize %l {nn.name = "y"} : tensor<?x3x!y> -> tensor<?x3xf32>
  return %d : tensor<?x3xf32>
}
