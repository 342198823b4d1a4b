// Parsing is RapidJSON's; only the positions, the limits and the text of strings are looked up here.
#include "json.hpp"

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <cstdlib>
#include <cstring>
#include <new>
#include <unordered_set>

#include "numbers.hpp"
#include "utf8.hpp"

namespace sinter {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr unsigned kParseFlags = rapidjson::kParseIterativeFlag | rapidjson::kParseCommentsFlag |
                                 rapidjson::kParseTrailingCommasFlag | rapidjson::kParseValidateEncodingFlag |
                                 rapidjson::kParseFullPrecisionFlag | rapidjson::kParseNumbersAsStringsFlag;

/// RapidJSON does not look at what its allocators return.
struct ThrowingAllocator {
  static constexpr bool kNeedFree = true;
  static void* checked(void* memory) {
    if (!memory) throw std::bad_alloc();
    return memory;
  }
  void* Malloc(size_t bytes) { return bytes ? checked(std::malloc(bytes)) : nullptr; }
  void* Realloc(void* old, size_t, size_t bytes) {
    if (bytes) return checked(std::realloc(old, bytes));
    std::free(old);
    return nullptr;
  }
  static void Free(void* memory) { std::free(memory); }
};
using Reader = rapidjson::GenericReader<rapidjson::UTF8<>, rapidjson::UTF8<>, ThrowingAllocator>;

size_t end_of_string(std::string_view text, size_t begin) {
  size_t i = begin + 1;
  while (text[i] != '"') i += text[i] == '\\' ? 2 : 1;
  return i + 1;
}

/// The next token: behind blanks, comments, commas and colons.
size_t next_token(std::string_view text, size_t i) {
  for (; i < text.size(); ++i) {
    if (text[i] == '/') {
      const bool line = text[i + 1] == '/';
      const size_t end = line ? text.find('\n', i) : text.find("*/", i + 2) + 1;
      if (end >= text.size()) return text.size();
      i = end;
    } else if (!std::strchr(" \t\r\n,:", text[i])) {
      return i;
    }
  }
  return i;
}

/// Called by RapidJSON for each token in turn. The positions follow from the text, which is valid up to that token.
class Handler {
 public:
  Handler(JsonDocument& document, size_t at, Report& report)
      : document_(document), text_(document.text), at_(at), report_(report) {}

  bool stopped() const { return stopped_; }

  bool Null() { return literal(JsonKind::null, 4); }
  bool Bool(bool value) { return literal(JsonKind::boolean, value ? 4 : 5); }
  bool RawNumber(const char*, rapidjson::SizeType length, bool) {
    literal(JsonKind::number, length);
    const JsonNode& node = document_.nodes.back();
    if (!parse_decimal(text_.substr(node.begin, length)))
      report_.error(Errc::not_finite, span(node), "", "the number is greater than every double; write a finite number");
    return true;
  }
  bool String(const char* decoded, rapidjson::SizeType length, bool) {
    return put_string(JsonKind::string, decoded, length);
  }
  bool Key(const char* decoded, rapidjson::SizeType length, bool) {
    const bool first = open_.back().keys.emplace(decoded, length).second;
    put_string(JsonKind::key, decoded, length);
    if (!first)
      report_.error(
          Errc::duplicate_key, span(document_.nodes.back()), "",
          "the key '" + std::string(decoded, length) + "' stands twice in this object; remove or rename one of them");
    return true;
  }
  bool StartObject() { return start(JsonKind::object); }
  bool StartArray() { return start(JsonKind::array); }
  bool EndObject(rapidjson::SizeType) { return finish(); }
  bool EndArray(rapidjson::SizeType) { return finish(); }

  // Numbers arrive as text.
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(int64_t) { return false; }
  bool Uint64(uint64_t) { return false; }
  bool Double(double) { return false; }

 private:
  struct Open {
    uint32_t index;
    std::unordered_set<std::string> keys;
  };

  Span span(const JsonNode& node) const { return {document_.file, node.begin, node.end}; }

