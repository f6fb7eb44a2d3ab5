//===- Observer.h - what calibration remembers of a tensor -----------------------------===//
//
// The state of one observer: mergeable in any order with bitwise the same result (except
// moving averages, which have an order and refuse), bounded in memory, and serializable.
// How a range is chosen from a state is in RangeSearch.h.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_SUPPORT_OBSERVER_H
#define QOPT_SUPPORT_OBSERVER_H

#include "qopt/Support/Histogram.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <string>
#include <vector>

namespace qopt {

/// What is recorded. Histogram serves the searches histogram, percentile, mse, entropy.
enum class StateKind : uint8_t { MinMax = 0, Histogram = 1, PerChannel = 2, MovingAverage = 3 };

class ObserverState {
public:
  static ObserverState minMax();
  static ObserverState histogram(int bins = Histogram::kDefaultBins);
  /// One min and max per channel.
  static ObserverState perChannel(int64_t channels);
  /// `averagingConstant` in (0, 1]: the weight of a new batch (PyTorch's default is 0.01).
  static ObserverState movingAverage(float averagingConstant = 0.01f);

  StateKind kind() const { return stateKind; }

  /// Records one batch of a tensor. For MovingAverage each call is one batch. NaN and
  /// infinity are counted apart and enter nothing else. Not for PerChannel.
  void update(llvm::ArrayRef<float> values);

  /// Records a tensor seen as [outer, channels, inner]. Only for PerChannel.
  void updateChannels(const float *values, int64_t outer, int64_t channels, int64_t inner);

  /// Adds what `other` saw. Errors: another kind, number of bins or channels; moving
  /// averages, whose result depends on the order of batches. `where` starts the message.
  llvm::Error merge(const ObserverState &other, llvm::StringRef where);

  /// Finite values seen.
  uint64_t count() const { return finiteCount; }
  uint64_t nanCount() const { return nans; }
  uint64_t infCount() const { return infinities; }
  uint64_t batches() const { return batchCount; }

  /// Exact (or averaged, for MovingAverage) extremes; undefined when count() is 0.
  float min() const { return least; }
  float max() const { return greatest; }

  /// Per-channel extremes; a channel that saw nothing has min > max.
  llvm::ArrayRef<float> channelMin() const { return channelLeast; }
  llvm::ArrayRef<float> channelMax() const { return channelGreatest; }

  const Histogram &bins() const { return histogramState; }
  float averagingConstant() const { return averaging; }

  bool operator==(const ObserverState &other) const;

  /// Little-endian bytes, the same for equal states.
  std::string serialize() const;
  /// Errors: not an observer state, another version, truncated, contradictory. `where`
  /// starts the message.
  static llvm::Expected<ObserverState> deserialize(llvm::StringRef bytes, llvm::StringRef where);

private:
  explicit ObserverState(StateKind kind, int bins = 4) : stateKind(kind), histogramState(bins) {}

  StateKind stateKind;
  uint64_t finiteCount = 0;
  uint64_t nans = 0;
  uint64_t infinities = 0;
  uint64_t batchCount = 0;
  float least = std::numeric_limits<float>::infinity();
  float greatest = -std::numeric_limits<float>::infinity();
  float averaging = 0.0f;
  std::vector<float> channelLeast;
  std::vector<float> channelGreatest;
  Histogram histogramState;
};

} // namespace qopt

#endif // QOPT_SUPPORT_OBSERVER_H
