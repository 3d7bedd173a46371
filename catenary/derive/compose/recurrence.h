#pragma once

#include "catenary/derive/compose/context.h"
#include "catenary/derive/compose/steps.h"

/// What is told of steps one after another, each t's as one for any t. Private to compose/.
namespace catenary::derive {

/// t = 1, …, 3; against the direction: t = 3, …, 1.
enum class Order : std::uint8_t { kForward, kBackward };
[[nodiscard]] Formula all_steps(const Context& c, const Recurrence& r, Order order);

/// Between equations of the forward pass: what ends the steps of one recurrence and begins those of another;
/// -1 for none.
[[nodiscard]] Blocks around_steps(const Context& c, int ended, int begun);

/// The backward pass through a recurrence: its step, the recursion in brief, how the derivative fares.
[[nodiscard]] Blocks through_time(const Context& c, const Recurrence& r, const Once& once);
/// What all of its steps pass on to an operand of the scan.
[[nodiscard]] Blocks over_steps(const Context& c, const Recurrence& r, const Step& step);
/// What comes to a value of the step beside what flows within it.
[[nodiscard]] Blocks arrival_blocks(const Context& c, const Recurrence& r, const Adjoint& a);

}  // namespace catenary::derive
