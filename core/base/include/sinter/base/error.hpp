// What a user can cause is a value, not an exception: Error says what, where and how to mend it; Result<T> carries
// either.
#pragma once

#include <cassert>
#include <cstdint>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace sinter {

// Stable codes, one row each in errors.def; docs/errors.md and `sinter explain` come from the same table.
enum class Errc : uint16_t {
#define SINTER_ERROR(name, text, mend) name,
#include "sinter/base/errors.def"
#undef SINTER_ERROR
};

/// The stable name of a code ("unknown_type"). Any thread.
std::string_view error_name(Errc code);
/// One sentence on what the code means, and one on how to mend it. Any thread.
std::string_view error_text(Errc code);
std::string_view error_mend(Errc code);
/// How many codes there are: every value below is one.
uint16_t error_count();
/// The table of all codes as Markdown; docs/errors.md is this text. Any thread.
std::string errors_markdown();
/// The code of a stable name; false where there is none.
bool parse_error_name(std::string_view name, Errc& code);

/// A place in a text file, 1-based; line 0 where there is no file. Columns count UTF-8 characters.
struct Place {
  std::string file;
  uint32_t line = 0;
  uint32_t column = 0;
  std::string source;  ///< the whole source line, for the caret; empty where it is too long to show
};

struct Error {
  Errc code = Errc::internal;
  std::string where;    ///< node id, port or file the error is about; may be empty
  std::string message;  ///< what is wrong and how to mend it, one or two sentences
  Place place;
  bool warning = false;
};

/// "file:line:column: error[code]: message" followed by the source line and a caret where there is a place.
std::string format(const Error& error);

/// What a Result is made of where no memory is left, not even for an Error.
struct OutOfMemory {};
/// The one error (out_of_memory) that such a Result gives; made before main(). Any thread.
const std::vector<Error>& out_of_memory_errors() noexcept;

/// Either a T or the errors that prevented it (at least one).
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}
  Result(Error error) : state_(std::vector<Error>{std::move(error)}) {}
  Result(std::vector<Error> errors) : state_(std::move(errors)) { assert(!this->errors().empty()); }
  Result(OutOfMemory none) noexcept : state_(none) {}

  explicit operator bool() const { return state_.index() == 0; }
  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  const std::vector<Error>& errors() const {
    return state_.index() == 1 ? std::get<1>(state_) : out_of_memory_errors();
  }
  const Error& error() const { return errors().front(); }

 private:
  std::variant<T, std::vector<Error>, OutOfMemory> state_;
};

/// What `make` gives (a Result); out_of_memory where it throws std::bad_alloc. Stands around what rooms offer to
/// others, so that no exception leaves them.
template <class Make>
std::invoke_result_t<Make> or_out_of_memory(Make&& make) {
  try {
    return std::forward<Make>(make)();
  } catch (const std::bad_alloc&) {
    return OutOfMemory{};
  }
}

}  // namespace sinter
