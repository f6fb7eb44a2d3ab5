// The whole stage: the observers' statistics go unless kept, the symbols stay, dead constants
// go, the module says where it stands; converting again changes nothing.
// RUN: qopt %s --qopt-convert-pipeline | FileCheck %s
// RUN: qopt %s --qopt-convert-pipeline | qopt --qopt-convert-pipeline | FileCheck %s
// RUN: qopt %s --qopt-convert-pipeline --emit-bytecode | qopt --verify-roundtrip | FileCheck %s
// RUN: qopt %s --qopt-convert-pipeline='keep-state' | FileCheck %s --check-prefix=KEEP

// CHECK: module attributes {qopt.numerics = #qopt.numerics<"qopt.v1">, qopt.stage = "converted", qopt.version = 1 : i64}
// CHECK: qopt.qparams @x #spec_u8 scales([5.000000e-01]) zero_points([10]){{$}}
// KEEP: qopt.qparams @x #spec_u8 scales([5.000000e-01]) zero_points([10]) {state = dense<7> : tensor<4xi8>}
// CHECK: func.func @main(%arg0: tensor<?x2xf32> {nn.name = "x"}) -> (tensor<?x3xf32> {nn.name = "y"})
// CHECK-NEXT: qopt.quantize
// CHECK-NEXT: nn.parameter "fc.weight" dense<{{.*}}> : tensor<3x2xi8>
// CHECK-NEXT: nn.linear
// CHECK-NEXT: qopt.dequantize
// CHECK-NEXT: return
#u8 = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "histogram">
#s8 = #qopt.spec<bits = 8, is_signed = true, qmin = -127, qmax = 127, scheme = symmetric, granularity = per_tensor, observer = "min_max">
#config = #qopt.qconfig<activation = #u8, weight = #s8, rule = "global">
module attributes {qopt.numerics = #qopt.numerics<"qopt.v1">, qopt.stage = "calibrated", qopt.version = 1 : i64} {
  qopt.qparams @x #u8 scales([0.5]) zero_points([10]) {state = dense<7> : tensor<4xi8>}
  qopt.qparams @fc.weight #s8 scales([0.5]) zero_points([0])
  qopt.qparams @fc #u8 scales([0.5]) zero_points([10])
  func.func @main(%x: tensor<?x2xf32> {nn.name = "x"}) -> (tensor<?x3xf32> {nn.name = "y"}) {
    %x0 = qopt.observe %x @x : tensor<?x2xf32>
    %unused = nn.parameter "fc.unused" dense<1.0> : tensor<3x2xf32> -> tensor<3x2xf32>
    %w = nn.parameter "fc.weight" dense<1.0> : tensor<3x2xf32> -> tensor<3x2xf32>
    %w0 = qopt.fake_quant %w @fc.weight : tensor<3x2xf32>
    %y = nn.linear %x0, %w0 {nn.name = "fc", qopt.qconfig = #config} : (tensor<?x2xf32>, tensor<3x2xf32>) -> tensor<?x3xf32>
    %y0 = qopt.fake_quant %y @fc : tensor<?x3xf32>
    return %y0 : tensor<?x3xf32>
  }
}
