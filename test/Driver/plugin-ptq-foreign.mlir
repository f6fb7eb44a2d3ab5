// A host of linalg or TOSA stays in its dialect: the stock mlir-opt takes the float network and
// writes the integer one, by one pipeline, under the function's own name.
// REQUIRES: plugin, numpy
// UNSUPPORTED: asan
// RUN: %python %source/test/Stage/Calibrate/Inputs/npz.py %t.npz "x=np.random.default_rng(0).normal(size=(16, 4)).astype('f4')"
// RUN: mlir-opt --load-dialect-plugin=%plugin --load-pass-plugin=%plugin %s \
// RUN:   --pass-pipeline="builtin.module(qopt-ptq-pipeline{data=%t.npz to=linalg fail-on-float=all})" \
// RUN:   | mlir-opt | FileCheck %s --check-prefix=LINALG --implicit-check-not='= nn.' --implicit-check-not=qopt.
// RUN: mlir-opt --load-dialect-plugin=%plugin --load-pass-plugin=%plugin %s \
// RUN:   --pass-pipeline="builtin.module(qopt-ptq-pipeline{data=%t.npz to=tosa batch=1})" \
// RUN:   | mlir-opt | FileCheck %s --check-prefix=TOSA
// RUN: mlir-opt --load-dialect-plugin=%plugin --load-pass-plugin=%plugin %s \
// RUN:   --pass-pipeline="builtin.module(qopt-ptq-pipeline{data=%t.npz})" | FileCheck %s --check-prefix=NN
// RUN: not qopt %s --qopt-ptq-pipeline="data=%t.npz to=hlo" 2>&1 | FileCheck %s --check-prefix=WORD

// LINALG: func.func @classify(%{{.*}}: tensor<1x4xf32> {nn.name = "arg0"}) -> (tensor<1x2xf32>
// LINALG: linalg.matmul ins(%{{.*}} : tensor<1x4xi8>, tensor<4x2xi8>) outs(%{{.*}} : tensor<1x2xi32>)
// TOSA: func.func @classify
// TOSA: tosa.conv2d {{.*}}xi8>{{.*}}xi32>
// TOSA: tosa.rescale
// NN: func.func @main{{.*}} attributes {qopt.entry = "classify"}
// NN: nn.linear
// WORD: Cannot find option named 'hlo'
func.func @classify(%x: tensor<1x4xf32>) -> tensor<1x2xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[0.5, -1.0], [0.25, 0.75], [-0.5, 1.0], [1.0, 0.125]]> : tensor<4x2xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %y = linalg.matmul ins(%x, %w : tensor<1x4xf32>, tensor<4x2xf32>) outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}
