//===- Observer.cpp - what calibration remembers of a tensor --------------------------===//
//
// See Observer.h. The serialized form: "QOBS", version, kind, fixed fields, arrays; all
// little-endian; histograms store only the span of bins that are not empty.
//
//===-----------------------------------------------------------------------------===//

#include "qopt/Support/Observer.h"
#include "Summary.h"
#include "qopt/Support/Text.h"

#include "llvm/Support/Endian.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstring>

namespace qopt {

ObserverState ObserverState::minMax() { return ObserverState(StateKind::MinMax); }

ObserverState ObserverState::histogram(int bins) {
  return ObserverState(StateKind::Histogram, bins);
}

ObserverState ObserverState::perChannel(int64_t channels) {
  assert(channels >= 0 && "negative number of channels");
  ObserverState state(StateKind::PerChannel);
  state.channelLeast.assign(channels, std::numeric_limits<float>::infinity());
  state.channelGreatest.assign(channels, -std::numeric_limits<float>::infinity());
  return state;
}

ObserverState ObserverState::movingAverage(float averagingConstant) {
  assert(averagingConstant > 0 && averagingConstant <= 1 && "averaging constant out of (0, 1]");
  ObserverState state(StateKind::MovingAverage);
  state.averaging = averagingConstant;
  return state;
}

void ObserverState::update(llvm::ArrayRef<float> values) {
  assert(stateKind != StateKind::PerChannel && "use updateChannels");
  const Summary summary = summarize(values);
  const bool firstValues = finiteCount == 0;
  ++batchCount;
  finiteCount += summary.finite;
  nans += summary.nans;
  infinities += summary.infinities;
  if (!summary.finite)
    return;
  if (stateKind == StateKind::MovingAverage && !firstValues) {
    least = least + averaging * (summary.least - least);
    greatest = greatest + averaging * (summary.greatest - greatest);
    return;
  }
  least = std::min(least, summary.least);
  greatest = std::max(greatest, summary.greatest);
  if (stateKind == StateKind::Histogram)
    histogramState.add(values);
}

void ObserverState::updateChannels(const float *values, int64_t outer, int64_t channels,
                                   int64_t inner) {
  assert(stateKind == StateKind::PerChannel && "a per-tensor state");
  assert(channels == static_cast<int64_t>(channelLeast.size()) && "other number of channels");
  ++batchCount;
  for (int64_t o = 0; o < outer; ++o) {
    for (int64_t c = 0; c < channels; ++c, values += inner) {
      const Summary summary = summarize({values, static_cast<size_t>(inner)});
      finiteCount += summary.finite;
      nans += summary.nans;
      infinities += summary.infinities;
      channelLeast[c] = std::min(channelLeast[c], summary.least);
      channelGreatest[c] = std::max(channelGreatest[c], summary.greatest);
      least = std::min(least, summary.least);
      greatest = std::max(greatest, summary.greatest);
    }
  }
}

static llvm::StringRef stateKindText(StateKind kind) {
  switch (kind) {
  case StateKind::MinMax:
    return "min_max";
  case StateKind::Histogram:
    return "histogram";
  case StateKind::PerChannel:
    return "per_channel_min_max";
  case StateKind::MovingAverage:
    return "moving_average_min_max";
  }
  return "unknown";
}

llvm::Error ObserverState::merge(const ObserverState &other, llvm::StringRef where) {
  if (stateKind != other.stateKind)
    return makeError(where + ": cannot merge a " + stateKindText(stateKind) + " state with a " +
                     stateKindText(other.stateKind) + " state");
  if (stateKind == StateKind::MovingAverage)
    return makeError(where + ": a moving average depends on the order of its batches and cannot "
                             "be merged; calibrate in one run, or use min_max or histogram");
  if (histogramState.numBins() != other.histogramState.numBins())
    return makeError(where + ": cannot merge " + std::to_string(histogramState.numBins()) +
                     " bins with " + std::to_string(other.histogramState.numBins()));
  if (channelLeast.size() != other.channelLeast.size())
    return makeError(where + ": cannot merge " + std::to_string(channelLeast.size()) +
                     " channels with " + std::to_string(other.channelLeast.size()));
  finiteCount += other.finiteCount;
  nans += other.nans;
  infinities += other.infinities;
  batchCount += other.batchCount;
  least = std::min(least, other.least);
  greatest = std::max(greatest, other.greatest);
  for (size_t c = 0; c < channelLeast.size(); ++c) {
    channelLeast[c] = std::min(channelLeast[c], other.channelLeast[c]);
    channelGreatest[c] = std::max(channelGreatest[c], other.channelGreatest[c]);
  }
  if (stateKind == StateKind::Histogram)
    histogramState.merge(other.histogramState);
  return llvm::Error::success();
}

bool ObserverState::operator==(const ObserverState &other) const {
  return stateKind == other.stateKind && finiteCount == other.finiteCount && nans == other.nans &&
         infinities == other.infinities && batchCount == other.batchCount && least == other.least &&
         greatest == other.greatest && averaging == other.averaging &&
         channelLeast == other.channelLeast && channelGreatest == other.channelGreatest &&
         histogramState == other.histogramState;
}

//===-----------------------------------------------------------------------------===//
// Bytes
//===-----------------------------------------------------------------------------===//

static constexpr char kMagic[4] = {'Q', 'O', 'B', 'S'};
static constexpr uint32_t kVersion = 1;
/// A bound on what a damaged file may make us allocate.
static constexpr uint64_t kMaxArray = uint64_t(1) << 20;

namespace {
class Writer {
public:
  std::string bytes;

