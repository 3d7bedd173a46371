#include "deep_stack.h"

#include <pthread.h>

#include <exception>

#include "catenary/base/error.h"

namespace catenary::cli {

namespace {

struct Call {
  const std::function<void()>& f;
  std::exception_ptr thrown;
};

void* make(void* context) {
  Call& call = *static_cast<Call*>(context);
  try {
    call.f();
  } catch (...) {
    call.thrown = std::current_exception();
  }
  return nullptr;
}

}  // namespace

void run_with_stack(std::size_t bytes, const std::function<void()>& f) {
  Call call{f, nullptr};
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_t thread{};
  const bool started = pthread_attr_setstacksize(&attributes, bytes) == 0 &&
                       pthread_create(&thread, &attributes, make, &call) == 0;
  pthread_attr_destroy(&attributes);
  if (!started) fail(ErrorKind::kIo, "cannot take a stack of {} MiB", bytes >> 20);
  pthread_join(thread, nullptr);
  if (call.thrown) std::rethrow_exception(call.thrown);
}

}  // namespace catenary::cli
