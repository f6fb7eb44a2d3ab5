// RUN: qopt %s --split-input-file --verify-diagnostics --qconfig-verify-exit

func.func @main(%x: tensor<2xf32> {nn.name = "x"}) -> tensor<2xf32> {
  // expected-error @below {{expected either 'qopt.qconfig' or 'qopt.float_reason', got none; run --qconfig-apply}}
  %0 = nn.relu %x {nn.name = "y"} : (tensor<2xf32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

#act = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "histogram">
#config = #qopt.qconfig<activation = #act, weight = #act, rule = "global">
func.func @main(%x: tensor<2xf32> {nn.name = "x"}) -> tensor<2xf32> {
  // expected-error @below {{expected either 'qopt.qconfig' or 'qopt.float_reason', got both; run --qconfig-apply}}
  %0 = nn.relu %x {nn.name = "y", qopt.qconfig = #config, qopt.float_reason = "why"} : (tensor<2xf32>) -> tensor<2xf32>
  // expected-error @below {{has no integer form, so it needs 'qopt.float_reason' instead of 'qopt.qconfig'}}
  %1 = nn.softmax %0 {axis = 0 : i64, nn.name = "z", qopt.qconfig = #config} : (tensor<2xf32>) -> tensor<2xf32>
  return %1 : tensor<2xf32>
}
