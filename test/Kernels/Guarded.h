//===- Guarded.h - memory that ends at an inaccessible page ----------------------===//
//
// A kernel that reads or writes one byte too far dies at once.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_TEST_KERNELS_GUARDED_H
#define QOPT_TEST_KERNELS_GUARDED_H

#include <cassert>
#include <cstdint>
#include <cstring>
#include <sys/mman.h>
#include <utility>

namespace qopt::test {

/// `size` bytes directly in front of a PROT_NONE page.
class Guarded {
public:
  explicit Guarded(size_t size, uint8_t fill = 0xcd) : bytes(size) {
    const size_t page = 4096;
    mapped = (size + page - 1) / page * page + page;
    base = static_cast<uint8_t *>(
        mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    assert(base != MAP_FAILED);
    mprotect(base + mapped - page, page, PROT_NONE);
    std::memset(base, fill, mapped - page);
    start = base + mapped - page - size;
  }
  Guarded(const void *data, size_t size) : Guarded(size) {
    if (size)
      std::memcpy(start, data, size);
  }
  Guarded(Guarded &&other)
      : base(std::exchange(other.base, nullptr)), start(other.start), mapped(other.mapped),
        bytes(other.bytes) {}
  Guarded(const Guarded &) = delete;
  ~Guarded() {
    if (base)
      munmap(base, mapped);
  }

  uint8_t *data() const { return start; }
  size_t size() const { return bytes; }

  /// True if no byte in front of the data changed (up to the page's start).
  bool frontIntact(uint8_t fill = 0xcd) const {
    for (const uint8_t *p = base; p != start; ++p)
      if (*p != fill)
        return false;
    return true;
  }

private:
  uint8_t *base;
  uint8_t *start;
  size_t mapped, bytes;
};

} // namespace qopt::test

#endif // QOPT_TEST_KERNELS_GUARDED_H
