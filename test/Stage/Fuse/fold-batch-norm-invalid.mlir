// RUN: qopt %s --split-input-file --verify-diagnostics --fuse-fold-batch-norm

func.func @main(%x: tensor<1x1x2x2xf32> {nn.name = "x"}) -> tensor<1x1x2x2xf32> {
  %w = nn.parameter "w" dense<1.0> : tensor<1x1x1x1xf32> -> tensor<1x1x1x1xf32>
  %one = nn.parameter "one" dense<1.0> : tensor<1xf32> -> tensor<1xf32>
  %var = nn.parameter "var" dense<-1.0> : tensor<1xf32> -> tensor<1xf32>
  %0 = nn.conv2d %x, %w {nn.name = "c"} : (tensor<1x1x2x2xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x2x2xf32>
  // expected-error @below {{cannot be folded: variance + eps is -5.000000e-01 in channel 0, expected a positive number}}
  %1 = nn.batch_norm %0, %one, %one, %one, %var {eps = 0.5, nn.name = "y"} : (tensor<1x1x2x2xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x1x2x2xf32>
  return %1 : tensor<1x1x2x2xf32>
}

// -----

func.func @main(%x: tensor<1x1x2x2xf32> {nn.name = "x"}) -> tensor<1x1x2x2xf32> {
  %w = nn.parameter "w" dense<1.0> : tensor<1x1x1x1xf32> -> tensor<1x1x1x1xf32>
  %one = nn.parameter "one" dense<1.0> : tensor<1xf32> -> tensor<1xf32>
  %inf = nn.parameter "inf" dense<0x7F800000> : tensor<1xf32> -> tensor<1xf32>
  %0 = nn.conv2d %x, %w {nn.name = "c"} : (tensor<1x1x2x2xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x2x2xf32>
  // expected-error @below {{cannot be folded: output channel 0 becomes}}
  %1 = nn.batch_norm %0, %one, %inf, %one, %one {nn.name = "y"} : (tensor<1x1x2x2xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x1x2x2xf32>
  return %1 : tensor<1x1x2x2xf32>
}

// -----

func.func @main(%x: tensor<1x1x2x2xf32> {nn.name = "x"}) -> tensor<1x1x2x2xf32> {
  // expected-error @below {{"w" names the resource 'absent', which the file does not hold}}
  %w = nn.parameter "w" dense_resource<absent> : tensor<1x1x1x1xf32> -> tensor<1x1x1x1xf32>
  %one = nn.parameter "one" dense<1.0> : tensor<1xf32> -> tensor<1xf32>
  %0 = nn.conv2d %x, %w {nn.name = "c"} : (tensor<1x1x2x2xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x2x2xf32>
  %1 = nn.batch_norm %0, %one, %one, %one, %one {nn.name = "y"} : (tensor<1x1x2x2xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x1x2x2xf32>
  return %1 : tensor<1x1x2x2xf32>
}

// -----

func.func @main(%x: tensor<1x1x2x2xf32> {nn.name = "x"}) -> tensor<1x1x2x2xf32> {
  // expected-error @below {{"w" needs 4 bytes of data, its resource has 8}}
  %w = nn.parameter "w" dense_resource<long> : tensor<1x1x1x1xf32> -> tensor<1x1x1x1xf32>
  %one = nn.parameter "one" dense<1.0> : tensor<1xf32> -> tensor<1xf32>
  %0 = nn.conv2d %x, %w {nn.name = "c"} : (tensor<1x1x2x2xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x2x2xf32>
  %1 = nn.batch_norm %0, %one, %one, %one, %one {nn.name = "y"} : (tensor<1x1x2x2xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x1x2x2xf32>
  return %1 : tensor<1x1x2x2xf32>
}
{-# dialect_resources: { builtin: { long: "0x040000000000803F00000040" } } #-}
