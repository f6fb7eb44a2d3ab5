//===- PlanMemory.cpp - buffers that never live together share memory ---------------===//

#include "qopt/Lower/Passes.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::lower;

namespace qopt::lower {
#define GEN_PASS_DEF_PLANMEMORY
#include "qopt/Lower/Passes.h.inc"
} // namespace qopt::lower

namespace {

/// Allocations that are one piece of memory: one, or those of a chain of in-place calls.
struct Piece {
  SmallVector<ukernel::AllocOp, 1> allocs;
  int64_t bytes = 0;           ///< a multiple of 64
  int64_t first = 0, last = 0; ///< positions of the first and last op that touch it
  int64_t offset = -1;
};

} // namespace

/// Samples of every buffer start 64-byte aligned only if its size is a multiple of 64; the
/// first one always does, which is what kernels are promised.
static int64_t alignUp(int64_t bytes) { return (bytes + 63) / 64 * 64; }

static bool livesTogether(const Piece &a, const Piece &b) {
  return a.first <= b.last && b.first <= a.last;
}

/// Element i of the result depends on element i of the input alone, and both are of one size.
static bool worksInPlace(ukernel::KernelCall call) {
  return isa<ukernel::TableOp, ukernel::F32UnaryOp>(call.getOperation());
}

static SmallVector<Piece> collectPieces(ukernel::ProgramOp program) {
  DenseMap<Operation *, int64_t> position;
  int64_t next = 0;
  for (Operation &op : program.getBody().front())
    position[&op] = next++;
  SmallVector<Piece> pieces;
  for (auto alloc : program.getBody().getOps<ukernel::AllocOp>()) {
    Piece piece;
    piece.allocs.push_back(alloc);
    piece.bytes = alignUp(alloc.getBuffer().getType().getBytes());
    piece.first = next;
    for (Operation *user : alloc.getBuffer().getUsers()) {
      piece.first = std::min(piece.first, position[user]);
      piece.last = std::max(piece.last, position[user]);
    }
    if (!alloc.getBuffer().use_empty())
      pieces.push_back(std::move(piece));
  }
  return pieces;
}

/// Joins the input and output of pointwise calls where the input dies in the call.
static void joinInPlace(ukernel::ProgramOp program, SmallVectorImpl<Piece> &pieces) {
  DenseMap<Operation *, size_t> pieceOf;
  for (auto [index, piece] : llvm::enumerate(pieces))
    pieceOf[piece.allocs.front()] = index;
  int64_t position = -1;
  for (Operation &op : program.getBody().front()) {
    ++position;
    auto call = dyn_cast<ukernel::KernelCall>(op);
    if (!call || !worksInPlace(call))
      continue;
    auto from = call.getInputs().front().getDefiningOp<ukernel::AllocOp>();
    auto to = call.getOutput().getDefiningOp<ukernel::AllocOp>();
    if (!from || !to || from == to || from.getBuffer().getType() != to.getBuffer().getType())
      continue;
    Piece &source = pieces[pieceOf[from]], &target = pieces[pieceOf[to]];
    if (source.last != position || target.first != position)
      continue;
    source.last = target.last;
    for (ukernel::AllocOp alloc : target.allocs) {
      pieceOf[alloc] = pieceOf[from];
      source.allocs.push_back(alloc);
    }
    target.allocs.clear();
  }
  llvm::erase_if(pieces, [](const Piece &piece) { return piece.allocs.empty(); });
}

/// The lowest offset at which `piece` overlaps none of `placed` that live with it.
static int64_t findOffset(const Piece &piece, ArrayRef<const Piece *> placed) {
  SmallVector<const Piece *> rivals;
  for (const Piece *other : placed)
    if (livesTogether(piece, *other))
      rivals.push_back(other);
  llvm::sort(rivals, [](const Piece *a, const Piece *b) { return a->offset < b->offset; });
  int64_t offset = 0;
  for (const Piece *other : rivals) {
    if (offset + piece.bytes <= other->offset)
      break;
    offset = std::max(offset, other->offset + other->bytes);
  }
  return offset;
}

/// Largest first; equal sizes in program order, so that plans do not vary.
static int64_t place(MutableArrayRef<Piece> pieces) {
  SmallVector<Piece *> order;
  for (Piece &piece : pieces)
    order.push_back(&piece);
  llvm::sort(order, [](const Piece *a, const Piece *b) {
    return std::tuple(-a->bytes, a) < std::tuple(-b->bytes, b); // pieces lie in program order
  });
  SmallVector<const Piece *> placed;
  int64_t arena = 0;
  for (Piece *piece : order) {
    piece->offset = findOffset(*piece, placed);
    arena = std::max(arena, piece->offset + piece->bytes);
    placed.push_back(piece);
  }
  return arena;
}

namespace {

struct PlanMemoryPass : lower::impl::PlanMemoryBase<PlanMemoryPass> {
  using Base::Base;

  void runOnOperation() override {
    ukernel::ProgramOp program = getOperation();
    for (auto alloc : llvm::make_early_inc_range(program.getBody().getOps<ukernel::AllocOp>()))
      if (alloc.getBuffer().use_empty())
        alloc.erase();
    SmallVector<Piece> pieces = collectPieces(program);
    for (const Piece &piece : pieces)
      bufferBytes += piece.bytes;
    if (inPlace)
      joinInPlace(program, pieces);
    const int64_t arena = place(pieces);
    arenaBytes += arena;
    program.setArenaBytes(arena);
    for (Piece &piece : pieces)
      for (ukernel::AllocOp alloc : piece.allocs)
        alloc.setOffset(piece.offset);
  }
};

} // namespace
