// RUN: qopt %s --split-input-file --verify-diagnostics

// expected-error @below {{[qparams_c7] learned parameters cannot be fixed}}
qopt.qparams @a #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "min_max"> scales([1.0]) zero_points([0]) {fixed, learned = #qopt.learned<scale>}

// -----

// expected-error @below {{[qparams_c7] a symmetric scheme has no zero point to learn}}
qopt.qparams @a #qopt.spec<bits = 8, is_signed = true, qmin = -127, qmax = 127, scheme = symmetric, granularity = per_tensor, observer = "min_max"> {learned = #qopt.learned<scale, zero_point>}

// -----

// expected-error @below {{expected zero_point, lsq, torch or none, got 'much'}}
qopt.qparams @a #qopt.spec<bits = 8, is_signed = true, qmin = -127, qmax = 127, scheme = symmetric, granularity = per_tensor, observer = "min_max"> {learned = #qopt.learned<scale, much>}

// -----

func.func @f(%w: tensor<4x3xf32>, %n: tensor<3xf32>) {
  // expected-error @below {{[fold_batch_norm_c1] expected one number per output channel, 'tensor<4xf32>', got 'tensor<3xf32>'}}
  %0:2 = qopt.fold_batch_norm %w norm(%n, %n, %n, %n) update : (tensor<4x3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> (tensor<4x3xf32>, tensor<4xf32>)
  return
}

// -----

func.func @f(%w: tensor<4x3xf32>, %n: tensor<4xf32>) {
  // expected-error @below {{[fold_batch_norm_c2] expected the first result to have the weight's type 'tensor<4x3xf32>'}}
  %0:2 = qopt.fold_batch_norm %w norm(%n, %n, %n, %n) update : (tensor<4x3xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> (tensor<3x4xf32>, tensor<4xf32>)
  return
}

// -----

func.func @f(%w: tensor<4x3xf32>, %n: tensor<4xf32>) {
  // expected-error @below {{[fold_batch_norm_c3] expected a positive eps}}
  %0:2 = qopt.fold_batch_norm %w norm(%n, %n, %n, %n) update {eps = 0.0} : (tensor<4x3xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> (tensor<4x3xf32>, tensor<4xf32>)
  return
}

// -----

func.func @f(%w: tensor<4x3xf32>, %n: tensor<4xf32>) {
  // expected-error @below {{[fold_batch_norm_c4] expected an axis of the weight of rank 2 and positive groups, got axis 2, groups 1}}
  %0:2 = qopt.fold_batch_norm %w norm(%n, %n, %n, %n) update {axis = 2 : i64} : (tensor<4x3xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> (tensor<4x3xf32>, tensor<4xf32>)
  return
}
