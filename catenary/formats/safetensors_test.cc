#include "catenary/formats/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>
#include <fstream>
#include <limits>
#include <thread>

#include "tests/support/count_allocations.h"
#include "tests/support/errors.h"
#include "tests/support/mangle.h"
#include "tests/support/temporary_directory.h"

namespace catenary {
namespace {

using ::testing::StartsWith;
using testing_support::error_of;

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string length_prefix(std::uint64_t length) {
  std::string bytes;
  for (int shift = 0; shift < 64; shift += 8) bytes += static_cast<char>(length >> shift & 0xFF);
  return bytes;
}

std::string file_of(const std::string& header, std::size_t data_bytes) {
  return length_prefix(header.size()) + header + std::string(data_bytes, '\0');
}

Safetensors decode(const std::string& file) {
  return decode_safetensors(std::as_bytes(std::span(file)), "f.safetensors");
}

// What is wrong with a file, after the part that every message has.
std::string decode_error(const std::string& file) {
  const std::string message = error_of([&] { (void)decode(file); });
  const std::string common = "format: f.safetensors: ";
  return message.starts_with(common) ? message.substr(common.size()) : message;
}

// The same of a file with one tensor 't'.
std::string tensor_error(const std::string& fields, std::size_t data_bytes) {
  return decode_error(file_of(fmt::format(R"({{"t":{{{}}}}})", fields), data_bytes));
}

Safetensors small() {
  const std::array<float, 3> w = {1.5F, -2, std::numeric_limits<float>::infinity()};
  const std::array<double, 2> b = {0.1, 1e300};
  const std::array<double, 1> s = {7};
  return {.tensors = {make_tensor("größe \"w\"", Shape{3, 1}, w), make_tensor("b", Shape{1, 2, 1, 1}, b),
                      make_tensor("", Shape{}, s)},
          .metadata = {{"step", "12"}, {"a\n", "\"quoted\""}}};
}

TEST(Safetensors, DecodeReturnsWhatWasEncoded) {
  const Safetensors content = small();
  EXPECT_EQ(decode_safetensors(encode_safetensors(content), "f"), content);
  EXPECT_EQ(decode_safetensors(encode_safetensors({}), "f"), Safetensors{});
  EXPECT_EQ(f32_values(content.tensors[0])[1], -2);
  EXPECT_EQ(f64_values(content.tensors[1])[1], 1e300);
}

TEST(Safetensors, EncodesAsTheFormatSays) {
  const std::array<float, 1> one = {1};
  const Safetensors content{.tensors = {make_tensor("w", Shape{1}, one)}, .metadata = {{"k", "v"}}};
  const std::string header =
      R"({"__metadata__":{"k":"v"},"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})";
  const std::string padded = header + std::string(80 - header.size(), ' ');
  EXPECT_EQ(text_of(encode_safetensors(content)),
            length_prefix(80) + padded + std::string("\0\0\x80\x3F", 4));
}

TEST(Safetensors, DataStartsOnAMultipleOfEight) {
  const std::array<float, 1> one = {1};
  for (std::size_t length = 1; length <= 16; ++length) {
    const auto bytes = encode_safetensors(
        {.tensors = {make_tensor(std::string(length, 'w'), Shape{}, one)}, .metadata = {}});
    EXPECT_EQ((bytes.size() - 4) % 8, 0u);
  }
}

TEST(Safetensors, TensorsComeInTheOrderOfTheirBytes) {
  const std::string header =
      R"({"b":{"shape":[],"data_offsets":[4,8],"dtype":"F32"},"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}  )";
  const Safetensors content = decode(file_of(header, 8));
  ASSERT_EQ(content.tensors.size(), 2u);
  EXPECT_EQ(content.tensors[0].name, "a");
}

TEST(Safetensors, RejectsContentThatTheFormatCannotHold) {
  const std::array<float, 1> one = {1};
  const auto error = [](Safetensors content) { return error_of([&] { (void)encode_safetensors(content); }); };
  const Tensor w = make_tensor("w", Shape{}, one);
  EXPECT_EQ(error({.tensors = {w, w}, .metadata = {}}),
            "format: needed distinct tensor names, found 'w' twice");
  EXPECT_EQ(error({.tensors = {make_tensor("__metadata__", Shape{}, one)}, .metadata = {}}),
            "format: needed a tensor name other than the reserved '__metadata__'");
  EXPECT_EQ(error({.tensors = {{.name = "w", .dtype = DType::kF64, .shape = Shape{2}, .data = w.data}},
                   .metadata = {}}),
            "format: tensor 'w': needed 16 bytes for f64 [2], found 4");
  EXPECT_EQ(error({.tensors = {}, .metadata = {{"\xFF", ""}}}),
            "format: needed names and metadata in UTF-8, found '\\xFF'");
}