  template <typename T> void put(T value) {
    char buffer[sizeof(T)];
    llvm::support::endian::write<T>(buffer, value, llvm::endianness::little);
    bytes.append(buffer, sizeof(T));
  }
  void put(float value) {
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof(bits));
    put(bits);
  }
};

/// Reads past the end give zero and set `failed`.
class Reader {
public:
  explicit Reader(llvm::StringRef bytes) : rest(bytes) {}
  bool failed = false;
  llvm::StringRef rest;

  template <typename T> T get() {
    if (rest.size() < sizeof(T)) {
      failed = true;
      rest = "";
      return T();
    }
    const T value = llvm::support::endian::read<T>(rest.data(), llvm::endianness::little);
    rest = rest.drop_front(sizeof(T));
    return value;
  }
  float getFloat() {
    const uint32_t bits = get<uint32_t>();
    float value;
    std::memcpy(&value, &bits, sizeof(value));
    return value;
  }
};
} // namespace

static void putHistogram(Writer &out, const Histogram &histogram) {
  const llvm::ArrayRef<uint64_t> counts = histogram.binCounts();
  size_t begin = 0;
  size_t end = counts.size();
  while (begin < end && !counts[begin])
    ++begin;
  while (end > begin && !counts[end - 1])
    --end;
  out.put<uint64_t>(counts.size());
  out.put<uint64_t>(histogram.zeros());
  out.put<uint64_t>(begin);
  out.put<uint64_t>(end - begin);
  for (uint64_t count : counts.slice(begin, end - begin))
    out.put<uint64_t>(count);
}

std::string ObserverState::serialize() const {
  Writer out;
  out.bytes.assign(kMagic, sizeof(kMagic));
  out.put<uint32_t>(kVersion);
  out.put<uint32_t>(static_cast<uint32_t>(stateKind));
  out.put<uint64_t>(finiteCount);
  out.put<uint64_t>(nans);
  out.put<uint64_t>(infinities);
  out.put<uint64_t>(batchCount);
  out.put(least);
  out.put(greatest);
  out.put(averaging);
  out.put<uint64_t>(channelLeast.size());
  for (float value : channelLeast)
    out.put(value);
  for (float value : channelGreatest)
    out.put(value);
  putHistogram(out, histogramState);
  return std::move(out.bytes);
}

static bool getHistogram(Reader &in, float least, float greatest, Histogram &result) {
  const uint64_t bins = in.get<uint64_t>();
  const uint64_t zeros = in.get<uint64_t>();
  const uint64_t begin = in.get<uint64_t>();
  const uint64_t used = in.get<uint64_t>();
  if (in.failed || bins > kMaxArray || begin > bins || used > bins - begin ||
      in.rest.size() < used * sizeof(uint64_t))
    return false;
  std::vector<uint64_t> counts(bins);
  for (uint64_t i = 0; i < used; ++i)
    counts[begin + i] = in.get<uint64_t>();
  return Histogram::restore(least, greatest, zeros, counts, result);
}

llvm::Expected<ObserverState> ObserverState::deserialize(llvm::StringRef bytes,
                                                         llvm::StringRef where) {
  if (!bytes.starts_with(llvm::StringRef(kMagic, sizeof(kMagic))))
    return makeError(where + ": not the state of an observer");
  Reader in(bytes.drop_front(sizeof(kMagic)));
  const uint32_t version = in.get<uint32_t>();
  if (!in.failed && version != kVersion)
    return makeError(where + ": the observer state has version " + std::to_string(version) +
                     ", expected " + std::to_string(kVersion) + "; calibrate again");
  const uint32_t kind = in.get<uint32_t>();
  if (kind > static_cast<uint32_t>(StateKind::MovingAverage))
    return makeError(where + ": the observer state is of an unknown kind " + std::to_string(kind));
  ObserverState state(static_cast<StateKind>(kind));
  state.finiteCount = in.get<uint64_t>();
  state.nans = in.get<uint64_t>();
  state.infinities = in.get<uint64_t>();
  state.batchCount = in.get<uint64_t>();
  state.least = in.getFloat();
  state.greatest = in.getFloat();
  state.averaging = in.getFloat();
  const uint64_t channels = in.get<uint64_t>();
  if (in.failed || channels > kMaxArray || in.rest.size() < channels * 2 * sizeof(float))
    return makeError(where + ": the observer state is truncated");
  for (uint64_t c = 0; c < channels; ++c)
    state.channelLeast.push_back(in.getFloat());
  for (uint64_t c = 0; c < channels; ++c)
    state.channelGreatest.push_back(in.getFloat());
  if (!getHistogram(in, state.least, state.greatest, state.histogramState) || !in.rest.empty())
    return makeError(where + ": the observer state is truncated or damaged");
  const bool extremesFit = state.finiteCount == 0
                               ? state.least > state.greatest
                               : std::isfinite(state.least) && std::isfinite(state.greatest) &&
                                     state.least <= state.greatest;
  if (!extremesFit || (state.stateKind == StateKind::Histogram &&
                       state.histogramState.count() != state.finiteCount))
    return makeError(where + ": the observer state is truncated or damaged");
  return std::move(state);
}

} // namespace qopt
