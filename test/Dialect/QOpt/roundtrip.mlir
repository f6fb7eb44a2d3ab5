// Observers, points, borders and attributes of the qopt dialect.
// Each form of syntax, as text, bytecode and generic form.
// RUN: qopt %s | qopt | FileCheck %s
// RUN: qopt %s --emit-bytecode | qopt | FileCheck %s
// RUN: qopt %s --mlir-print-op-generic | qopt | FileCheck %s

// Specs, qconfigs and quantized types print as aliases: each once.
// CHECK-DAG: ![[$Q:q_u8]] = !quant.uniform<u8:f32, 5.000000e-01:128>
// CHECK-DAG: ![[$QC:qc_s8]] = !quant.uniform<i8:f32:0, {2.500000e-01,5.000000e-01}>
// CHECK-DAG: #[[$ACT:spec_u8]] = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "histogram", options = {bins = 2048 : i64}>
// CHECK-DAG: #[[$WEIGHT:spec_s8]] = #qopt.spec<bits = 8, is_signed = true, qmin = -127, qmax = 127, scheme = symmetric, granularity = per_channel, observer = "per_channel_min_max">
// CHECK-DAG: #[[$RULE:qconfig]] = #qopt.qconfig<activation = #[[$ACT]], weight = #[[$WEIGHT]], rule = "layers.conv1", residual_accumulator = true>
#act = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "histogram", options = {bins = 2048 : i64}>
#weight = #qopt.spec<bits = 8, is_signed = true, qmin = -127, qmax = 127, scheme = symmetric, granularity = per_channel, observer = "per_channel_min_max">
#rule = #qopt.qconfig<activation = #act, weight = #weight, rule = "layers.conv1", residual_accumulator = true>
!u8 = !quant.uniform<u8:f32, 5.000000e-01:128>
!i8 = !quant.uniform<i8:f32:0, {2.500000e-01,5.000000e-01}>

// CHECK: module attributes {qopt.numerics = #qopt.numerics<"qopt.v1">, qopt.stage = "prepared", qopt.version = 1 : i64, qopt.x_note = 7 : i64}
module attributes {qopt.numerics = #qopt.numerics<"qopt.v1">, qopt.stage = "prepared", qopt.version = 1 : i64, qopt.x_note = 7 : i64} {
  // CHECK: qopt.qparams @conv1.out #[[$ACT]] scales([5.000000e-02]) zero_points([3]) {rule = "global"}
  qopt.qparams @conv1.out #act scales([0.05]) zero_points([3]) {rule = "global"}
  // CHECK: qopt.qparams @"/layer1/Add_output_0" #[[$ACT]]{{$}}
  qopt.qparams @"/layer1/Add_output_0" #act
  // CHECK: qopt.qparams @conv1.weight #[[$WEIGHT]] scales([2.500000e-01, 5.000000e-01]) zero_points([0, 0]) {axis = 0 : i64, fixed}
  qopt.qparams @conv1.weight #weight scales([0.25, 0.5]) zero_points([0, 0]) {axis = 0 : i64, fixed}
  // CHECK: qopt.qparams @off #[[$ACT]] {fake_quant_enabled = false, observer_enabled = false, state = dense<{{.*}}> : tensor<4xi8>}
  qopt.qparams @off #act {fake_quant_enabled = false, observer_enabled = false, state = dense<[1, 2, 3, 4]> : tensor<4xi8>}
  // CHECK: qopt.qparams @scaled #[[$ACT]] {derived_from = @conv1.out}
  qopt.qparams @scaled #act {derived_from = @conv1.out}

  // CHECK-LABEL: func.func @points
  func.func @points(%x: tensor<?x2xf32>) {
    // CHECK: qopt.observe %{{.*}} @conv1.out : tensor<?x2xf32>
    %0 = qopt.observe %x @conv1.out : tensor<?x2xf32>
    // CHECK: qopt.fake_quant %{{.*}} @"/layer1/Add_output_0" : tensor<?x2xf32>
    %1 = qopt.fake_quant %0 @"/layer1/Add_output_0" : tensor<?x2xf32>
    // CHECK: nn.relu %{{.*}} {qopt.qconfig = #[[$RULE]]}
    %2 = nn.relu %1 {qopt.qconfig = #rule} : (tensor<?x2xf32>) -> tensor<?x2xf32>
    // CHECK: nn.softmax %{{.*}} {axis = 1 : i64, qopt.float_reason = "softmax has no integer form"}
    %3 = nn.softmax %2 {axis = 1 : i64, qopt.float_reason = "softmax has no integer form"} : (tensor<?x2xf32>) -> tensor<?x2xf32>
    return
  }

  // CHECK-LABEL: func.func @borders
  func.func @borders(%x: tensor<?x2xf32>) {
    // CHECK: qopt.quantize %{{.*}} {qopt.observer = @conv1.out} : tensor<?x2xf32> -> tensor<?x2x![[$Q]]>
    %0 = qopt.quantize %x {qopt.observer = @conv1.out} : tensor<?x2xf32> -> tensor<?x2x!u8>
    // CHECK: qopt.requantize %{{.*}} : tensor<?x2x![[$Q]]> -> tensor<?x2x![[$Q]]_1>
    %1 = qopt.requantize %0 : tensor<?x2x!u8> -> tensor<?x2x!quant.uniform<u8:f32, 2.500000e-01:1>>
    // CHECK: qopt.dequantize %{{.*}} : tensor<?x2x![[$Q]]> -> tensor<?x2xf32>
    %2 = qopt.dequantize %0 : tensor<?x2x!u8> -> tensor<?x2xf32>
    // CHECK: nn.parameter "w" dense<1> : tensor<2x1xi8> -> tensor<2x1x![[$QC]]>
    %3 = nn.parameter "w" dense<1> : tensor<2x1xi8> -> tensor<2x1x!i8>
    return
  }
}
