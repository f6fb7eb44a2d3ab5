//===- NpyRead.cpp - reading numpy's .npy and .npz files ---------------------------------===//
//
// Plain .npy files are read with pread rather than mapped: a file that shrinks meanwhile
// is then an error and not a signal. See Npy.h.
//
//===-----------------------------------------------------------------------------===//

#include "NpyHeader.h"
#include "qopt/Support/Files.h"
#include "qopt/Support/Text.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Endian.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>

namespace qopt {

namespace {
/// One array's bytes, from the start of its .npy.
class Stream {
public:
  virtual ~Stream() = default;
  /// Reads up to `size` bytes; fewer only at the end.
  virtual llvm::Expected<uint64_t> read(char *out, uint64_t size) = 0;
  virtual llvm::Error seek(uint64_t position) = 0;
};

class FileStream : public Stream {
public:
  explicit FileStream(int fd) : fd(fd) {}

  llvm::Expected<uint64_t> read(char *out, uint64_t size) override {
    uint64_t done = 0;
    while (done < size) {
      const ssize_t got = ::pread(fd, out + done, size - done, position);
      if (got < 0 && errno == EINTR)
        continue;
      if (got < 0)
        return makeError(llvm::Twine("cannot read: ") + std::strerror(errno));
      if (got == 0)
        break;
      done += got;
      position += got;
    }
    return done;
  }

  llvm::Error seek(uint64_t to) override {
    position = to;
    return llvm::Error::success();
  }

private:
  int fd;
  uint64_t position = 0;
};

class ZipStream : public Stream {
public:
  ZipStream(zip_t *archive, uint64_t index) : archive(archive), index(index) {}
  ~ZipStream() override { close(); }

  llvm::Expected<uint64_t> read(char *out, uint64_t size) override {
    if (llvm::Error error = open())
      return std::move(error);
    uint64_t done = 0;
    while (done < size) {
      const zip_int64_t got = zip_fread(file, out + done, size - done);
      if (got < 0)
        return makeError(llvm::Twine("damaged archive member: ") + zip_file_strerror(file));
      if (got == 0)
        break;
      done += got;
      position += got;
    }
    return done;
  }

  /// Forward by reading on, backward by starting again: deflated data has no other way.
  llvm::Error seek(uint64_t to) override {
    if (to < position)
      close();
    std::vector<char> scratch(std::min<uint64_t>(to - position, 1 << 16));
    while (position < to) {
      llvm::Expected<uint64_t> got =
          read(scratch.data(), std::min<uint64_t>(scratch.size(), to - position));
      if (!got)
        return got.takeError();
      if (*got == 0)
        return makeError("truncated: the archive member ends early");
    }
    return llvm::Error::success();
  }

private:
  zip_t *archive;
  uint64_t index;
  zip_file_t *file = nullptr;
  uint64_t position = 0;

  llvm::Error open() {
    if (file)
      return llvm::Error::success();
    file = zip_fopen_index(archive, index, 0);
    position = 0;
    if (!file)
      return makeError(llvm::Twine("cannot read the archive member: ") + zip_strerror(archive));
    return llvm::Error::success();
  }

  void close() {
    if (file)
      zip_fclose(file);
    file = nullptr;
    position = 0;
  }
};
} // namespace

struct NpzFile::State {
  struct Entry {
    uint64_t index = 0;
    uint64_t bytes = 0;
    ArrayInfo info;
    /// Why this array cannot be read; reported when it is asked for.
    std::string problem;
  };

  std::string path;
  std::vector<std::string> names;
  std::vector<Entry> entries;
  zip_t *archive = nullptr;
  int fd = -1;
  /// The stream of the array used last, so that reading rows in order stays linear.
  std::unique_ptr<Stream> stream;
  size_t streamEntry = 0;

  ~State() {
    stream.reset();
    if (archive)
      zip_discard(archive);
    if (fd >= 0)
      ::close(fd);
  }

  std::unique_ptr<Stream> makeStream(const Entry &entry) const {
    if (archive)
      return std::make_unique<ZipStream>(archive, entry.index);
    return std::make_unique<FileStream>(fd);
  }

  Stream &streamOf(size_t number) {
    if (!stream || streamEntry != number)
      stream = makeStream(entries[number]);
    streamEntry = number;
    return *stream;
  }

  llvm::Error error(llvm::StringRef name, const llvm::Twine &message) const {
    return makeError(path + ": array '" + name + "': " + message);
  }

