#include "catenary/data/preprocess/draft.h"

#include <fmt/format.h>

#include <unordered_set>

namespace catenary {

bool is_number(const Draft& draft) { return draft.type == ColumnType::kNumber && !draft.is_code; }
bool is_boolean(const Draft& draft) { return draft.type == ColumnType::kBoolean && !draft.is_code; }
bool is_category(const Draft& draft) { return draft.type == ColumnType::kCategory && !draft.is_code; }
bool is_time(const Draft& draft) { return draft.type == ColumnType::kTime && !draft.is_code; }

Draft indicator_of(const Draft& draft) {
  Draft indicator = draft;
  indicator.input.name += ".missing";
  indicator.input.steps.emplace_back(fitted::IsMissing());
  indicator.is_code = true;
  return indicator;
}

Draft code_of(const Draft& draft, const std::string& level, std::size_t code) {
  Draft made = draft;
  made.input.name += "=" + level;
  made.input.steps.emplace_back(fitted::Equals{static_cast<float>(code)});
  made.is_code = true;
  return made;
}

Draft part_of_time(const Draft& draft, TimePart part) {
  Draft made = draft;
  made.input.name += fmt::format(".{}", name_of(part));
  made.input.steps.emplace_back(fitted::Part{part});
  made.type = ColumnType::kNumber;
  return made;
}

void make_names_distinct(std::vector<Draft>& drafts, const Schema& schema) {
  const auto has_own = [&](const Draft& draft) {
    return draft.input.name == schema.columns[draft.input.column].name;
  };
  std::unordered_set<std::string> all, taken;
  for (const Draft& draft : drafts) {
    all.insert(draft.input.name);
    if (has_own(draft)) taken.insert(draft.input.name);
  }
  for (Draft& draft : drafts) {
    std::string& name = draft.input.name;
    if (has_own(draft) || taken.insert(name).second) continue;
    int number = 1;
    while (!all.insert(fmt::format("{}.{}", name, number)).second) ++number;
    name += fmt::format(".{}", number);
  }
}

}  // namespace catenary
