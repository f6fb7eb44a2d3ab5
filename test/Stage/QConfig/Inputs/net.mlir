// A fused network with module paths, used by the tests of qconfig.
func.func @main(%x: tensor<?x2x4x4xf32> {nn.name = "image"}) -> (tensor<?x2xf32> {nn.name = "prob"}) {
  %w1 = nn.parameter "layer1.0.conv1.weight" dense<1.0> : tensor<2x2x1x1xf32> -> tensor<2x2x1x1xf32>
  %w2 = nn.parameter "layer1.1.conv1.weight" dense<2.0> : tensor<2x2x1x1xf32> -> tensor<2x2x1x1xf32>
  %wf = nn.parameter "fc.weight" dense<1.0> : tensor<2x2xf32> -> tensor<2x2xf32>
  %0 = nn.conv2d %x, %w1 act <relu> {nn.name = "r1", nn.layer = "layer1.0.conv1", nn.fused = ["layer1.0.conv1", "layer1.0.bn1", "layer1.0.relu"]} : (tensor<?x2x4x4xf32>, tensor<2x2x1x1xf32>) -> tensor<?x2x4x4xf32>
  %1 = nn.conv2d %0, %w2 residual(%x) act <relu> {nn.name = "r2", nn.layer = "layer1.1.conv1"} : (tensor<?x2x4x4xf32>, tensor<2x2x1x1xf32>, tensor<?x2x4x4xf32>) -> tensor<?x2x4x4xf32>
  %a = nn.add %1, %0 {nn.name = "s1", nn.layer = "layer2"} : (tensor<?x2x4x4xf32>, tensor<?x2x4x4xf32>) -> tensor<?x2x4x4xf32>
  %b = nn.add %a, %0 {nn.name = "s2", nn.layer = "layer2"} : (tensor<?x2x4x4xf32>, tensor<?x2x4x4xf32>) -> tensor<?x2x4x4xf32>
  %2 = nn.adaptive_avg_pool2d %b {output_size = array<i64: 1, 1>, nn.name = "pool"} : (tensor<?x2x4x4xf32>) -> tensor<?x2x1x1xf32>
  %3 = nn.flatten %2 {nn.name = "flat"} : (tensor<?x2x1x1xf32>) -> tensor<?x2xf32>
  %4 = nn.linear %3, %wf act <hard_swish> {nn.name = "logits", nn.layer = "fc"} : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
  %5 = nn.softmax %4 {axis = 1 : i64, nn.name = "prob"} : (tensor<?x2xf32>) -> tensor<?x2xf32>
  return %5 : tensor<?x2xf32>
}
