// Kernels chosen by running them, and the file that keeps what was seen.
// REQUIRES: avx2
// RUN: rm -rf %t && mkdir %t
// RUN: qopt %s --lower-to-ukernel="isa=avx2 tune=full tune-cache=%t/cache/tune.json" -o %t/first.mlir
// RUN: FileCheck %s < %t/first.mlir
// RUN: FileCheck %s --check-prefix=CACHE < %t/cache/tune.json
// The same again from the file, down to the times in the reasons.
// RUN: qopt %s --lower-to-ukernel="isa=avx2 tune=full tune-cache=%t/cache/tune.json" -o %t/again.mlir
// RUN: cmp %t/first.mlir %t/again.mlir

// What the file says is believed.
// RUN: sed -E 's/(qrt_conv2d_avx2 [^:]*": )[0-9.e+-]+/\10.001/' %t/cache/tune.json > %t/other.json
// RUN: qopt %s --lower-to-ukernel="isa=avx2 tune=full tune-cache=%t/other.json" | FileCheck %s --check-prefix=OTHER

// RUN: qopt %s --lower-to-ukernel="isa=neon tune=full tune-cache=%t/tune.json" -o %t/neon.mlir 2>&1 | FileCheck %s --check-prefix=NEON
// RUN: not qopt %s --lower-to-ukernel="isa=avx2 tune=quick" 2>&1 | FileCheck %s --check-prefix=MODE
// RUN: echo '{"microseconds": {"a": "b"}}' > %t/bad.json
// RUN: not qopt %s --lower-to-ukernel="isa=avx2 tune=fast tune-cache=%t/bad.json" 2>&1 | FileCheck %s --check-prefix=BAD
// RUN: not qopt %s --lower-to-ukernel="isa=avx2 tune=fast tune-cache=%s" 2>&1 | FileCheck %s --check-prefix=FOREIGN
// RUN: touch %t/file
// RUN: qopt %s --lower-to-ukernel="isa=avx2 tune=fast tune-cache=%t/file/tune.json" -o %t/third.mlir 2>&1 | FileCheck %s --check-prefix=UNKEPT
// RUN: FileCheck %s < %t/third.mlir
// RUN: qopt %s --lower-to-ukernel="isa=avx2 tune=fast tune-cache=/proc/none/tune.json" -o %t/third.mlir 2>&1 | FileCheck %s --check-prefix=FOLDER

!x = !quant.uniform<u8:f32, 0.5:3>
!y = !quant.uniform<i8:f32, 0.25:-10>
!w = !quant.uniform<i8<-127:127>:f32, 0.5>

// CHECK: ukernel.conv2d @qrt_{{[a-z0-9_]+}} ins
// CHECK-SAME: ukernel.reason = "not for {{.*}}; least time measured: qrt_{{[a-z0-9_]+ [0-9.]+}} us, qrt_{{.*}} us"
// CACHE: {
// CACHE-NEXT: "microseconds": {
// CACHE: "{{.+}} abi {{[0-9]+}} qrt_conv2d_avx2 full 1 14 14 128 14 14 128 3 3 1 1 1 1 1 1 1 0 0 0 0 0": {{[0-9.]+}}
// OTHER: ukernel.conv2d @qrt_conv2d_avx2
// OTHER-SAME: qrt_conv2d_avx2 0.0 us
// NEON: remark: not tuned for neon, which this machine does not have: kernels are chosen by estimate
// MODE: error: unknown tuning 'quick'; expected off, fast or full
// BAD: bad.json: keeps no measured times of kernels; name another file with --tune-cache, or remove this one
// FOREIGN: tune.mlir:1:{{[0-9]+}}: {{.*}}; name another file with --tune-cache, or remove this one
// UNKEPT: warning: what was measured is not kept: {{.*}}file/tune.json: cannot create a file there
// FOLDER: warning: what was measured is not kept: /proc/none: cannot be made: No such file
func.func @main(%x: tensor<?x128x14x14xf32> {nn.name = "x"}) -> (tensor<?x128x14x14xf32> {nn.name = "y"}) {
  %q = qopt.quantize %x {nn.name = "q"} : tensor<?x128x14x14xf32> -> tensor<?x128x14x14x!x>
  %w = nn.parameter "w" dense<100> : tensor<128x128x3x3xi8> -> tensor<128x128x3x3x!w>
  %c = nn.conv2d %q, %w {nn.name = "conv", stride = array<i64: 1, 1>, padding = array<i64: 1, 1, 1, 1>} : (tensor<?x128x14x14x!x>, tensor<128x128x3x3x!w>) -> tensor<?x128x14x14x!y>
  %d = qopt.dequantize %c : tensor<?x128x14x14x!y> -> tensor<?x128x14x14xf32>
  return %d : tensor<?x128x14x14xf32>
}
