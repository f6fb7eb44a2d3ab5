// RUN: qopt %s --split-input-file --verify-diagnostics --qconfig-apply='config-text={"module_name": {"absent": null}, "allow_unmatched": true}'

// expected-warning @below {{config: $.module_name.absent: module_name 'absent' matches nothing in the network; its names: 'y'}}
module {
  func.func @main(%x: tensor<2xf32> {nn.name = "x"}) -> tensor<2xf32> {
    %0 = nn.relu %x {nn.name = "y"} : (tensor<2xf32>) -> tensor<2xf32>
    return %0 : tensor<2xf32>
  }
}
