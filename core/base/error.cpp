// Error codes to text; the caret rendering.
#include "sinter/base/error.hpp"

#include <array>

namespace sinter {
namespace {

struct Row {
  std::string_view name, text, mend;
};
constexpr Row kRows[] = {
#define SINTER_ERROR(name, text, mend) {#name, text, mend},
#include "sinter/base/errors.def"
#undef SINTER_ERROR
};

// Ready before anything can fail.
const std::vector<Error> kOutOfMemoryErrors{
    {Errc::out_of_memory, "", "there is not enough memory; make the patch smaller or close other programs", {}}};

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0u) == 0x80u; }

}  // namespace

std::string_view error_name(Errc code) { return kRows[static_cast<size_t>(code)].name; }
std::string_view error_text(Errc code) { return kRows[static_cast<size_t>(code)].text; }
std::string_view error_mend(Errc code) { return kRows[static_cast<size_t>(code)].mend; }

const std::vector<Error>& out_of_memory_errors() noexcept { return kOutOfMemoryErrors; }

uint16_t error_count() { return static_cast<uint16_t>(std::size(kRows)); }

std::string errors_markdown() {
  std::string text =
      "# Errors\n\nEvery error and warning of Sinter has a code that never changes its meaning. `sinter explain CODE` "
      "prints a row of\n"
      "this table.\n\n| code | meaning | mend |\n| --- | --- | --- |\n";
  const auto cell = [&](std::string_view words) {
    for (char c : words) text += c == '|' ? std::string("\\|") : std::string(1, c);
    text += " |";
  };
  for (const Row& row : kRows) {
    text += "| `";
    cell(std::string(row.name) + "`");
    text += ' ';
    cell(row.text);
    text += ' ';
    cell(row.mend);
    text += '\n';
  }
  return text;
}

bool parse_error_name(std::string_view name, Errc& code) {
  for (size_t i = 0; i < std::size(kRows); ++i)
    if (kRows[i].name == name) {
      code = static_cast<Errc>(i);
      return true;
    }
  return false;
}

std::string format(const Error& error) {
  std::string text;
  const Place& at = error.place;
  if (!at.file.empty()) {
    text += at.file + ":";
    if (at.line) text += std::to_string(at.line) + ":" + std::to_string(at.column) + ":";
    text += " ";
  }
  text += error.warning ? "warning[" : "error[";
  text += error_name(error.code);
  text += "]: ";
  if (!error.where.empty()) text += "'" + error.where + "': ";
  text += error.message;
  if (!at.line || at.source.empty()) return text;
  text += "\n    " + at.source + "\n    ";
  // The caret stands under the character: tabs stay tabs, every other character is one column.
  uint32_t column = 1;
  for (char c : at.source) {
    if (is_continuation(c)) continue;
    if (column++ >= at.column) break;
    text += c == '\t' ? '\t' : ' ';
  }
  return text + "^";
}

}  // namespace sinter
