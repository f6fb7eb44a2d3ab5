// An op that qopt's runtime has no kernel for: it is quantized and simulated all the same.
module attributes {qopt.version = 1 : i64, qopt.stage = "imported",
                   qopt.numerics = #qopt.numerics<"qopt.v1">} {
  func.func @main(%x: tensor<?x4x6x6xf32> {nn.name = "x"})
      -> (tensor<?x4x1x1xf32> {nn.name = "energy"}) {
    %0 = acme.energy %x {nn.name = "energy"} : (tensor<?x4x6x6xf32>) -> tensor<?x4x1x1xf32>
    return %0 : tensor<?x4x1x1xf32>
  }
}
