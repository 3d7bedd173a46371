#pragma once

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <sstream>
#include <utility>

namespace catenary::testing_support {

/// Checks a RapidCheck property on `cases` random cases, always the same ones, and reports the smallest that
/// fails.
template <typename Property>
void check_property(Property&& property, int cases = 100) {
  rc::detail::TestParams params;
  params.seed = 12345;
  params.maxSuccess = cases;
  const auto result =
      rc::detail::checkTestable(std::forward<Property>(property), rc::detail::TestMetadata{}, params);
  if (result.template is<rc::detail::SuccessResult>()) return;
  std::ostringstream report;
  rc::detail::printResultMessage(result, report);
  ADD_FAILURE() << report.str();
}

}  // namespace catenary::testing_support