TEST(Safetensors, TensorsChangeNeitherShapeNorType) {
  const std::array<float, 2> two = {1, 2};
  EXPECT_EQ(error_of([&] { (void)make_tensor("w", Shape{3}, two); }),
            "shape: tensor 'w': needed 3 values for [3], found 2");
  EXPECT_EQ(error_of([&] { (void)f64_values(make_tensor("w", Shape{2}, two)); }),
            "dtype: tensor 'w': needed f64, found f32");
}

TEST(Safetensors, RejectsAHeaderThatIsNotOne) {
  EXPECT_EQ(decode_error(length_prefix(3) + "{}"),
            "needed a header of 3 bytes, found 2: the file is cut short");
  EXPECT_EQ(decode_error(file_of("{}x", 0)),
            "needed a JSON header in UTF-8, found a mistake at byte 3 of it");
  EXPECT_EQ(decode_error(file_of("{\"\xFF\":{}}", 0)),
            "needed a JSON header in UTF-8, found a mistake at byte 3 of it");
  EXPECT_EQ(decode_error(file_of("{}", 5)),
            "needed the end of the file after its last tensor, at byte 10, found 5 bytes more");
}

TEST(Safetensors, SaysWhatAFileIsThatIsSomethingElse) {
  const std::string needed =
      "needed a safetensors file, which begins with its header's length and '{', found ";
  EXPECT_EQ(decode_error("format = 1\nseed = 3\n"), needed + "text that begins with 'format = 1'");
  EXPECT_EQ(decode_error("no"), needed + "text that begins with 'no'");
  EXPECT_EQ(decode_error(""), needed + "an empty file");
  EXPECT_EQ(decode_error("PK\x03\x04" + std::string(20, '\0')), needed + "a zip archive");
  EXPECT_EQ(decode_error("GIF89a" + std::string(20, '\0')), needed + "a GIF image");
  EXPECT_EQ(decode_error(std::string("\xFF\xFE"
                                     "f\0o\0r\0m\0a\0",
                                     12)),
            needed + "text in UTF-16");
  EXPECT_EQ(decode_error("\xEF\xBB\xBF"
                         "format = 1\n"),
            needed + "text that begins with 'format = 1'");
  EXPECT_EQ(decode_error(std::string(4, '\0')), needed + "a file of 4 bytes that begins with [00 00 00 00]");
  EXPECT_EQ(decode_error(length_prefix(~std::uint64_t{0}) + "{}"),
            needed + "a file of 10 bytes that begins with [ff ff ff ff ff ff ff ff 7b 7d]");
  EXPECT_EQ(
      decode_error(std::string(300, '\0')),
      needed + "a file of 300 bytes that begins with [00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00]");
  EXPECT_EQ(decode_error(file_of(" {}", 0)),
            needed + "a file of 11 bytes that begins with [03 00 00 00 00 00 00 00 20 7b 7d]");
  const testing_support::TemporaryDirectory dir;
  const auto text = dir.file("w.safetensors", "format = 1\n");
  EXPECT_EQ(error_of([&] { (void)read_safetensors(text); }),
            fmt::format("format: {}: {}text that begins with 'format = 1'", text.string(), needed));
  const auto zeros = dir.file("z.safetensors", std::string(300, '\0'));
  EXPECT_THAT(error_of([&] { (void)read_safetensors(zeros); }), ::testing::HasSubstr("a file of 300 bytes"));
}

TEST(Safetensors, AHeadersLengthMayLookLikeAByteOrderMark) {
  std::string header = "{}";
  header.resize(0xFEFF, ' ');
  EXPECT_EQ(decode_error(file_of(header, 0)), "no error");
}

TEST(Safetensors, RejectsAHeaderBeyondAHundredMegabytes) {
  std::string header = "{}";
  header.resize(100'000'002, ' ');
  EXPECT_EQ(decode_error(file_of(header, 0)),
            "needed a header of at most 100000000 bytes, found length 100000002");
}

