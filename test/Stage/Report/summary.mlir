// What `qopt info` says of one network before and after convert: the same layers and values,
// by name, each once.
// RUN: qopt info %s | FileCheck %s --check-prefixes=TEXT,BEFORE --match-full-lines
// RUN: qopt %s --qopt-convert-pipeline -o %t.mlir 2>/dev/null
// RUN: qopt info %t.mlir | FileCheck %s --check-prefixes=TEXT,AFTER --match-full-lines
// RUN: qopt info --json %t.mlir | FileCheck %s --check-prefix=JSON
// RUN: qopt %t.mlir --emit-bytecode -o %t.mlirbc
// RUN: qopt info %t.mlirbc | FileCheck %s --check-prefixes=TEXT,AFTER --match-full-lines

// BEFORE: {{.*}}summary.mlir: calibrated, version 1, numerics qopt.v1
// AFTER: {{.*}}: converted, version 1, numerics qopt.v1
// TEXT-NEXT: input       x  tensor<?x2x2xf32>
// TEXT-NEXT: output      probs  tensor<?x3xf32>
// BEFORE-NEXT: parameters  2 tensors, 15 elements, 60 B
// AFTER-NEXT: parameters  2 tensors, 15 elements, 24 B
// TEXT-NEXT: layers      2 int8, 1 float
// TEXT-NEXT:   kind     int8  float
// TEXT-NEXT:   sigmoid     1      0
// TEXT-NEXT:   flatten     1      0  moves codes, not counted
// TEXT-NEXT:   linear      1      0
// TEXT-NEXT:   softmax     0      1
// TEXT-NEXT: float layers
// TEXT-NEXT:   name   kind     reason
// TEXT-NEXT:   probs  softmax  softmax has no integer form (N14)
// TEXT-NEXT: values      6, of which quantized 5
// TEXT-NEXT:   name       kind        sizes  type                 scale  zero  observer
// TEXT-NEXT:   x          input       ?x2x2  u8                     0.5    10  x
// TEXT-NEXT:   gate       sigmoid     ?x2x2  u8              0.00390625     0  gate
// TEXT-NEXT:   flat       flatten     ?x4    u8              0.00390625     0  gate
// TEXT-NEXT:   flat@wide  requantize  ?x4    u8                   0.125     3  wide
// TEXT-NEXT:   fc         linear      ?x3    s8 [-127, 127]        0.25     0  fc
// TEXT-NEXT:   probs      softmax     ?x3    f32
// TEXT-NOT: {{.+}}

// JSON: "stage": "converted",
// JSON-NEXT: "version": 1,
// JSON-NEXT: "numerics": "qopt.v1",
// JSON-NEXT: "inputs": [
// JSON-NEXT: {
// JSON-NEXT: "name": "x",
// JSON-NEXT: "type": "tensor<?x2x2xf32>"
// JSON: "outputs": [
// JSON-NEXT: {
// JSON-NEXT: "name": "probs",
// JSON: "layers": {
// JSON-NEXT: "int8": 2,
// JSON-NEXT: "float": 1,
// JSON-NEXT: "float_layers": [
// JSON-NEXT: {
// JSON-NEXT: "name": "probs",
// JSON-NEXT: "layer": null,
// JSON-NEXT: "kind": "softmax",
// JSON-NEXT: "reason": "softmax has no integer form (N14)"
// JSON: "kinds": [
// JSON: "kind": "flatten",
// JSON-NEXT: "int8": 1,
// JSON-NEXT: "float": 0,
// JSON-NEXT: "moves_codes": true
// JSON: "tensors": [
// JSON: "name": "gate",
// JSON-NEXT: "layer": "attention.gate",
// JSON-NEXT: "kind": "sigmoid",
// JSON-NEXT: "type": "tensor<?x2x2x!quant.uniform<u8:f32, 3.906250e-03>>",
// JSON-NEXT: "quantized": true,
// JSON-NEXT: "scale": 0.00390625,
// JSON-NEXT: "zero_point": 0,
// JSON-NEXT: "bits": 8,
// JSON-NEXT: "signed": false,
// JSON-NEXT: "qmin": 0,
// JSON-NEXT: "qmax": 255,
// JSON-NEXT: "observer": "gate"
// JSON: "name": "probs",
// JSON-NEXT: "layer": null,
// JSON-NEXT: "kind": "softmax",
// JSON-NEXT: "type": "tensor<?x3xf32>",
// JSON-NEXT: "quantized": false,
// JSON-NEXT: "scale": null,
// JSON-NEXT: "zero_point": null,
// JSON: "parameters": {
// JSON-NEXT: "count": 2,
// JSON-NEXT: "elements": 15,
// JSON-NEXT: "bytes": 24
#u8 = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "histogram">
#s8 = #qopt.spec<bits = 8, is_signed = true, qmin = -127, qmax = 127, scheme = symmetric, granularity = per_tensor, observer = "min_max">
#config = #qopt.qconfig<activation = #u8, weight = #s8, rule = "global">
module attributes {qopt.numerics = #qopt.numerics<"qopt.v1">, qopt.stage = "calibrated", qopt.version = 1 : i64} {
  qopt.qparams @x #u8 scales([0.5]) zero_points([10])
  qopt.qparams @gate #u8 scales([0.00390625]) zero_points([0]) {fixed}
  qopt.qparams @wide #u8 scales([0.125]) zero_points([3])
  qopt.qparams @fc.weight #s8 scales([0.5]) zero_points([0])
  qopt.qparams @fc #s8 scales([0.25]) zero_points([0])
  func.func @main(%x: tensor<?x2x2xf32> {nn.name = "x"}) -> (tensor<?x3xf32> {nn.name = "probs"}) {
    %x0 = qopt.observe %x @x : tensor<?x2x2xf32>
    %g = nn.sigmoid %x0 {nn.name = "gate", nn.layer = "attention.gate", qopt.qconfig = #config} : (tensor<?x2x2xf32>) -> tensor<?x2x2xf32>
    %g0 = qopt.observe %g @gate : tensor<?x2x2xf32>
    %f = nn.flatten %g0 {nn.name = "flat", qopt.qconfig = #config} : (tensor<?x2x2xf32>) -> tensor<?x4xf32>
    %f0 = qopt.observe %f @wide : tensor<?x4xf32>
    %w = nn.parameter "fc.weight" dense<1.0> : tensor<3x4xf32> -> tensor<3x4xf32>
    %w0 = qopt.observe %w @fc.weight : tensor<3x4xf32>
    %b = nn.parameter "fc.bias" dense<1.0> : tensor<3xf32> -> tensor<3xf32>
    %y = nn.linear %f0, %w0, %b {nn.name = "fc", nn.layer = "fc", qopt.qconfig = #config} : (tensor<?x4xf32>, tensor<3x4xf32>, tensor<3xf32>) -> tensor<?x3xf32>
    %y0 = qopt.observe %y @fc : tensor<?x3xf32>
    %p = nn.softmax %y0 {axis = 1 : i64, nn.name = "probs", qopt.float_reason = "softmax has no integer form (N14)"} : (tensor<?x3xf32>) -> tensor<?x3xf32>
    return %p : tensor<?x3xf32>
  }
}
