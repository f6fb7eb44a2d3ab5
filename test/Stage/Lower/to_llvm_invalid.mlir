// RUN: qopt %s --lower-ukernel-to-llvm --split-input-file --verify-diagnostics

// expected-error @below {{no ukernel.program to lower; run lower-to-ukernel first}}
module {
}

// -----

ukernel.program @p isa("scalar") {
  // expected-error @below {{has no place in the arena; run lower-plan-memory first}}
  %a = ukernel.alloc : <8 x i8>
}

// -----

ukernel.program @p isa("scalar") {
  %x = ukernel.input 0 "x" tensor<?x3xf32> : <3 x f32>
}
// expected-error @below {{has other inputs, outputs or batch than "p"}}
ukernel.program @q isa("avx2") {
  %x = ukernel.input 0 "z" tensor<?x3xf32> : <3 x f32>
}