TEST(Safetensors, RejectsKeysAndValuesThatDoNotBelong) {
  EXPECT_EQ(decode_error(file_of(R"({"t":1})", 0)), "tensor 't': needed an object, found 1");
  EXPECT_EQ(decode_error(file_of(R"({"__metadata__":{"a":-1}})", 0)),
            "metadata 'a': needed a string, found -1");
  EXPECT_EQ(decode_error(file_of(R"({"__metadata__":{"a":"","a":""}})", 0)),
            "metadata 'a': needed distinct keys, found it twice");
  EXPECT_EQ(tensor_error(R"("kind":0)", 0),
            "tensor 't', key 'kind': needed dtype, shape or data_offsets, found this key");
  EXPECT_EQ(tensor_error(R"("dtype":"F32","dtype":"F32")", 0),
            "tensor 't', key 'dtype': needed distinct keys, found it twice");
  for (const char* two : {R"("dtype":"F32","shape":[])", R"("dtype":"F32","data_offsets":[0,4])",
                          R"("shape":[],"data_offsets":[0,4])"}) {
    EXPECT_EQ(tensor_error(two, 4), "tensor 't': needed dtype, shape and data_offsets, found 2 of them");
  }
  EXPECT_EQ(tensor_error(R"("dtype":[])", 0), "tensor 't', key 'dtype': needed a string, found an array");
  EXPECT_EQ(tensor_error(R"("shape":[1.5])", 0), "tensor 't', key 'shape': needed whole numbers, found 1.5");
  EXPECT_EQ(tensor_error(R"("shape":[[]])", 0),
            "tensor 't', key 'shape': needed whole numbers, found an array");
  EXPECT_EQ(tensor_error(R"("shape":null)", 0), "tensor 't', key 'shape': needed an array, found null");
  EXPECT_EQ(tensor_error(R"("data_offsets":[0,1,2])", 0),
            "tensor 't', key 'data_offsets': needed 2 offsets, found 3");
  EXPECT_EQ(decode_error(file_of(R"({"__metadata__":{},"__metadata__":{}})", 0)),
            "tensor '__metadata__': needed distinct keys, found it twice");
}

TEST(Safetensors, RejectsTensorsTwice) {
  const std::string t = R"("t":{"dtype":"F32","shape":[],"data_offsets":[0,4]})";
  EXPECT_EQ(decode_error(file_of("{" + t + "," + t + "}", 4)),
            "tensor 't': needed distinct keys, found it twice");
}

TEST(Safetensors, RejectsTypesAndShapesThatItCannotHold) {
  EXPECT_EQ(tensor_error(R"("dtype":"BF16","shape":[2],"data_offsets":[0,4])", 4),
            "tensor 't': needed dtype F32 or F64, found 'BF16'");
  EXPECT_EQ(tensor_error(R"("dtype":"F32","shape":[0],"data_offsets":[0,0])", 0),
            "tensor 't': every extent of a shape is at least 1, found 0, in [0]");
  EXPECT_EQ(tensor_error(R"("dtype":"F32","shape":[1,1,1,1,1],"data_offsets":[0,4])", 4),
            "tensor 't', key 'shape': needed at most 4 extents, found 5");
  EXPECT_EQ(
      tensor_error(R"("dtype":"F32","shape":[4294967296,18446744073709551615],"data_offsets":[0,4])", 4),
      "tensor 't': a shape has at most 2^40 elements, in [4294967296, 18446744073709551615]");
}

TEST(Safetensors, RejectsOffsetsThatDoNotTileTheData) {
  const std::string f32 = R"("dtype":"F32","shape":[2],)";
  EXPECT_EQ(tensor_error(f32 + R"("data_offsets":[0,8])", 7),
            "tensor 't': needed data_offsets within 7 bytes of data, found [0, 8]: the file is cut short");
  EXPECT_EQ(tensor_error(f32 + R"("data_offsets":[8,0])", 8),
            "tensor 't': needed ascending data_offsets, found [8, 0]");
  EXPECT_EQ(tensor_error(f32 + R"("data_offsets":[0,4])", 8),
            "tensor 't': needed 8 bytes for f32 [2], found data_offsets [0, 4]");
  EXPECT_EQ(
      tensor_error(f32 + R"("data_offsets":[1,9])", 9),
      "tensor 't': needed data from byte 0, where the tensor before it ends, found data_offsets [1, 9]");
  EXPECT_EQ(tensor_error(f32 + R"("data_offsets":[0,8])", 9),
            fmt::format("needed the end of the file after its last tensor, at byte {}, found 1 bytes more",
                        file_of(fmt::format(R"({{"t":{{{}"data_offsets":[0,8]}}}})", f32), 8).size()));
  const std::string overlap =
      R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})";
  EXPECT_EQ(
      decode_error(file_of(overlap, 12)),
      "tensor 'b': needed data from byte 8, where the tensor before it ends, found data_offsets [4, 12]");
}

TEST(Safetensors, DeepNestingCannotExhaustTheStack) {
  EXPECT_EQ(decode_error(file_of(R"({"t":)" + std::string(1'000'000, '['), 0)),
            "tensor 't': needed an object, found an array");
}