  void addEntry(std::string name, uint64_t index, uint64_t bytes);
  llvm::Error openArchive();
  llvm::Expected<size_t> find(llvm::StringRef name) const;
  llvm::Expected<Tensor> read(size_t number, int64_t begin, int64_t end);
};

void NpzFile::State::addEntry(std::string name, uint64_t index, uint64_t bytes) {
  Entry entry;
  entry.index = index;
  entry.bytes = bytes;
  const std::unique_ptr<Stream> header = makeStream(entry);
  llvm::Expected<ArrayInfo> info =
      readNpyHeader([&](char *out, uint64_t size) { return header->read(out, size); });
  if (!info) {
    entry.problem = llvm::toString(info.takeError());
  } else {
    entry.info = std::move(*info);
    const uint64_t needed = *checkedNumBytes(entry.info.dtype, entry.info.shape);
    const uint64_t present = bytes - std::min(bytes, entry.info.headerBytes);
    if (present < needed)
      entry.problem = "truncated: " + std::to_string(needed) + " bytes of data expected, " +
                      std::to_string(present) + " there";
  }
  names.push_back(std::move(name));
  entries.push_back(std::move(entry));
}

llvm::Error NpzFile::State::openArchive() {
  int code = 0;
  archive = zip_open(path.c_str(), ZIP_RDONLY, &code);
  if (!archive) {
    zip_error_t reason;
    zip_error_init_with_code(&reason, code);
    const std::string text = zip_error_strerror(&reason);
    zip_error_fini(&reason);
    return makeError(path + ": not a complete .npz file (a zip archive): " + text +
                     "; was it cut short?");
  }
  for (zip_int64_t i = 0, e = zip_get_num_entries(archive, 0); i < e; ++i) {
    zip_stat_t status;
    if (zip_stat_index(archive, i, 0, &status) != 0 || !(status.valid & ZIP_STAT_NAME) ||
        !(status.valid & ZIP_STAT_SIZE))
      return makeError(path + ": the archive's directory is damaged");
    llvm::StringRef name = status.name;
    if (name.consume_back(".npy") && !llvm::is_contained(names, name))
      addEntry(name.str(), i, status.size);
  }
  if (names.empty())
    return makeError(path + ": a zip archive without .npy members; write it with numpy's savez");
  return llvm::Error::success();
}

NpzFile::NpzFile(std::unique_ptr<State> state) : state(std::move(state)) {}
NpzFile::NpzFile(NpzFile &&) noexcept = default;
NpzFile &NpzFile::operator=(NpzFile &&) noexcept = default;
NpzFile::~NpzFile() = default;

llvm::Expected<NpzFile> NpzFile::open(llvm::StringRef path) {
  auto state = std::make_unique<State>();
  state->path = path.str();
  state->fd = ::open(state->path.c_str(), O_RDONLY | O_CLOEXEC);
  if (state->fd < 0)
    return fileError(path, "cannot open", errno);
  struct stat status;
  if (::fstat(state->fd, &status) != 0)
    return fileError(path, "cannot read", errno);
  if (S_ISDIR(status.st_mode))
    return fileError(path, "cannot read", EISDIR);
  if (!S_ISREG(status.st_mode))
    return makeError(path + ": expected a regular file: arrays are read in any order, which a "
                            "pipe does not allow");
  char start[6] = {};
  const ssize_t got = ::pread(state->fd, start, sizeof(start), 0);
  const llvm::StringRef magic(start, std::max<ssize_t>(got, 0));
  if (magic.empty())
    return makeError(path + ": the file is empty; expected .npz or .npy data");
  if (magic == kNpyMagic)
    state->addEntry("x", 0, status.st_size);
  else if (!magic.starts_with("PK"))
    return makeError(path + ": neither .npz nor .npy data; write it with numpy's savez or save");
  else if (llvm::Error error = state->openArchive())
    return std::move(error);
  return NpzFile(std::move(state));
}

const std::string &NpzFile::path() const { return state->path; }
bool NpzFile::isSingleArray() const { return state->archive == nullptr; }
const std::vector<std::string> &NpzFile::names() const { return state->names; }
bool NpzFile::has(llvm::StringRef name) const { return llvm::is_contained(state->names, name); }

llvm::Expected<size_t> NpzFile::State::find(llvm::StringRef name) const {
  const auto place = std::find(names.begin(), names.end(), name);
  if (place == names.end())
    return makeError(path + ": no array '" + name + "'" + didYouMean(name, names) +
                     "; arrays present: " + joinList(names));
  const size_t number = place - names.begin();
  if (!entries[number].problem.empty())
    return error(name, entries[number].problem);
  return number;
}

llvm::Expected<ArrayInfo> NpzFile::info(llvm::StringRef name) const {
  llvm::Expected<size_t> number = state->find(name);
  if (!number)
    return number.takeError();
  return state->entries[*number].info;
}

template <typename T> static void swapAll(uint8_t *data, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    const T value = llvm::support::endian::read<T>(data + i * sizeof(T), llvm::endianness::big);
    std::memcpy(data + i * sizeof(T), &value, sizeof(T));
  }
}

