#include <filesystem>

#include "catenary/base/error.h"
#include "catenary/base/file.h"
#include "catenary/base/text.h"
#include "catenary/train/first_config.h"
#include "commands.h"
#include "output.h"
#include "streams.h"
#include "training.h"

namespace catenary::cli {

namespace {

// A config's paths start at its folder, by their names alone: links are no part of them.
std::string path_from(const std::string& data, const std::string& output) {
  if (descriptor_of(data)) return data == kStandardInput ? "-" : data;
  if (descriptor_of(output)) return data;
  const std::filesystem::path folder = std::filesystem::absolute(output).lexically_normal().parent_path();
  const std::filesystem::path file = std::filesystem::absolute(data).lexically_normal();
  if (std::filesystem::path(data).is_absolute()) return data;
  const std::string path = file.lexically_proximate(folder).string();
  return path == "-" ? "./-" : path;  // which alone is a file
}

}  // namespace

int init(const InitArguments& arguments) {
  if (train::format_of_name(arguments.output) && !arguments.output.ends_with(".txt"))
    fail(ErrorKind::kConfig, "--output {}: needed the name of a config, such as {}, found one of data",
         arguments.output, std::filesystem::path(arguments.output).replace_extension(".toml").string());
  if (!descriptor_of(arguments.output) && std::filesystem::exists(arguments.output))
    fail(ErrorKind::kIo, "--output {}: needed a name that is free, found a file; remove it or name another",
         arguments.output);
  require_table(arguments.data);
  (void)train::table_reading(arguments.set, train::OtherKeys::kRefuse);
  train::FirstData data{.path = arguments.data,
                        .target = arguments.target,
                        .target_type = arguments.target_type,
                        .overrides = arguments.set};
  data.max_bytes = arguments.max_bytes;
  data.written_path = path_from(arguments.data, arguments.output);
  write_output(arguments.output, train::first_config(data));
  if (!descriptor_of(arguments.output))
    print(fmt::format("wrote {}; it trains by: catenary train {}{}\n", printable(arguments.output),
                      printable(arguments.output), descriptor_of(arguments.data) ? " < DATA" : ""));
  return 0;
}

}  // namespace catenary::cli