TEST(Safetensors, EveryTruncationIsAnError) {
  const std::string file = text_of(encode_safetensors(small()));
  for (std::size_t size = 0; size < file.size(); ++size) {
    EXPECT_THAT(error_of([&] { (void)decode(file.substr(0, size)); }), StartsWith("format: f.safetensors: "))
        << size;
  }
}

TEST(Safetensors, FlippedBitsNeverCrash) {
  const std::string file = text_of(encode_safetensors(small()));
  for (std::uint64_t trial = 0; trial < 5000; ++trial) {
    const std::string message = error_of([&] { (void)decode(testing_support::mangled(file, trial)); });
    EXPECT_THAT(message, ::testing::AnyOf("no error", StartsWith("format: f.safetensors: ")));
  }
}

TEST(Safetensors, FilesReadAsTheyWereWritten) {
  const testing_support::TemporaryDirectory dir;
  write_safetensors(dir / "a.safetensors", small());
  EXPECT_EQ(read_safetensors(dir / "a.safetensors"), small());
  const auto start = dir.file("start.safetensors", length_prefix(600) + "{\"a\":");
  EXPECT_THAT(error_of([&] { (void)read_safetensors(start); }),
              ::testing::HasSubstr("needed a header of 600 bytes, found 5: the file is cut short"));
  EXPECT_EQ(error_of([] { (void)read_safetensors("/nowhere"); }),
            "io: cannot open '/nowhere': No such file or directory");
}

TEST(Safetensors, ReadNoMoreThanTheHeaderAnnounces) {
  const testing_support::TemporaryDirectory folder;
  const auto path = folder / "huge.safetensors";
  const float number = 1;
  write_safetensors(path, {.tensors = {make_tensor("w", {}, std::span(&number, 1))}, .metadata = {}});
  std::filesystem::resize_file(path, std::uintmax_t{1} << 40);
  EXPECT_THAT(error_of([&] { (void)read_safetensors(path); }),
              ::testing::HasSubstr("needed the end of the file after its last tensor, at byte "));
}

// Each member of the JSON that takes least room of its kind: what is read takes memory in proportion to it.
TEST(Safetensors, AHeaderTakesMemoryInProportionToItsBytes) {
  std::string tensors = "{", metadata = R"({"__metadata__":{)", extents = R"({"t":{"shape":[)";
  for (int i = 0; i < 20'000; ++i) {
    tensors +=
        fmt::format(R"("{}":{{"dtype":"F32","shape":[],"data_offsets":[{},{}]}},)", i, 4 * i, 4 * i + 4);
    metadata += fmt::format(R"("{}":"",)", i);
    extents += "1,1,1,1,1,1,1,";
  }
  tensors.back() = '}';
  const std::string whole = file_of(tensors, 80'000);
  std::size_t found = 0;
  EXPECT_LT(testing_support::most_bytes_allocated([&] { found = decode(whole).tensors.size(); }),
            8 * std::ssize(whole));
  EXPECT_EQ(found, 20'000u);
  const SafetensorsLimits limits{.max_metadata = 1000};
  for (const std::string& header : {metadata, extents}) {
    const std::string file = file_of(header, 0);
    std::string message;
    const std::int64_t most = testing_support::most_bytes_allocated([&] {
      message = error_of([&] { (void)decode_safetensors(std::as_bytes(std::span(file)), "f", limits); });
    });
    EXPECT_THAT(message, StartsWith("format: f: "));
    EXPECT_LT(most, 2 * std::ssize(file));
  }
  EXPECT_EQ(decode_error(file_of(metadata + R"("z":""}})", 0)), "no error");
}

TEST(Safetensors, RefusesMoreMetadataAndDataThanItsLimits) {
  const testing_support::TemporaryDirectory dir;
  const auto path = dir / "a.safetensors";
  write_safetensors(path, small());
  EXPECT_EQ(error_of([&] { (void)read_safetensors(path, {.max_data_bytes = 8}); }),
            fmt::format("format: {}: needed tensors of at most 8 bytes in all, found 36", path.string()));
  EXPECT_EQ(error_of([&] { (void)read_safetensors(path, {.max_metadata = 0}); }),
            fmt::format("format: {}: needed at most 0 entries of metadata, found more", path.string()));
}

// What is no regular file has no known length, and cannot be read twice.
TEST(Safetensors, ReadFromAPipe) {
  const testing_support::TemporaryDirectory dir;
  const std::string path = (dir / "pipe").string();
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  std::thread writer([&] { std::ofstream(path, std::ios::binary) << text_of(encode_safetensors(small())); });
  EXPECT_EQ(read_safetensors(path), small());
  writer.join();
}

}  // namespace
}  // namespace catenary