static void swapBytes(Tensor &tensor) {
  const size_t size = dtypeSize(tensor.dtype());
  if (size == 2)
    swapAll<uint16_t>(tensor.raw(), tensor.numElements());
  else if (size == 4)
    swapAll<uint32_t>(tensor.raw(), tensor.numElements());
  else if (size == 8)
    swapAll<uint64_t>(tensor.raw(), tensor.numElements());
}

/// The tensor in C order of one whose bytes are in Fortran order.
static Tensor fromFortranOrder(const Tensor &columns) {
  const size_t rank = columns.rank();
  const size_t size = dtypeSize(columns.dtype());
  Tensor rows = Tensor::empty(columns.dtype(), columns.shape());
  std::vector<int64_t> strides(rank, 1);
  for (size_t axis = 1; axis < rank; ++axis)
    strides[axis] = strides[axis - 1] * columns.dim(axis - 1);
  std::vector<int64_t> index(rank, 0);
  int64_t from = 0;
  for (int64_t to = 0, e = rows.numElements(); to < e; ++to) {
    std::memcpy(rows.raw() + to * size, columns.raw() + from * size, size);
    for (size_t axis = rank; axis-- > 0;) {
      from += strides[axis];
      if (++index[axis] < columns.dim(axis))
        break;
      from -= strides[axis] * columns.dim(axis);
      index[axis] = 0;
    }
  }
  return rows;
}

/// Rows [begin, end) of the array as it lies in the file; for rank 0, the one element.
llvm::Expected<Tensor> NpzFile::State::read(size_t number, int64_t begin, int64_t end) {
  const Entry &entry = entries[number];
  std::vector<int64_t> shape = entry.info.shape;
  uint64_t offset = entry.info.headerBytes;
  if (!shape.empty()) {
    shape[0] = 1;
    offset += begin * *checkedNumBytes(entry.info.dtype, shape);
    shape[0] = end - begin;
  }
  llvm::Expected<Tensor> tensor = Tensor::create(entry.info.dtype, shape);
  if (!tensor)
    return error(names[number], llvm::toString(tensor.takeError()));
  Stream &bytes = streamOf(number);
  if (llvm::Error failed = bytes.seek(offset))
    return error(names[number], llvm::toString(std::move(failed)));
  const auto size = static_cast<uint64_t>(tensor->bytes());
  llvm::Expected<uint64_t> got = bytes.read(reinterpret_cast<char *>(tensor->raw()), size);
  if (!got)
    return error(names[number], llvm::toString(got.takeError()));
  if (*got != size)
    return error(names[number], "truncated: the data ends early");
  // An archive checks its checksum only when a member is read to its end.
  if (offset + size == entry.bytes) {
    char beyond;
    got = bytes.read(&beyond, 1);
    if (!got)
      return error(names[number], llvm::toString(got.takeError()));
  }
  if (entry.info.byteSwapped)
    swapBytes(*tensor);
  // Any byte but 0 means true to numpy; a C++ bool must be 0 or 1.
  if (entry.info.dtype == DType::Bool)
    for (uint8_t &value : tensor->values<uint8_t>())
      value = value != 0;
  return tensor;
}

llvm::Expected<Tensor> NpzFile::load(llvm::StringRef name) {
  llvm::Expected<size_t> number = state->find(name);
  if (!number)
    return number.takeError();
  const ArrayInfo &info = state->entries[*number].info;
  llvm::Expected<Tensor> tensor = state->read(*number, 0, info.shape.empty() ? 1 : info.shape[0]);
  if (!tensor || !info.fortranOrder || info.shape.size() < 2)
    return tensor;
  return fromFortranOrder(*tensor);
}

llvm::Expected<Tensor> NpzFile::loadAs(llvm::StringRef name, DType dtype) {
  llvm::Expected<ArrayInfo> array = info(name);
  if (!array)
    return array.takeError();
  if (array->dtype != dtype)
    return state->error(name, "expected " + dtypeName(dtype) + ", got " + dtypeName(array->dtype) +
                                  "; convert it with numpy's astype");
  return load(name);
}

llvm::Expected<Tensor> NpzFile::loadRows(llvm::StringRef name, int64_t begin, int64_t end) {
  llvm::Expected<size_t> number = state->find(name);
  if (!number)
    return number.takeError();
  const ArrayInfo &info = state->entries[*number].info;
  if (info.shape.empty())
    return state->error(name, "a scalar has no rows");
  if (begin < 0 || begin > end || end > info.shape[0])
    return state->error(name, "rows " + std::to_string(begin) + " to " + std::to_string(end) +
                                  " are outside its " + std::to_string(info.shape[0]) + " rows");
  if (info.fortranOrder && info.shape.size() >= 2) {
    llvm::Expected<Tensor> whole = load(name);
    if (!whole)
      return whole.takeError();
    return whole->slice(begin, end).clone();
  }
  return state->read(*number, begin, end);
}

} // namespace qopt
