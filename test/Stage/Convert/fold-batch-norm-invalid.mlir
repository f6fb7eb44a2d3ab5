// RUN: qopt %s --convert-fold-batch-norm --split-input-file --verify-diagnostics

func.func @computed(%x: tensor<?x1x2x2xf32> {nn.name = "x"}) -> tensor<?x2x2x2xf32> {
  %p = nn.parameter "p" dense<1.0> : tensor<2x1x1x1xf32> -> tensor<2x1x1x1xf32>
  %w = nn.relu %p {nn.name = "w"} : (tensor<2x1x1x1xf32>) -> tensor<2x1x1x1xf32>
  %g = nn.parameter "g" dense<1.0> : tensor<2xf32> -> tensor<2xf32>
  // expected-error@+1 {{folds a value that is computed; expected parameters}}
  %0:2 = qopt.fold_batch_norm %w norm(%g, %g, %g, %g) freeze {eps = 2.500000e-01 : f64} : (tensor<2x1x1x1xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> (tensor<2x1x1x1xf32>, tensor<2xf32>)
  %y = nn.conv2d %x, %0#0, %0#1 {nn.name = "y"} : (tensor<?x1x2x2xf32>, tensor<2x1x1x1xf32>, tensor<2xf32>) -> tensor<?x2x2x2xf32>
  return %y : tensor<?x2x2x2xf32>
}

// -----

func.func @overflow(%x: tensor<?x1x2x2xf32> {nn.name = "x"}) -> tensor<?x2x2x2xf32> {
  %w = nn.parameter "w" dense<2.0e3> : tensor<2x1x1x1xf32> -> tensor<2x1x1x1xf32>
  %g = nn.parameter "g" dense<3.0e38> : tensor<2xf32> -> tensor<2xf32>
  %v = nn.parameter "v" dense<1.0> : tensor<2xf32> -> tensor<2xf32>
  // expected-error@+1 {{cannot be folded: output channel 0 becomes INF, so its parameters or the weight before it hold NaN, infinity or values out of all proportion}}
  %0:2 = qopt.fold_batch_norm %w norm(%g, %v, %v, %v) freeze {eps = 2.500000e-01 : f64} : (tensor<2x1x1x1xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> (tensor<2x1x1x1xf32>, tensor<2xf32>)
  %y = nn.conv2d %x, %0#0, %0#1 {nn.name = "y"} : (tensor<?x1x2x2xf32>, tensor<2x1x1x1xf32>, tensor<2xf32>) -> tensor<?x2x2x2xf32>
  return %y : tensor<?x2x2x2xf32>
}
