#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "catenary/base/error.h"
#include "catenary/base/nearest.h"
#include "catenary/base/text.h"
#include "choices.h"
#include "commands.h"

// Options that several commands have, and what their values must be.
namespace catenary::cli {

void add_threads(CLI::App& command, int& threads);
/// beside: what the option does not bound, for its help.
void add_max_bytes(CLI::App& command, MaxBytes& max_bytes, std::string_view beside = "");
void add_json(CLI::App& command, bool& json, const std::string& what);
void add_overrides(
    CLI::App& command, std::vector<std::string>& overrides,
    const std::string& what = "Override of the config, such as train.epochs=3 or model.layers.0.units=64");

[[nodiscard]] CLI::Validator whole_number(std::size_t most_digits = 9);
[[nodiscard]] CLI::Validator number();
[[nodiscard]] CLI::Validator not_empty(const std::string& what = "a path");
/// `-` is the standard stream of that path.
[[nodiscard]] CLI::Validator dash_is(const char* path);
[[nodiscard]] CLI::Validator no_stream();

/// The value that a word stands for. Throws Error{config} with the nearest word.
template <typename E, std::size_t n>
[[nodiscard]] E chosen(const std::string& option, const std::string& word, const Choice<E> (&choices)[n]) {
  std::vector<std::string_view> words;
  for (const auto& choice : choices) {
    if (choice.word == word) return choice.value;
    words.push_back(choice.word);
  }
  fail(ErrorKind::kConfig, "{}: unknown value {}{}", option, quote(word), suggestion(word, words));
}

}  // namespace catenary::cli
