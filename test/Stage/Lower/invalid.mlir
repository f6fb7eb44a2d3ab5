// What cannot be compiled says so, and what to do.
// RUN: qopt %s --lower-to-ukernel=isa=scalar --split-input-file --verify-diagnostics

// expected-error @below {{the module has no function @main}}
module {
}

// -----

!q = !quant.uniform<u8:f32, 0.5:3>
func.func @main(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  // expected-error @below {{cannot be compiled: no kernels for quant.qcast, quant.dcast}}
  %y = quant.qcast %x : tensor<?x4xf32> to tensor<?x4x!q>
  %z = quant.dcast %y : tensor<?x4x!q> to tensor<?x4xf32>
  return %z : tensor<?x4xf32>
}

// -----

qopt.qparams @x #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "min_max">
func.func @main(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  // expected-error @below {{no kernels for qopt.observe; the module still has quantization points: run calibrate and convert first}}
  %y = qopt.observe %x @x : tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// -----

func.func @main(%x: tensor<?x4x?xf32>) -> tensor<?x4x?xf32> {
  // expected-error @above {{has an unknown size other than the batch}}
  %y = nn.relu %x : (tensor<?x4x?xf32>) -> tensor<?x4x?xf32>
  return %y : tensor<?x4x?xf32>
}

// -----

// expected-error @below {{inputs with different batches in dimension 0}}
func.func @main(%x: tensor<2x4xf32>, %y: tensor<3x4xf32>) -> tensor<2x4xf32> {
  return %x : tensor<2x4xf32>
}

// -----

// expected-error @below {{@main has no inputs}}
func.func @main() {
  return
}

// -----

// expected-error @below {{input of type 'tensor<f32>', expected a ranked tensor whose dimension 0 is the batch}}
func.func @main(%x: tensor<f32>) -> tensor<f32> {
  return %x : tensor<f32>
}

// -----

func.func @main(%x: tensor<?x4x3xf32>) -> tensor<4x?x3xf32> {
  // expected-error @below {{axis 0 is the batch, and samples do not mix; fix the batch to 1 to allow it}}
  %y = nn.transpose %x {perm = array<i64: 1, 0, 2>} : (tensor<?x4x3xf32>) -> tensor<4x?x3xf32>
  return %y : tensor<4x?x3xf32>
}

// -----

func.func @main(%x: tensor<2x4xf32>) -> tensor<8xf32> {
  // expected-error @below {{dimension 0 of 'tensor<8xf32>' is not the batch of the network's inputs}}
  %y = nn.reshape %x {shape = array<i64: 8>} : (tensor<2x4xf32>) -> tensor<8xf32>
  return %y : tensor<8xf32>
}

// -----

!q = !quant.uniform<u8:f32, 0.5:3>
func.func @main(%x: tensor<?x4x!q>) -> tensor<?x4x!q> {
  // expected-error @below {{on codes it needs a table (N10); run the convert stage first}}
  %y = nn.relu %x : (tensor<?x4x!q>) -> tensor<?x4x!q>
  return %y : tensor<?x4x!q>
}

// -----

!q = !quant.uniform<u8:f32, 0.5:3>
func.func @main(%x: tensor<?x4x!q>) -> tensor<?x4x!q> {
  // expected-error @below {{its table must be tensor<256xi8> or tensor<4x256xi8>, got 'tensor<2xi8>'}}
  %y = nn.relu %x {table = dense<1> : tensor<2xi8>} : (tensor<?x4x!q>) -> tensor<?x4x!q>
  return %y : tensor<?x4x!q>
}

// -----

!q = !quant.uniform<u8:f32, 0.5:3>
!w = !quant.uniform<i8:f32, 0.5>
func.func @main(%x: tensor<?x80000x!q>) -> tensor<?x1x!q> {
  %w = nn.parameter "w" dense<-128> : tensor<1x80000xi8> -> tensor<1x80000x!w>
  // expected-error @below {{the accumulator of output channel 0 can reach 2580480000}}
  %y = nn.linear %x, %w : (tensor<?x80000x!q>, tensor<1x80000x!w>) -> tensor<?x1x!q>
  return %y : tensor<?x1x!q>
}

// -----

!q = !quant.uniform<u8:f32, 0.5:3>
!w = !quant.uniform<i8:f32, 0.5>
func.func @main(%x: tensor<?x1x!q>) -> tensor<?x1x!q> {
  %w = nn.parameter "w" dense<1> : tensor<1x1xi8> -> tensor<1x1x!w>
  // expected-error @below {{'mid' must be a per-tensor quantized type, got @m; run the convert stage first}}
  %y = nn.linear %x, %w residual(%x) mid(@m) : (tensor<?x1x!q>, tensor<1x1x!w>, tensor<?x1x!q>) -> tensor<?x1x!q>
  return %y : tensor<?x1x!q>
}

// -----

!q = !quant.uniform<u8:f32, 0.5:3>
!w = !quant.uniform<i8:f32, 0.5>
func.func @main(%x: tensor<?x1x!q>) -> tensor<?x1x!q> {
  %w = nn.parameter "w" dense<1> : tensor<1x1xi8> -> tensor<1x1x!w>
  // expected-error @below {{on codes needs a table; run the convert stage first}}
  %y = nn.linear %x, %w act <silu> : (tensor<?x1x!q>, tensor<1x1x!w>) -> tensor<?x1x!q>
  return %y : tensor<?x1x!q>
}

// -----

!q = !quant.uniform<u8:f32, 0.5:3>
func.func @main(%x: tensor<?x1x!q>, %w: tensor<1x1x!q>) -> tensor<?x1x!q> {
  // expected-error @above {{inputs with different batches in dimension 0}}
  %y = nn.linear %x, %w : (tensor<?x1x!q>, tensor<1x1x!q>) -> tensor<?x1x!q>
  return %y : tensor<?x1x!q>
}

// -----

!q = !quant.uniform<u8:f32, 0.5:3>
!s = !quant.uniform<u8:f32, 0.75:3>
func.func @main(%x: tensor<?x1x!q>) -> tensor<?x1x!s> {
  // expected-error @below {{it has no table, and the parameters of its result do not follow from its input's (N8)}}
  %y = nn.mul_scalar %x {scalar = 2.0 : f32} : (tensor<?x1x!q>) -> tensor<?x1x!s>
  return %y : tensor<?x1x!s>
}
