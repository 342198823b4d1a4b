// Machine-readable output: a thin writer over RapidJSON, so that commands only name keys and values.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sinter/base/error.hpp"

namespace sinter::host {

/// Writes one JSON document, two spaces per level. Numbers that are not finite become null.
class Json {
 public:
  Json();
  ~Json();
  Json(const Json&) = delete;
  Json& operator=(const Json&) = delete;

  Json& object();
  Json& array();
  Json& end();  ///< closes the innermost object or array
  Json& key(std::string_view name);
  Json& value(std::string_view text);
  Json& value(const char* text) { return value(std::string_view(text)); }
  Json& value(double number);
  Json& value(uint64_t number);
  Json& value(uint32_t number) { return value(uint64_t{number}); }
  Json& value(bool flag);
  Json& null();
  template <class T>
  Json& field(std::string_view name, const T& content) {
    return key(name).value(content);
  }

  /// The finished document with a line end.
  std::string text() const;
  /// The same on one line, without a line end.
  std::string line() const;

 private:
  struct Writer;
  std::unique_ptr<Writer> writer_;
};

/// "errors": [{code, message, where, warning, file, line, column, mend}].
void write_errors(Json& json, std::string_view key, const std::vector<Error>& errors);

/// Prints what failed: the text form on standard error and, where asked for, {"ok": false, "errors": […]} on standard
/// output. Returns the exit code.
int fail(const std::vector<Error>& errors, bool json);

}  // namespace sinter::host
