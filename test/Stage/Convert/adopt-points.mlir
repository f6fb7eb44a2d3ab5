// Points that another tool placed: before what moves codes, one for each operand of a cat, none on
// parameters; and why an op stays float.
// RUN: qopt %s --convert-adopt-points 2>%t.err | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK < %t.err

#u8 = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "fixed">
#s8 = #qopt.spec<bits = 8, is_signed = true, qmin = -128, qmax = 127, scheme = affine, granularity = per_channel, observer = "fixed">

// CHECK: qopt.stage = "calibrated"
module attributes {qopt.stage = "fused"} {
  qopt.qparams @a #u8 scales([0.5]) zero_points([3]) {fixed}
  qopt.qparams @b #u8 scales([0.25]) zero_points([0]) {fixed}
  qopt.qparams @w #s8 scales([0.5, 0.25]) zero_points([0, 0]) {fixed, axis = 0 : i64}
  qopt.qparams @v #s8 scales([0.5, 0.25]) zero_points([0, 0]) {fixed, axis = 1 : i64}

  // Through two ops that move codes, to the network's input.
  // CHECK-LABEL: func.func @main
  // CHECK: %[[O:.*]] = qopt.observe %arg0 @a
  // CHECK: %[[P:.*]] = nn.max_pool2d %[[O]] {{{.*}}qopt.qconfig
  // CHECK: %[[O2:.*]] = qopt.observe %[[P]] @a
  // CHECK: nn.flatten %[[O2]]
  func.func @main(%x: tensor<2x2x4x4xf32> {nn.name = "x"}) -> tensor<2x32xf32> {
    %p = nn.max_pool2d %x {kernel = array<i64: 1, 1>, nn.name = "p"} : (tensor<2x2x4x4xf32>) -> tensor<2x2x4x4xf32>
    %f = nn.flatten %p {nn.name = "f"} : (tensor<2x2x4x4xf32>) -> tensor<2x32xf32>
    %o = qopt.observe %f @a : tensor<2x32xf32>
    return %o : tensor<2x32xf32>
  }

  // CHECK-LABEL: func.func @cats
  // CHECK: %[[A:.*]] = qopt.observe %arg0 @a
  // CHECK: %[[AB:.*]] = qopt.observe %[[A]] @b
  // CHECK: %[[B:.*]] = qopt.observe %arg1 @b
  // CHECK: nn.cat %[[AB]], %[[B]] {{{.*}}nn.name = "c", qopt.qconfig
  // CHECK: nn.cat {{.*}}qopt.float_reason = "its operands have different parameters, and its result has no quantization point"
  func.func @cats(%x: tensor<2x2xf32> {nn.name = "x"}, %y: tensor<2x2xf32> {nn.name = "y"}) -> (tensor<2x4xf32>, tensor<2x4xf32>) {
    %a = qopt.observe %x @a : tensor<2x2xf32>
    %b = qopt.observe %y @b : tensor<2x2xf32>
    %c = nn.cat %a, %b {axis = 1 : i64, nn.name = "c"} : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x4xf32>
    %o = qopt.observe %c @b : tensor<2x4xf32>
    %d = nn.cat %a, %b {axis = 1 : i64, nn.name = "d"} : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x4xf32>
    return %o, %d : tensor<2x4xf32>, tensor<2x4xf32>
  }

  // CHECK-LABEL: func.func @constants
  // CHECK: %[[S:.*]] = nn.parameter "s"
  // CHECK: nn.prelu {{.*}}, %[[S]] {{.*}}qopt.qconfig
  // CHECK: nn.linear {{.*}}qopt.float_reason = "its weight is quantized along axis 1, not by output channel"
  // CHECK: nn.add {{.*}}qopt.float_reason = "its constant operand is quantized per channel (N1)"
  func.func @constants(%x: tensor<2x2xf32> {nn.name = "x"}) -> (tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>) {
    %s = nn.parameter "s" dense<[0.5, 0.25]> : tensor<2xf32> -> tensor<2xf32>
    %w = nn.parameter "w" dense<1.0> : tensor<2x2xf32> -> tensor<2x2xf32>
    %so = qopt.observe %s @w : tensor<2xf32>
    %wo = qopt.observe %w @v : tensor<2x2xf32>
    %a = qopt.observe %x @a : tensor<2x2xf32>
    %p = nn.prelu %a, %so {nn.name = "p"} : (tensor<2x2xf32>, tensor<2xf32>) -> tensor<2x2xf32>
    %l = nn.linear %a, %wo {nn.name = "l"} : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
    %d = nn.add %a, %wo {nn.name = "d"} : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
    %po = qopt.observe %p @a : tensor<2x2xf32>
    %lo = qopt.observe %l @a : tensor<2x2xf32>
    %do = qopt.observe %d @a : tensor<2x2xf32>
    return %po, %lo, %do : tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>
  }

  // Without a point behind it a layer gives its accumulator (N6): not with a residual, nor from a float input.
  // CHECK-LABEL: func.func @float_results
  // CHECK: nn.linear {{.*}}nn.name = "l", qopt.float_result, qopt.qconfig
  // CHECK-NOT: qopt.float_result
  // CHECK: return
  func.func @float_results(%x: tensor<2x2xf32> {nn.name = "x"}) -> (tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>) {
    %w = nn.parameter "w" dense<1.0> : tensor<2x2xf32> -> tensor<2x2xf32>
    %wo = qopt.observe %w @w : tensor<2x2xf32>
    %a = qopt.observe %x @a : tensor<2x2xf32>
    %l = nn.linear %a, %wo {nn.name = "l"} : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
    %r = nn.linear %a, %wo residual(%a) {nn.name = "r"} : (tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
    %f = nn.linear %x, %wo {nn.name = "f"} : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
    return %l, %r, %f : tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>
  }

  // REMARK: remark: 's' is read through its quantization point and also without one, as an output; the program reads its codes at both places, so results differ from the model's by that rounding
  // REMARK: remark: 't' is read through its quantization point and also without one; the program
  // REMARK-NOT: remark
  func.func @both(%x: tensor<2x2xf32> {nn.name = "x"}) -> (tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>) {
    %a = qopt.observe %x @a : tensor<2x2xf32>
    %s = nn.sigmoid %a {nn.name = "s"} : (tensor<2x2xf32>) -> tensor<2x2xf32>
    %so = qopt.observe %s @b : tensor<2x2xf32>
    %t = nn.add %so, %so {nn.name = "t"} : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
    %to = qopt.observe %t @b : tensor<2x2xf32>
    %u = nn.softmax %t {axis = 1 : i64, nn.name = "u"} : (tensor<2x2xf32>) -> tensor<2x2xf32>
    return %s, %to, %u : tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>
  }
}
