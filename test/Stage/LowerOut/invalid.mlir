// What the ways out refuse.
// RUN: qopt %s --lower-to-linalg --split-input-file --verify-diagnostics

// expected-error@+1 {{lowering to linalg expects a converted module, got one that is fused; `qopt quantize` makes a converted one}}
module attributes {qopt.stage = "fused"} {
}

// -----

!u = !quant.uniform<u8:f32, 0.5:100>
module attributes {qopt.stage = "converted"} {
  func.func @main(%x: tensor<?x4x!u>, %f: tensor<?x4xf32>) -> (tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4x!u>) {
    %d = qopt.dequantize %x : tensor<?x4x!u> -> tensor<?x4xf32>
    // expected-error@+1 {{nn.softmax has no lowering to linalg: left in float: softmax has no integer form (N14)}}
    %s = nn.softmax %d {axis = 1 : i64, nn.name = "probabilities", qopt.float_reason = "softmax has no integer form (N14)"} : (tensor<?x4xf32>) -> tensor<?x4xf32>
    // expected-error@+1 {{nn.relu has no lowering to linalg: it is left in float}}
    %r = nn.relu %f {nn.name = "r"} : (tensor<?x4xf32>) -> tensor<?x4xf32>
    // expected-error@+1 {{nn.relu has no lowering to linalg: on codes it needs a table (N10); run the convert stage first}}
    %t = nn.relu %x : (tensor<?x4x!u>) -> tensor<?x4x!u>
    return %s, %r, %t : tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4x!u>
  }
}
