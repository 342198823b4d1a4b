// JSON with the place of every value and key: what RapidJSON's reader finds, kept as a flat list over the file's text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "report.hpp"
#include "sinter/graph/expr.hpp"

namespace sinter {

enum class JsonKind : uint8_t { null, boolean, number, string, array, object, key };
/// "a number", "an array", …
std::string_view name(JsonKind kind);

/// Values in the order of the text; what lies inside one follows it up to `next`. Texts stay in the file.
struct JsonNode {
  JsonKind kind;
  uint32_t begin, end;  ///< byte offsets in the file, quotes and brackets included
  uint32_t next;        ///< index of the first node after this value
};

struct JsonDocument {
  uint32_t file = 0;  ///< 1-based index into the sources
  std::string text;   ///< of its own: the sources may gain files, which moves short texts
  std::vector<JsonNode> nodes;
};

struct JsonMember;

/// One value of a document; cheap to copy, valid while the document lives.
class JsonValue {
 public:
  JsonValue(const JsonDocument& document, uint32_t index) : document_(&document), index_(index) {}

  JsonKind kind() const { return node().kind; }
  Span span() const { return {document_->file, node().begin, node().end}; }
  bool truth() const { return document_->text[node().begin] == 't'; }
  double number() const;
  std::string string() const;               ///< strings and keys, escapes resolved
  std::vector<uint32_t> offsets() const;    ///< file offset of each byte of string(), and of its end
  std::string compact() const;              ///< the value as JSON text without blanks and comments
  std::vector<JsonValue> items() const;     ///< of an array
  std::vector<JsonMember> members() const;  ///< of an object, in the order written

 private:
  const JsonNode& node() const { return document_->nodes[index_]; }
  std::string_view token() const {
    return std::string_view(document_->text).substr(node().begin, node().end - node().begin);
  }
  const JsonDocument* document_;
  uint32_t index_;
};

struct JsonMember {
  std::string key;
  JsonValue at;  ///< the key itself
  JsonValue value;
};

/// Parses a file of the report's sources. Errors (json_syntax, bad_utf8, duplicate_key, not_finite, limit_nesting) go
/// to the report; nothing is returned where the text cannot be read as a whole.
std::optional<JsonDocument> parse_json(uint32_t file, Report& report);

/// A string as JSON, with quotes.
std::string quote_json(std::string_view text);

}  // namespace sinter