  bool literal(JsonKind kind, size_t length) {
    const size_t begin = next_token(text_, at_);
    put(kind, begin, begin + length);
    return true;
  }
  void put(JsonKind kind, size_t begin, size_t end) {
    at_ = end;
    const auto index = static_cast<uint32_t>(document_.nodes.size());
    document_.nodes.push_back({kind, static_cast<uint32_t>(begin), static_cast<uint32_t>(end), index + 1});
  }
  bool put_string(JsonKind kind, const char* decoded, size_t length) {
    const size_t begin = next_token(text_, at_);
    put(kind, begin, end_of_string(text_, begin));
    // RapidJSON lets a \u escape of half a surrogate pair pass.
    if (invalid_utf8({decoded, length}) == std::string_view::npos) return true;
    report_.error(Errc::bad_utf8, span(document_.nodes.back()), "",
                  "an escape in this string is half of a surrogate pair; write both halves");
    stopped_ = true;
    return false;
  }
  bool start(JsonKind kind) {
    const size_t begin = next_token(text_, at_);
    put(kind, begin, begin + 1);
    open_.push_back({static_cast<uint32_t>(document_.nodes.size() - 1), {}});
    if (open_.size() <= kMaxNesting) return true;
    report_.error(Errc::limit_nesting, span(document_.nodes.back()), "",
                  "arrays and objects nest deeper than " + std::to_string(kMaxNesting) + "; flatten them");
    stopped_ = true;
    return false;
  }
  bool finish() {
    at_ = next_token(text_, at_) + 1;
    JsonNode& node = document_.nodes[open_.back().index];
    node.end = static_cast<uint32_t>(at_);
    node.next = static_cast<uint32_t>(document_.nodes.size());
    open_.pop_back();
    return true;
  }

  JsonDocument& document_;
  std::string_view text_;
  size_t at_;
  Report& report_;
  std::vector<Open> open_;
  bool stopped_ = false;
};

/// NaN and the infinities are no JSON, but the mend is another one than for a misplaced letter.
bool is_not_finite(std::string_view text, size_t at) {
  if (at < text.size() && text[at] == '-') ++at;
  const std::string_view rest = text.substr(std::min(at, text.size()));
  for (std::string_view word : {"NaN", "nan", "Infinity", "infinity", "Inf", "inf"})
    if (rest.starts_with(word)) return true;
  return false;
}

void report_syntax(const JsonDocument& document, rapidjson::ParseErrorCode code, size_t at, Report& report) {
  const bool value = code == rapidjson::kParseErrorValueInvalid || code == rapidjson::kParseErrorNumberTooBig;
  if (value && at > 0 && document.text[at - 1] == '-') --at;  // the sign belongs to the number
  const Span span{document.file, static_cast<uint32_t>(at), static_cast<uint32_t>(at + 1)};
  if (code == rapidjson::kParseErrorNumberTooBig)
    return report.error(Errc::not_finite, span, "", "the number is greater than every double; write a finite number");
  if (is_not_finite(document.text, at))
    return report.error(Errc::not_finite, span, "",
                        "NaN and infinity are not numbers of a patch; write a finite number");
  const bool control = at < document.text.size() && static_cast<unsigned char>(document.text[at]) < 0x20;
  if (code == rapidjson::kParseErrorStringEscapeInvalid && control)
    return report.error(Errc::json_syntax, span, "",
                        "a line break or control character inside a string; close the string or write \\n");
  report.error(Errc::json_syntax, span, "", rapidjson::GetParseError_En(code));
}

}  // namespace

std::optional<JsonDocument> parse_json(uint32_t file, Report& report) {
  JsonDocument document{file, report.sources()->files[file - 1].text, {}};
  const std::string_view text = document.text;
  const auto stop = [&](Errc code, size_t at, const char* message) {
    report.error(code, {file, static_cast<uint32_t>(at), static_cast<uint32_t>(at + 1)}, "", message);
    return std::nullopt;
  };
  if (const size_t at = invalid_utf8(text); at != std::string_view::npos)
    return stop(Errc::bad_utf8, at, "the file is not valid UTF-8 here; save it as UTF-8");
  if (const size_t at = text.find('\0'); at != std::string_view::npos)
    return stop(Errc::json_syntax, at, "a zero byte, which no text file has");

  const size_t begin = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  rapidjson::MemoryStream stream(text.data() + begin, text.size() - begin);
  Reader reader;
  Handler handler(document, begin, report);
  const rapidjson::ParseResult result = reader.Parse<kParseFlags>(stream, handler);
  if (handler.stopped()) return std::nullopt;
  if (result.IsError()) {
    report_syntax(document, result.Code(), begin + result.Offset(), report);
    return std::nullopt;
  }
  return document;
}

}  // namespace sinter
