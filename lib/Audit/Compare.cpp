//===- Compare.cpp - two models on the same inputs, value by value ------------------===//

#include "qopt/Audit/Compare.h"

#include "Codes.h"
#include "Sqnr.h"

#include "qopt/Support/Progress.h"
#include "qopt/Support/Text.h"

#include "llvm/ADT/bit.h"

#include <cmath>

using namespace qopt;
using namespace qopt::audit;
using namespace llvm;

double Difference::sqnr() const { return decibels(signal, noise); }

int64_t Difference::distinctCodes() const {
  int64_t count = 0;
  for (const uint64_t word : codesSeen)
    count += popcount(word);
  return count;
}

namespace {
/// Adds pairs of elements to a value's difference.
class Accumulator {
public:
  Accumulator(const Record &a, const Record &b, Difference &total) : a(a), b(b), total(total) {
    for (int64_t dim = 2; dim < a.data.rank(); ++dim)
      inner *= a.data.dim(dim);
    channels = a.data.rank() > 1 ? a.data.dim(1) : 1;
    total.channels.resize(channels);
    for (const Record *side : {&a, &b})
      if (side->isCodes)
        total.step = std::max<double>(total.step, side->scale);
  }

  void add(int64_t i) {
    const double left = realAt(a, i), right = realAt(b, i), error = right - left;
    ChannelDifference &channel = total.channels[(i / inner) % channels];
    if (a.exactFloat && b.exactFloat)
      total.codesDiffer += bitsAt(a.data, i) != bitsAt(b.data, i);
    total.signal += left * left;
    total.noise += error * error;
    total.maxError = std::max(total.maxError, std::fabs(error));
    ++channel.elements;
    channel.errorSum += error;
    const bool end = isEnd(a, i) || isEnd(b, i);
    if (end)
      total.clippedNoise += error * error;
    if (a.isCodes)
      see(codeAt(a.data, i));
    if (a.isCodes && b.isCodes)
      addCodes(codeAt(b.data, i) - codeAt(a.data, i), end, channel);
  }

private:
  static uint32_t bitsAt(const Tensor &data, int64_t i) {
    return bit_cast<uint32_t>(data.data<float>()[i]);
  }
  static bool isEnd(const Record &side, int64_t i) {
    if (!side.isCodes)
      return false;
    const int64_t code = codeAt(side.data, i);
    return code == side.qmin || code == side.qmax;
  }
  void see(int64_t code) {
    const uint8_t byte = static_cast<uint8_t>(code);
    total.codesSeen[byte / 64] |= uint64_t(1) << (byte % 64);
  }
  void addCodes(int64_t step, bool end, ChannelDifference &channel) {
    total.codeRange = std::max<int64_t>(total.codeRange, a.qmax - a.qmin);
    if (step == 0)
      return;
    channel.leastStep = channel.differ ? std::min(channel.leastStep, step) : step;
    channel.greatestStep = channel.differ ? std::max(channel.greatestStep, step) : step;
    ++channel.differ;
    ++total.codesDiffer;
    total.differAtEnds += end;
    total.maxCodeStep = std::max(total.maxCodeStep, std::abs(step));
  }

  const Record &a, &b;
  Difference &total;
  int64_t inner = 1, channels = 1;
};
} // namespace

Error Comparison::accumulate(const Record &a, const Record &b, int64_t elements) {
  if (a.data.numElements() != b.data.numElements())
    return makeError("'" + a.name + "' has " + Twine(a.data.numElements()) + " elements in " +
                     firstName + " but " + Twine(b.data.numElements()) + " in " + secondName +
                     "; are they the same network?");
  Difference &total = values[a.name];
  const bool bothCodes = a.isCodes && b.isCodes;
  total.bothCodes &= bothCodes;
  total.bothExact &= a.exactFloat && b.exactFloat;
  total.elements += elements;
  Accumulator accumulator(a, b, total);
  for (int64_t i = 0; i < elements; ++i)
    accumulator.add(i);
  // Equal codes under other parameters are not the same value.
  if (bothCodes && (a.scale != b.scale || a.zeroPoint != b.zeroPoint)) {
    total.codesDiffer = total.elements;
    total.sameParameters = false;
  }
  return Error::success();
}

