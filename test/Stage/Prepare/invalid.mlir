// RUN: qopt %s --split-input-file --verify-diagnostics --prepare-insert-observers

#act = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "histogram">
#config = #qopt.qconfig<activation = #act, weight = #act, rule = "global">
func.func @main(%x: tensor<2xf32> {nn.name = "x"}) -> tensor<2xf32> {
  // expected-error @below {{runs on codes but has no 'nn.name' to name its observer after}}
  %0 = nn.relu %x {qopt.qconfig = #config} : (tensor<2xf32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

#act = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "histogram">
#config = #qopt.qconfig<activation = #act, weight = #act, rule = "global">
// expected-error @below {{an input that is quantized has no 'nn.name' to name its observer after}}
func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
  %0 = nn.relu %x {nn.name = "y", qopt.qconfig = #config} : (tensor<2xf32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

#act = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "histogram">
qopt.qparams @x #act
// expected-error @below {{@main has quantization points already; prepare the module that qconfig wrote}}
func.func @main(%x: tensor<2xf32> {nn.name = "x"}) -> tensor<2xf32> {
  %0 = qopt.observe %x @x : tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

#fixed = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "fixed">
// expected-warning @below {{fixed_qparams of 'y' have no effect: no op on codes makes or reads that value}}
qopt.qparams @y #fixed scales([1.0]) zero_points([0]) {fixed, rule = "fixed_qparams"}
func.func @main(%x: tensor<2xf32> {nn.name = "x"}) -> tensor<2xf32> {
  %0 = nn.relu %x {nn.name = "y", qopt.float_reason = "config: null for global"} : (tensor<2xf32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}
