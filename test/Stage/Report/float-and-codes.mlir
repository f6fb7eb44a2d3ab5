// A float value that both a float layer and a layer on codes read is one value, listed as codes; a
// prepared module has observers but no scales; a network that is not configured says so once.
// RUN: qopt info %s | FileCheck %s --match-full-lines
// RUN: qopt info --json %s | FileCheck %s --check-prefix=JSON
// RUN: sed -e 's/qopt.stage = "prepared"/qopt.stage = "fused"/' %s | qopt --mlir-print-op-generic -o %t.mlir
// RUN: qopt info %t.mlir | FileCheck %s --check-prefix=FUSED --match-full-lines

// CHECK: {{.*}}: prepared, version 1
// CHECK: layers      1 int8, 2 float
// CHECK: float layers
// CHECK-NEXT:   name  kind     reason
// CHECK-NEXT:   s     softmax  by the rule 'softmax'
// CHECK-NEXT:   t     softmax  no reason is recorded
// CHECK-NEXT: values      4, of which quantized 3
// CHECK-NEXT:   name  kind     sizes  type  scale  zero  observer
// CHECK-NEXT:   x     input    ?x8    u8                 x
// CHECK-NEXT:   s     softmax  ?x8    u8                 s
// CHECK-NEXT:   y     add      ?x8    u8                 y
// CHECK-NEXT:   t     softmax  ?x8    f32
// CHECK-NOT: {{.+}}

// JSON: "tensors": [
// JSON: "quantized": true,
// JSON-NEXT: "scale": null,
// JSON-NEXT: "zero_point": null,
// JSON-NEXT: "bits": 8,


// FUSED: layers      1 int8, 2 float (not configured yet)
// FUSED-NOT: float layers
#u8 = #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "histogram">
#config = #qopt.qconfig<activation = #u8, weight = #u8, rule = "global">
module attributes {qopt.stage = "prepared", qopt.version = 1 : i64} {
  qopt.qparams @x #u8
  qopt.qparams @s #u8
  qopt.qparams @y #u8
  func.func @main(%x: tensor<?x8xf32> {nn.name = "x"}) -> (tensor<?x8xf32>, tensor<?x8xf32>) {
    %x0 = qopt.observe %x @x : tensor<?x8xf32>
    %s = nn.softmax %x0 {axis = 1 : i64, nn.name = "s", qopt.float_reason = "by the rule 'softmax'"} : (tensor<?x8xf32>) -> tensor<?x8xf32>
    %s0 = qopt.observe %s @s : tensor<?x8xf32>
    %y = nn.add %s0, %x0 {nn.name = "y", qopt.qconfig = #config} : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
    %y0 = qopt.observe %y @y : tensor<?x8xf32>
    %t = nn.softmax %s {axis = 1 : i64, nn.name = "t"} : (tensor<?x8xf32>) -> tensor<?x8xf32>
    return %y0, %t : tensor<?x8xf32>, tensor<?x8xf32>
  }
}
