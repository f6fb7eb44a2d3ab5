// Ops that move codes carry the parameters of their input on (N9); pools and adds have their
// own; cat shares; borders stand only where float begins or ends, one per value.
// RUN: qopt %s --split-input-file --convert-to-codes | FileCheck %s

#act = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "histogram">
#config = #qopt.qconfig<activation = #act, weight = #act, rule = "global">

// CHECK-DAG: ![[$X:.+]] = !quant.uniform<u8:f32, 5.000000e-01:10>
// CHECK-DAG: ![[$P:.+]] = !quant.uniform<u8:f32, 2.500000e-01:12>
// CHECK-LABEL: func.func @main
// CHECK-NEXT: %[[X0:.+]] = qopt.quantize %arg0
// CHECK-NEXT: %[[M:.+]] = nn.max_pool2d %[[X0]] {{.*}}qopt.observer = @x{{.*}} -> tensor<?x2x2x2x![[$X]]>
// CHECK-NEXT: %[[S:.+]]:2 = nn.split %[[M]] {{.*}}qopt.observer = @x{{.*}} -> (tensor<?x1x2x2x![[$X]]>, tensor<?x1x2x2x![[$X]]>)
// CHECK-NEXT: %[[C:.+]] = nn.cat %[[S]]#1, %[[S]]#0 {{.*}}qopt.observer = @x{{.*}} -> tensor<?x2x2x2x![[$X]]>
// CHECK-NEXT: %[[P0:.+]] = nn.pad %[[C]] {{.*}} -> tensor<?x2x3x3x![[$X]]>
// CHECK-NEXT: %[[A:.+]] = nn.avg_pool2d %[[P0]] {{.*}}qopt.observer = @avg{{.*}} -> tensor<?x2x2x2x![[$P]]>
// CHECK-NEXT: %[[R:.+]] = nn.reshape %[[A]] {{.*}}qopt.observer = @avg{{.*}} -> tensor<?x8x![[$P]]>
// CHECK-NEXT: %[[D:.+]] = qopt.dequantize %[[R]]
// CHECK-NEXT: return %[[D]], %[[D]]
module {
  qopt.qparams @x #act scales([0.5]) zero_points([10])
  qopt.qparams @avg #act scales([0.25]) zero_points([12])
  func.func @main(%x: tensor<?x2x4x4xf32> {nn.name = "x"}) -> (tensor<?x8xf32>, tensor<?x8xf32>) {
    %x0 = qopt.observe %x @x : tensor<?x2x4x4xf32>
    %m = nn.max_pool2d %x0 {kernel = array<i64: 2, 2>, stride = array<i64: 2, 2>, nn.name = "max", qopt.qconfig = #config} : (tensor<?x2x4x4xf32>) -> tensor<?x2x2x2xf32>
    %s:2 = nn.split %m {axis = 1 : i64, sizes = array<i64: 1, 1>, nn.name = "split", qopt.qconfig = #config} : (tensor<?x2x2x2xf32>) -> (tensor<?x1x2x2xf32>, tensor<?x1x2x2xf32>)
    %c = nn.cat %s#1, %s#0 {axis = 1 : i64, nn.name = "cat", qopt.qconfig = #config} : (tensor<?x1x2x2xf32>, tensor<?x1x2x2xf32>) -> tensor<?x2x2x2xf32>
    %p = nn.pad %c {low = array<i64: 0, 0, 0, 0>, high = array<i64: 0, 0, 1, 1>, nn.name = "pad", qopt.qconfig = #config} : (tensor<?x2x2x2xf32>) -> tensor<?x2x3x3xf32>
    %a = nn.avg_pool2d %p {kernel = array<i64: 2, 2>, nn.name = "avg", qopt.qconfig = #config} : (tensor<?x2x3x3xf32>) -> tensor<?x2x2x2xf32>
    %a0 = qopt.observe %a @avg : tensor<?x2x2x2xf32>
    %r = nn.reshape %a0 {shape = array<i64: 0, 8>, nn.name = "reshape", qopt.qconfig = #config} : (tensor<?x2x2x2xf32>) -> tensor<?x8xf32>
    return %r, %r : tensor<?x8xf32>, tensor<?x8xf32>
  }
}

// -----

// An add with a clamp; a constant addend becomes codes at compile time: 1 / 0.5 + 4 = 6,
// -9 / 0.5 + 4 -> 0. softmax has no integer form: dequantize before, quantize behind, and the
// second reader of the dequantized value takes the same one.
#act = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "histogram">
#config = #qopt.qconfig<activation = #act, weight = #act, rule = "global">
// CHECK-LABEL: func.func @main
// CHECK-NEXT: %[[X0:.+]] = qopt.quantize %arg0
// CHECK-NEXT: %[[K:.+]] = nn.parameter "k" dense<[6, 0]> : tensor<2xi8> -> tensor<2x!{{.+}}>
// CHECK-NEXT: %[[A:.+]] = nn.add %[[X0]], %[[K]] act <relu6> {nn.name = "add", qopt.observer = @add
// CHECK-NEXT: %[[D:.+]] = qopt.dequantize %[[A]]
// CHECK-NEXT: %[[S:.+]] = nn.softmax %[[D]] {axis = 1 : i64, nn.name = "softmax", qopt.float_reason = "softmax stays float"}
// CHECK-NEXT: %[[S0:.+]] = qopt.quantize %[[S]] {nn.name = "softmax", qopt.observer = @softmax}
// CHECK-NEXT: %[[M:.+]] = nn.mul %[[S0]], %[[A]] {nn.name = "mul"
// CHECK-NEXT: %[[MD:.+]] = qopt.dequantize %[[M]]
// CHECK-NEXT: return %[[MD]], %[[D]]
module {
  qopt.qparams @x #act scales([0.5]) zero_points([10])
  qopt.qparams @k #act scales([0.5]) zero_points([4])
  qopt.qparams @add #act scales([0.25]) zero_points([0])
  qopt.qparams @softmax #act scales([0.00390625]) zero_points([0])
  qopt.qparams @mul #act scales([0.25]) zero_points([0])
  func.func @main(%x: tensor<1x2xf32> {nn.name = "x"}) -> (tensor<1x2xf32>, tensor<1x2xf32>) {
    %x0 = qopt.observe %x @x : tensor<1x2xf32>
    %k = nn.parameter "k" dense<[1.0, -9.0]> : tensor<2xf32> -> tensor<2xf32>
    %k0 = qopt.observe %k @k : tensor<2xf32>
    %a = nn.add %x0, %k0 act <relu6> {nn.name = "add", qopt.qconfig = #config} : (tensor<1x2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
    %a0 = qopt.observe %a @add : tensor<1x2xf32>
    %s = nn.softmax %a0 {axis = 1 : i64, nn.name = "softmax", qopt.float_reason = "softmax stays float"} : (tensor<1x2xf32>) -> tensor<1x2xf32>
    %s0 = qopt.observe %s @softmax : tensor<1x2xf32>
    %m = nn.mul %s0, %a0 {nn.name = "mul", qopt.qconfig = #config} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x2xf32>
    %m0 = qopt.observe %m @mul : tensor<1x2xf32>
    return %m0, %a0 : tensor<1x2xf32>, tensor<1x2xf32>
  }
}

// -----

// A cat operand with parameters of its own gets a second point: a requantization.
#act = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "histogram">
#config = #qopt.qconfig<activation = #act, weight = #act, rule = "global">
// CHECK-DAG: ![[$Y:.+]] = !quant.uniform<u8:f32, 3.906250e-03>
// CHECK-DAG: ![[$C:.+]] = !quant.uniform<u8:f32, 5.000000e-01:3>
// CHECK-LABEL: func.func @main
// CHECK-NEXT: %[[X0:.+]] = qopt.quantize %arg0 {nn.name = "x", qopt.observer = @cat}
// CHECK-NEXT: %[[Y0:.+]] = qopt.quantize %arg1 {nn.name = "y", qopt.observer = @y}
// CHECK-NEXT: %[[R:.+]] = qopt.requantize %[[Y0]] {nn.name = "y@cat", qopt.observer = @cat} : tensor<1x2x![[$Y]]> -> tensor<1x2x![[$C]]>
// CHECK-NEXT: nn.cat %[[X0]], %[[R]]
module {
  qopt.qparams @y #act scales([0.00390625]) zero_points([0])
  qopt.qparams @cat #act scales([0.5]) zero_points([3])
  func.func @main(%x: tensor<1x2xf32> {nn.name = "x"}, %y: tensor<1x2xf32> {nn.name = "y"}) -> (tensor<1x4xf32>) {
    %x0 = qopt.observe %x @cat : tensor<1x2xf32>
    %y0 = qopt.observe %y @y : tensor<1x2xf32>
    %y1 = qopt.observe %y0 @cat : tensor<1x2xf32>
    %c = nn.cat %x0, %y1 {axis = 1 : i64, nn.name = "cat", qopt.qconfig = #config} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x4xf32>
    return %c : tensor<1x4xf32>
  }
}
