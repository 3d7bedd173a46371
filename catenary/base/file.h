#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace catenary {

// Every function here throws Error{io} that names the path and the system's reason.

/// The descriptor of this process that `path` is a name of: of /dev/stdin, /dev/fd/3, /proc/self/fd/3 and of
/// links to them; nothing for other paths. Whether it is open is not asked.
[[nodiscard]] std::optional<int> descriptor_of(const std::filesystem::path& path);

/// A file open for reading, from front to back. The name of a descriptor of this process stands for what that
/// descriptor has open, from its present position.
class InputFile {
 public:
  explicit InputFile(std::filesystem::path path);
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  ~InputFile();

  /// Fills `out` from the current position; fewer bytes than asked for only at the end of the file.
  [[nodiscard]] std::size_t read(std::span<std::byte> out);
  /// Fills `out` from byte `offset` of a regular file on and leaves the position; fewer bytes only at the
  /// end.
  [[nodiscard]] std::size_t read_at(std::uint64_t offset, std::span<std::byte> out) const;
  /// Bytes that the file system announces; 0 for pipes and devices.
  [[nodiscard]] std::uint64_t size() const;

 private:
  std::filesystem::path path_;
  int descriptor_;
};

/// The file's first `max_bytes` bytes, or all of them where it has fewer. Memory is taken as bytes arrive.
[[nodiscard]] std::vector<std::byte> read_at_most(const std::filesystem::path& path, std::uint64_t max_bytes);
/// The same from the file's current position on.
[[nodiscard]] std::vector<std::byte> read_at_most(InputFile& file, std::uint64_t max_bytes);

/// The whole file. A file longer than `max_bytes` is an error, found before its memory is taken.
[[nodiscard]] std::vector<std::byte> read_file(const std::filesystem::path& path, std::uint64_t max_bytes);

/// The absolute path that `path` leads to when it is a symbolic link, itself otherwise. Nothing need stand
/// there.
[[nodiscard]] std::filesystem::path follow_links(const std::filesystem::path& path);

/// Writes a file that appears whole or not at all, even when the machine stops half-way: a file without a
/// name (where the file system has none, a temporary sibling ".NAME.tmp-PID") is written, synced and renamed
/// over `path`, and the directory is synced. Symbolic links are followed. A directory, a pipe, a device or a
/// descriptor of that name is refused.
void write_file_atomically(const std::filesystem::path& path, std::span<const std::byte> bytes);
void write_file_atomically(const std::filesystem::path& path, std::string_view text);

/// Writes to what `path` names: into a pipe, a character device or a file that a process has open under that
/// name (/dev/stdout, /dev/fd/3), after what it holds; else a file, as write_file_atomically does.
void write_output(const std::filesystem::path& path, std::string_view text);

/// What write_output writes to, for what comes in pieces: a stream gets each of them at once, a file appears
/// whole on commit(); without a commit, whatever ends the program, an old file of that name stays.
class OutputFile {
 public:
  /// Who may read a new file: those whom the process's mask lets, or its owner alone.
  enum class Readers { kByMask, kOwner };
  explicit OutputFile(std::filesystem::path path, Readers readers = Readers::kByMask);
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  ~OutputFile();

  void write(std::span<const std::byte> bytes);
  void write(std::string_view text);
  void commit();

 private:
  void open_file(unsigned mode);

  std::filesystem::path path_;
  std::filesystem::path target_;     // where path_ leads; "": to a stream
  std::filesystem::path temporary_;  // the file's name before commit(); "": it has none
  int descriptor_ = -1;
};

/// What to do when the name that is to be written is taken.
enum class IfExists { kFail, kReplace };

/// A directory that appears whole or not at all. Write files below path(), then commit(); without a commit
/// the destructor removes what was written.
class StagedDirectory {
 public:
  /// Creates the temporary sibling ".NAME.tmp-PID" of `final_path`, whose parent must exist.
  StagedDirectory(const std::filesystem::path& final_path, IfExists if_exists);
  StagedDirectory(const StagedDirectory&) = delete;
  StagedDirectory& operator=(const StagedDirectory&) = delete;
  ~StagedDirectory();

  /// Where to write until commit().
  [[nodiscard]] const std::filesystem::path& path() const { return staged_path_; }

  /// Syncs every file and directory below path(), gives the directory its final name and syncs the parent.
  /// With kReplace an old directory of that name is swapped out in one step where the file system can, then
  /// deleted.
  void commit();

 private:
  std::filesystem::path final_path_;
  std::filesystem::path staged_path_;
  IfExists if_exists_;
  bool committed_ = false;
};

}  // namespace catenary
