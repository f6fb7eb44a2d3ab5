// A network in a private dialect and qopt's own ops, as an importer leaves it (docs/IR.md).
module attributes {qopt.version = 1 : i64, qopt.stage = "imported",
                   qopt.numerics = #qopt.numerics<"qopt.v1">} {
  func.func @main(%x: tensor<?x4x6x6xf32> {nn.name = "x"}) -> (tensor<?x3xf32> {nn.name = "logits"}) {
    %w1 = nn.parameter "mix1.weight" dense<[[0.147, 0.290, 0.354, 0.531], [0.288, 0.507, -0.565, -0.041], [0.532, 0.179, 0.481, -0.464], [-0.037, -0.304, 0.053, 0.089]]> : tensor<4x4xf32> -> tensor<4x4xf32>
    %b1 = nn.parameter "mix1.bias" dense<[-0.584, -0.340, -0.265, 0.500]> : tensor<4xf32> -> tensor<4xf32>
    %gamma = nn.parameter "norm.weight" dense<[1.266, 0.660, 1.297, 0.639]> : tensor<4xf32> -> tensor<4xf32>
    %beta = nn.parameter "norm.bias" dense<[0.141, -0.448, -0.598, 0.446]> : tensor<4xf32> -> tensor<4xf32>
    %mean = nn.parameter "norm.mean" dense<[-0.349, -0.341, 0.579, 0.447]> : tensor<4xf32> -> tensor<4xf32>
    %var = nn.parameter "norm.var" dense<[0.789, 1.461, 1.039, 1.178]> : tensor<4xf32> -> tensor<4xf32>
    %w2 = nn.parameter "mix2.weight" dense<[[-0.354, 0.529, 0.229, 0.560], [0.472, -0.241, -0.167, -0.401], [-0.425, -0.522, -0.238, 0.124], [-0.596, 0.214, -0.195, -0.228]]> : tensor<4x4xf32> -> tensor<4x4xf32>
    %w3 = nn.parameter "mix3.weight" dense<[[0.382, -0.023, -0.221, -0.023], [0.246, -0.532, 0.570, -0.573], [0.300, 0.414, -0.578, 0.345], [-0.161, 0.094, -0.589, -0.544]]> : tensor<4x4xf32> -> tensor<4x4xf32>
    %w4 = nn.parameter "fc.weight" dense<[[-0.383, 0.546, -0.364, 0.307], [0.516, 0.530, -0.187, -0.174], [0.030, 0.331, -0.470, 0.298]]> : tensor<3x4xf32> -> tensor<3x4xf32>
    %b4 = nn.parameter "fc.bias" dense<[0.357, 0.432, -0.556]> : tensor<3xf32> -> tensor<3xf32>
    %0 = acme.mix %x, %w1, %b1 {nn.name = "mix1"} : (tensor<?x4x6x6xf32>, tensor<4x4xf32>, tensor<4xf32>) -> tensor<?x4x6x6xf32>
    %1 = nn.batch_norm %0, %gamma, %beta, %mean, %var {nn.name = "norm"}
      : (tensor<?x4x6x6xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<?x4x6x6xf32>
    %2 = nn.relu %1 {nn.name = "relu"} : (tensor<?x4x6x6xf32>) -> tensor<?x4x6x6xf32>
    %3 = acme.rotate %2 {nn.name = "rotate", steps = 1 : i64} : (tensor<?x4x6x6xf32>) -> tensor<?x4x6x6xf32>
    %4 = acme.mix %3, %w2 {nn.name = "mix2"} : (tensor<?x4x6x6xf32>, tensor<4x4xf32>) -> tensor<?x4x6x6xf32>
    %5 = nn.add %4, %2 {nn.name = "add"} : (tensor<?x4x6x6xf32>, tensor<?x4x6x6xf32>) -> tensor<?x4x6x6xf32>
    %6 = acme.swoosh %5 {nn.name = "swoosh"} : (tensor<?x4x6x6xf32>) -> tensor<?x4x6x6xf32>
    %7 = acme.mix %6, %w3 {nn.name = "mix3"} : (tensor<?x4x6x6xf32>, tensor<4x4xf32>) -> tensor<?x4x6x6xf32>
    %8 = nn.sigmoid %7 {nn.name = "sigmoid"} : (tensor<?x4x6x6xf32>) -> tensor<?x4x6x6xf32>
    %9 = nn.adaptive_avg_pool2d %8 {nn.name = "pool", output_size = array<i64: 1, 1>}
      : (tensor<?x4x6x6xf32>) -> tensor<?x4x1x1xf32>
    %10 = nn.flatten %9 {axis = 1 : i64, nn.name = "flatten"} : (tensor<?x4x1x1xf32>) -> tensor<?x4xf32>
    %11 = nn.linear %10, %w4, %b4 {nn.name = "logits"}
      : (tensor<?x4xf32>, tensor<3x4xf32>, tensor<3xf32>) -> tensor<?x3xf32>
    return %11 : tensor<?x3xf32>
  }
}