Error Comparison::addBatch(Model &runsFirst, Model &runsSecond, ArrayRef<Tensor> inputs,
                           int64_t rows) {
  StringMap<Record> seen;
  SmallVector<Tensor> outputs;
  std::vector<std::string> names;
  Error failure = Error::success();
  const auto twice = [&](const Record &record, StringRef side) {
    if (!failure)
      failure = makeError("'" + record.name + "' is reported twice by " + side +
                          ": the program is damaged");
  };
  if (Error error = runsFirst.run(inputs, outputs, [&](const Record &record) {
        if (seen.count(record.name))
          twice(record, swappedRoles ? secondName : firstName);
        names.push_back(record.name);
        Record copy = record;
        copy.data = record.data.clone();
        seen[record.name] = std::move(copy);
      }))
    return joinErrors(std::move(failure), std::move(error));
  StringMap<bool> matched;
  auto onRecord = [&](const Record &record) {
    auto found = seen.find(record.name);
    if (found == seen.end()) {
      onlySecond[record.name] = record.isCodes;
      return;
    }
    if (!matched.try_emplace(record.name, true).second)
      twice(record, swappedRoles ? firstName : secondName);
    // A filled-up batch counts only its real samples, which come first in every value.
    const int64_t all = record.data.numElements(), batch = inputs.front().dim(0);
    const int64_t real = rows < batch ? all / batch * rows : all;
    if (!failure)
      failure = swappedRoles ? accumulate(record, found->second, real)
                             : accumulate(found->second, record, real);
    behindFloat |= record.behindFloat;
  };
  // Floats only where the first side runs the layer that reads them on codes too (N17).
  const bool exact = any_of(seen, [](const auto &entry) { return entry.second.exactFloat; });
  auto sameCodes = [&](StringRef name) {
    auto found = seen.find(name);
    const bool same = found != seen.end() && (found->second.isCodes || exact);
    return same ? found->second.data : Tensor();
  };
  Error ran = runsSecond.run(inputs, outputs, onRecord, sameCodes);
  if (ran)
    return joinErrors(std::move(failure), std::move(ran));
  for (auto &entry : seen)
    if (!matched.count(entry.first()))
      onlyFirst[entry.first()] = entry.second.isCodes;
  if (order.empty())
    for (const std::string &name : names)
      if (matched.count(name))
        order.push_back(name);
  return failure;
}

Error Comparison::add(Model &first, Model &second, ArrayRef<Tensor> inputs, int64_t rows) {
  // Only an interpreter can take the other side's codes behind a float layer, so it runs last.
  const bool swapped = first.canSubstitute() && !second.canSubstitute();
  if (!swapped)
    return addBatch(first, second, inputs, rows);
  swappedRoles = true;
  std::swap(onlyFirst, onlySecond);
  Error error = addBatch(second, first, inputs, rows);
  std::swap(onlyFirst, onlySecond);
  swappedRoles = false;
  return error;
}

Error Comparison::addAll(Model &first, Model &second, BatchReader &reader, int64_t batch,
                         int64_t limit) {
  const int64_t samples = limit ? std::min(limit, reader.samples()) : reader.samples();
  const int64_t step = reader.batchSize(batch);
  Progress progress("comparing", samples, "samples");
  for (int64_t begin = 0; begin < samples; begin += step) {
    const int64_t end = std::min(begin + step, samples);
    Expected<SmallVector<Tensor>> inputs = reader.read(begin, end);
    if (!inputs)
      return inputs.takeError();
    if (Error error = add(first, second, *inputs, end - begin))
      return error;
    progress.update(end);
  }
  progress.finish();
  return Error::success();
}

int64_t Comparison::valuesOnCodes() const {
  return count_if(order, [&](const std::string &name) { return of(name).bothCodes; });
}

int64_t Comparison::valuesExact() const {
  return count_if(order, [&](const std::string &name) { return of(name).bothExact; });
}

int64_t Comparison::codesThatDiffer() const {
  int64_t total = 0;
  for (const std::string &name : order)
    total += of(name).mustAgree() ? of(name).codesDiffer : 0;
  return total;
}

std::string Comparison::firstDifferent() const {
  for (const std::string &name : order)
    if (of(name).mustAgree() && of(name).codesDiffer)
      return name;
  return "";
}

std::string Comparison::firstBelow(double decibels) const {
  for (const std::string &name : order)
    if (!(of(name).sqnr() >= decibels))
      return name;
  return "";
}
