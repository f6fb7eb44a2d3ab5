// RUN: qopt %s --split-input-file --verify-diagnostics --fuse-verify-exit

func.func @main(%x: tensor<1x1x4x4xf32> {nn.name = "x"}) -> tensor<1x1x4x4xf32> {
  %w = nn.parameter "w" dense<1.0> : tensor<1x1x1x1xf32> -> tensor<1x1x1x1xf32>
  // expected-note @below {{this op, whose only user it is}}
  %0 = nn.conv2d %x, %w {nn.name = "c"} : (tensor<1x1x4x4xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x4x4xf32>
  %one = nn.parameter "one" dense<1.0> : tensor<1xf32> -> tensor<1xf32>
  // expected-error @below {{still stands behind an op that could absorb it; run --fuse-fold-batch-norm}}
  %1 = nn.batch_norm %0, %one, %one, %one, %one {nn.name = "b"} : (tensor<1x1x4x4xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x1x4x4xf32>
  return %1 : tensor<1x1x4x4xf32>
}

// -----

func.func @main(%x: tensor<1x1x3x4xf32> {nn.name = "x"}) -> tensor<1x1x4x4xf32> {
  %w = nn.parameter "w" dense<1.0> : tensor<1x1x1x1xf32> -> tensor<1x1x1x1xf32>
  // expected-error @below {{still stands before an op that could absorb it; run --fuse-fold-pad}}
  %0 = nn.pad %x {low = array<i64: 0, 0, 1, 0>, high = array<i64: 0, 0, 0, 0>, nn.name = "p"} : (tensor<1x1x3x4xf32>) -> tensor<1x1x4x4xf32>
  // expected-note @below {{this op}}
  %1 = nn.conv2d %0, %w {nn.name = "c"} : (tensor<1x1x4x4xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x4x4xf32>
  return %1 : tensor<1x1x4x4xf32>
}

// -----

func.func @main(%x: tensor<1x2xf32> {nn.name = "x"}) -> tensor<1x2xf32> {
  %w = nn.parameter "w" dense<1.0> : tensor<2x2xf32> -> tensor<2x2xf32>
  // expected-error @below {{has a residual and the tabulated activation #nn.act<sigmoid>; only relu, relu6 and clip can follow a residual}}
  %0 = nn.linear %x, %w residual(%x) act <sigmoid> {nn.name = "c"} : (tensor<1x2xf32>, tensor<2x2xf32>, tensor<1x2xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}

// -----

func.func @main(%x: tensor<2xf32> {nn.name = "x"}) -> tensor<2xf32> {
  // expected-error @below {{nn.relu has no 'nn.name'; every value needs one}}
  %0 = nn.relu %x : (tensor<2xf32>) -> tensor<2xf32>
  // expected-note @below {{the first value of that name}}
  %1 = nn.relu %0 {nn.name = "a"} : (tensor<2xf32>) -> tensor<2xf32>
  // expected-error @below {{nn.relu has the name 'a', which another value has already}}
  %2 = nn.relu %1 {nn.name = "a"} : (tensor<2xf32>) -> tensor<2xf32>
  return %2 : tensor<2xf32>
}

// -----

// expected-error @below {{argument 0 of @main has no 'nn.name'; every value needs one}}
func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
  return %x : tensor<2xf32>
}
