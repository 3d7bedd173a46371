#include "catenary/data/csv/csv_source.h"

#include <limits>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "catenary/base/file.h"
#include "catenary/data/unzip.h"

namespace catenary {

namespace {

constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();

class MemorySource : public CsvSource {
 public:
  MemorySource(std::string_view text, const DataLimits& limits)
      : text_(text), allowed_(allowed_bytes(limits)) {}
  Size start() override {
    rest_ = text_;
    return {text_.size(), allowed_, kNoLimit};
  }
  std::string_view next(std::size_t most) override {
    const std::string_view chunk = rest_.substr(0, most);
    rest_.remove_prefix(chunk.size());
    return chunk;
  }

 private:
  std::string_view text_, rest_;
  std::uint64_t allowed_;
};

// A file, which may be gzipped.
class FileSource : public CsvSource {
 public:
  FileSource(std::filesystem::path path, const DataLimits& limits)
      : path_(std::move(path)), limits_(limits) {}
  Size start() override {
    unzip_.reset();
    file_.emplace(path_);
    unzip_.emplace(*file_, kNoLimit, path_.string());
    const std::uint64_t bytes = file_->size();
    if (unzip_->is_zipped()) return {0, allowed_bytes(limits_, bytes) / 2, plausible_bytes(limits_, bytes)};
    return {bytes, allowed_bytes(limits_), kNoLimit};
  }
  std::string_view next(std::size_t most) override {
    buffer_.resize(most);
    const std::size_t size = unzip_->read(std::as_writable_bytes(std::span(buffer_)));
    return std::string_view(buffer_).substr(0, size);
  }

 private:
  std::filesystem::path path_;
  const DataLimits& limits_;
  std::optional<InputFile> file_;
  std::optional<UnzipStream> unzip_;
  std::string buffer_;
};

// What can be read once, a pipe or a descriptor: kept in memory.
class PipeSource : public CsvSource {
 public:
  PipeSource(const std::filesystem::path& path, const DataLimits& limits)
      : source_(path, limits), allowed_(allowed_bytes(limits)) {
    (void)source_.start();
    constexpr std::size_t kChunk = std::size_t{1} << 16;
    for (std::string_view chunk = source_.next(kChunk); !chunk.empty(); chunk = source_.next(kChunk)) {
      bytes_ += chunk.size();
      if (bytes_ > allowed_ / 2)
        fail_too_large(path.string(), allowed_ / 2, "more from a pipe, which may take half of the limit");
      chunks_.emplace_back(chunk);
    }
  }
  Size start() override {
    chunk_ = 0;
    rest_ = {};
    return {bytes_, allowed_ - bytes_, kNoLimit};
  }
  std::string_view next(std::size_t most) override {
    if (rest_.empty() && chunk_ < chunks_.size()) rest_ = chunks_[chunk_++];
    const std::string_view chunk = rest_.substr(0, most);
    rest_.remove_prefix(chunk.size());
    return chunk;
  }

 private:
  FileSource source_;
  std::uint64_t allowed_;
  std::uint64_t bytes_ = 0;
  std::vector<std::string> chunks_;
  std::size_t chunk_ = 0;
  std::string_view rest_;
};

}  // namespace

std::unique_ptr<CsvSource> memory_source(std::string_view text, const DataLimits& limits) {
  return std::make_unique<MemorySource>(text, limits);
}

std::unique_ptr<CsvSource> file_source(const std::filesystem::path& path, const DataLimits& limits) {
  if (can_be_read_once(path)) return std::make_unique<PipeSource>(path, limits);
  return std::make_unique<FileSource>(path, limits);
}

bool can_be_read_once(const std::filesystem::path& path) {
  std::error_code ignored;
  return descriptor_of(path) ||
         (std::filesystem::exists(path, ignored) && !std::filesystem::is_regular_file(path, ignored));
}

}  // namespace catenary
