// Shards merged in any order give the bytes of one run.
// REQUIRES: numpy
// RUN: %python %S/Inputs/npz.py %t.npz "x=np.random.default_rng(1).normal(size=(37, 3, 6, 6)).astype('f4')"
// RUN: qopt %s --qopt-calibrate-pipeline="data=%t.npz" -o %t.whole.mlir
// RUN: qopt %s --qopt-calibrate-pipeline="data=%t.npz shard=0/3" -o %t.0.mlir
// RUN: qopt %s --qopt-calibrate-pipeline="data=%t.npz shard=1/3 batch=5" -o %t.1.mlir
// RUN: qopt %s --qopt-calibrate-pipeline="data=%t.npz shard=2/3 batch=100" -o %t.2.mlir
// RUN: qopt %s --qopt-calibrate-pipeline="merge=%t.0.mlir,%t.1.mlir,%t.2.mlir" -o %t.a.mlir
// RUN: qopt %s --qopt-calibrate-pipeline="merge=%t.2.mlir,%t.0.mlir,%t.1.mlir" -o %t.b.mlir
// RUN: cmp %t.whole.mlir %t.a.mlir
// RUN: cmp %t.whole.mlir %t.b.mlir

// A shard has statistics and no scales yet.
// RUN: FileCheck %s --input-file=%t.0.mlir
// CHECK: qopt.shard = {count = 3 : i64, index = 0 : i64, samples = 37 : i64}, qopt.stage = "prepared"
// CHECK: qopt.qparams @x #{{[a-z0-9_]+}} {state = dense_resource<x.state>

// RUN: not qopt %t.0.mlir --calibrate-compute-qparams 2>&1 | FileCheck %s --check-prefix=PART
// PART: holds the statistics of shard 0/3 only; merge all shards, and scales follow from the sum

// Each shard counts once, and none is missing:
// RUN: not qopt %s --calibrate-merge="inputs=%t.2.mlir" 2>&1 | FileCheck %s --check-prefix=GONE
// GONE: of the shards that {{.*}}.2.mlir belongs to, 2 are missing: 0/3, 1/3; merge all of them at once, or the scales lack a part of the samples
// RUN: cp %t.1.mlir %t.copy.mlir
// RUN: not qopt %s --calibrate-merge="inputs=%t.0.mlir,%t.1.mlir,%t.copy.mlir" 2>&1 | FileCheck %s --check-prefix=TWICE
// TWICE: copy.mlir: is shard 1/3, and so is {{.*}}.1.mlir; each shard is merged once
// RUN: qopt %s --qopt-calibrate-pipeline="data=%t.npz shard=1/2" -o %t.half.mlir
// RUN: not qopt %s --calibrate-merge="inputs=%t.0.mlir,%t.half.mlir" 2>&1 | FileCheck %s --check-prefix=HALF
// HALF: half.mlir: is shard 1/2, but {{.*}}.0.mlir is shard 0/3; all must be of the same number of shards
// RUN: %python %S/Inputs/npz.py %t.less.npz "x=np.ones((9, 3, 6, 6), 'f4')"
// RUN: qopt %s --qopt-calibrate-pipeline="data=%t.less.npz shard=1/3" -o %t.less.mlir
// RUN: not qopt %s --calibrate-merge="inputs=%t.0.mlir,%t.less.mlir" 2>&1 | FileCheck %s --check-prefix=LESS
// LESS: less.mlir: is a shard of 9 samples, but {{.*}}.0.mlir of 37; all shards must be of the same data
// RUN: not qopt %s --calibrate-merge="inputs=%t.0.mlir,%t.whole.mlir" 2>&1 | FileCheck %s --check-prefix=WHOLE
// WHOLE: whole.mlir: does not say which shard it is, but {{.*}}.0.mlir does; calibrate it again with --shard, or merge what belongs together
// RUN: not qopt %s --calibrate-merge="inputs=%t.whole.mlir,%t.0.mlir" 2>&1 | FileCheck %s --check-prefix=WHOLE

// Merging what does not fit:
// RUN: not qopt %s --calibrate-merge 2>&1 | FileCheck %s --check-prefix=NONE
// NONE: calibrate-merge needs the shards' modules: inputs=A.mlir,B.mlir
// RUN: not qopt %s --calibrate-merge="inputs=%t.absent.mlir" 2>&1 | FileCheck %s --check-prefix=ABSENT
// ABSENT: absent.mlir: cannot be read as a module
// RUN: not qopt %s --calibrate-merge="inputs=%s" 2>&1 | FileCheck %s --check-prefix=EMPTY
// EMPTY: shards.mlir: observer @x has no statistics; run calibrate-run with a shard first
// RUN: sed -e 's/@x /@q /' %s > %t.other.mlir
// RUN: not qopt %s --calibrate-merge="inputs=%t.other.mlir" 2>&1 | FileCheck %s --check-prefix=MISSING
// MISSING: observer @x is missing; the shards must come from the same prepared module
// RUN: sed -e 's/histogram/percentile/' %s > %t.other.mlir
// RUN: not qopt %s --calibrate-merge="inputs=%t.other.mlir" 2>&1 | FileCheck %s --check-prefix=OTHER
// OTHER: observer @x is configured otherwise; the shards must come from the same prepared module
#u8 = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "histogram">
#w8 = #qopt.spec<bits = 8, is_signed = true, qmin = -127, qmax = 127, scheme = symmetric, granularity = per_channel, observer = "mse">
module attributes {qopt.stage = "prepared"} {
  qopt.qparams @x #u8
  qopt.qparams @w #w8 {axis = 0 : i64}
  qopt.qparams @y #u8
  func.func @main(%x: tensor<?x3x6x6xf32> {nn.name = "x"}) -> tensor<?x2x6x6xf32> {
    %xq = qopt.observe %x @x : tensor<?x3x6x6xf32>
    %w = nn.parameter "w" dense<[[[[1.0]], [[2.0]], [[0.5]]], [[[-1.0]], [[0.5]], [[0.0]]]]> : tensor<2x3x1x1xf32> -> tensor<2x3x1x1xf32>
    %wq = qopt.observe %w @w : tensor<2x3x1x1xf32>
    %y = nn.conv2d %xq, %wq {nn.name = "y", qopt.qconfig = #qopt.qconfig<activation = #u8, weight = #w8, rule = "global">} : (tensor<?x3x6x6xf32>, tensor<2x3x1x1xf32>) -> tensor<?x2x6x6xf32>
    %yq = qopt.observe %y @y : tensor<?x2x6x6xf32>
    return %yq : tensor<?x2x6x6xf32>
  }
}
