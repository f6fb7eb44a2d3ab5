// A remark with its reason for each float layer; fail-on-float makes errors of them, all at once.
// RUN: qopt %s --convert-to-codes --convert-report-float -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK
// RUN: qopt %s --convert-to-codes --convert-report-float --remarks-filter=convert --remark-format=emitRemark -o /dev/null 2>&1 | FileCheck %s --check-prefix=ENGINE
// RUN: not qopt %s --convert-to-codes --convert-report-float=fail-on-float=conv,add -o /dev/null 2>&1 | FileCheck %s --check-prefix=FAIL
// RUN: not qopt %s --qopt-convert-pipeline='fail-on-float=all' -o /dev/null 2>&1 | FileCheck %s --check-prefix=ALL
// RUN: qopt %s --qopt-convert-pipeline='fail-on-float=cat' -o /dev/null
// RUN: not qopt %s --convert-report-float=fail-on-float=conv3d -o /dev/null 2>&1 | FileCheck %s --check-prefix=UNKNOWN

// REMARK: remark: conv2d 'conv' left in float: switched off by module_name conv{{$}}
// REMARK: remark: conv_transpose2d 'up' left in float: its input 'conv' is float and has no quantization point
// REMARK: remark: add 'sum' left in float: no configuration entry covers it
// REMARK: remark: mul 'mul' left in float: its result has no quantization point
// REMARK: remark: linear 'fc' left in float: its weight 'fc.weight' has no quantization point
// REMARK: remark: prelu 'prelu' left in float: its parameter 's' is no constant
// REMARK: remark: softmax 'softmax' left in float: softmax has no integer form (N14)
// REMARK-NOT: remark:
// ENGINE: [Missed] LeftInFloat | Category:convert |{{.*}}Reason="conv2d 'conv' left in float: switched off by module_name conv"

// FAIL: error: conv2d 'conv' is left in float: switched off by module_name conv (fail-on-float)
// FAIL: error: conv_transpose2d 'up' is left in float: its input 'conv' is float and has no quantization point (fail-on-float)
// FAIL: error: add 'sum' is left in float: no configuration entry covers it (fail-on-float)
// FAIL: remark: mul 'mul' left in float
// ALL: error: conv2d 'conv' is left in float
// ALL: error: softmax 'softmax' is left in float
// UNKNOWN: error: fail-on-float: unknown kind 'conv3d' (did you mean 'conv2d'?); expected adaptive_avg_pool2d, add, add_scalar, all, avg_pool2d, batch_norm, cat, clip, conv, conv2d, conv_transpose2d

#u8 = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "histogram">
#config = #qopt.qconfig<activation = #u8, weight = #u8, rule = "global">
module {
  qopt.qparams @x #u8 scales([0.5]) zero_points([10])
  qopt.qparams @up.weight #u8 scales([0.5]) zero_points([10])
  func.func @main(%x: tensor<1x1x2x2xf32> {nn.name = "x"}, %v: tensor<1x2xf32> {nn.name = "v"}, %s: tensor<1xf32> {nn.name = "s"}) -> (tensor<1x1x2x2xf32>, tensor<1x2xf32>, tensor<1x1x2x2xf32>, tensor<1x2xf32>, tensor<1x1x2x2xf32>) {
    %x0 = qopt.observe %x @x : tensor<1x1x2x2xf32>
    %v0 = qopt.observe %v @x : tensor<1x2xf32>
    %w = nn.parameter "conv.weight" dense<1.0> : tensor<1x1x1x1xf32> -> tensor<1x1x1x1xf32>
    %c = nn.conv2d %x, %w {nn.name = "conv", qopt.float_reason = "switched off by module_name conv"} : (tensor<1x1x2x2xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x2x2xf32>
    %uw = nn.parameter "up.weight" dense<1.0> : tensor<1x1x1x1xf32> -> tensor<1x1x1x1xf32>
    %uw0 = qopt.observe %uw @up.weight : tensor<1x1x1x1xf32>
    %u = nn.conv_transpose2d %c, %uw0 {nn.name = "up", qopt.qconfig = #config} : (tensor<1x1x2x2xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x2x2xf32>
    %a = nn.add %u, %c {nn.name = "sum"} : (tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32>
    %m = nn.mul %x0, %x0 {nn.name = "mul", qopt.qconfig = #config} : (tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32>
    %fw = nn.parameter "fc.weight" dense<1.0> : tensor<2x2xf32> -> tensor<2x2xf32>
    %f = nn.linear %v0, %fw {nn.name = "fc", qopt.qconfig = #config} : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
    %p = nn.prelu %x0, %s {nn.name = "prelu", qopt.qconfig = #config} : (tensor<1x1x2x2xf32>, tensor<1xf32>) -> tensor<1x1x2x2xf32>
    %t = nn.softmax %f {axis = 1 : i64, nn.name = "softmax"} : (tensor<1x2xf32>) -> tensor<1x2xf32>
    return %a, %t, %p, %f, %m : tensor<1x1x2x2xf32>, tensor<1x2xf32>, tensor<1x1x2x2xf32>, tensor<1x2xf32>, tensor<1x1x2x2xf32>
  }
}
