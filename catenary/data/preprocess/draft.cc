#include "catenary/data/preprocess/draft.h"

#include <fmt/format.h>

namespace catenary {

bool is_number(const Draft& draft) { return draft.type == ColumnType::kNumber && !draft.is_code; }
bool is_boolean(const Draft& draft) { return draft.type == ColumnType::kBoolean && !draft.is_code; }
bool is_category(const Draft& draft) { return draft.type == ColumnType::kCategory && !draft.is_code; }
bool is_time(const Draft& draft) { return draft.type == ColumnType::kTime && !draft.is_code; }

Draft indicator_of(const Draft& draft) {
  Draft indicator = draft;
  indicator.input.name += ".missing";
  indicator.input.steps.push_back(fitted::IsMissing());
  indicator.is_code = true;
  return indicator;
}

Draft code_of(const Draft& draft, const std::string& level, std::size_t code) {
  Draft made = draft;
  made.input.name += "=" + level;
  made.input.steps.push_back(fitted::Equals{static_cast<float>(code)});
  made.is_code = true;
  return made;
}

Draft part_of_time(const Draft& draft, TimePart part) {
  Draft made = draft;
  made.input.name += fmt::format(".{}", name_of(part));
  made.input.steps.push_back(fitted::Part{part});
  made.type = ColumnType::kNumber;
  return made;
}

}  // namespace catenary
