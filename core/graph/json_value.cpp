// Values of a document: texts are decoded when they are asked for, with the place of each byte.
#include <charconv>

#include "json.hpp"
#include "numbers.hpp"
#include "utf8.hpp"

namespace sinter {
namespace {

uint32_t hex4(std::string_view digits) {
  uint32_t value = 0;
  std::from_chars(digits.data(), digits.data() + 4, value, 16);
  return value;
}

/// Decodes the escape at text[i] (a backslash); returns the character and moves i behind it.
uint32_t take_escape(std::string_view text, size_t& i) {
  const char letter = text[i + 1];
  i += 2;
  switch (letter) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'u':
      break;
    default:
      return static_cast<unsigned char>(letter);
  }
  const uint32_t code = hex4(text.substr(i));
  i += 4;
  if (code < 0xd800 || code > 0xdbff) return code;
  const uint32_t low = hex4(text.substr(i + 2));  // the parser has seen that the other half follows
  i += 6;
  return 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
}

/// Calls put(decoded bytes, offset in the token) for each character of a string token.
template <class Put>
void decode(std::string_view token, Put put) {
  for (size_t i = 1; i + 1 < token.size();) {
    const size_t at = i;
    if (token[i] != '\\') {
      put(token.substr(i++, 1), at);
      continue;
    }
    std::string character;
    put_utf8(character, take_escape(token, i));
    put(character, at);
  }
}

}  // namespace

std::string_view name(JsonKind kind) {
  constexpr std::string_view kNames[] = {"null",     "true or false", "a number", "a string",
                                         "an array", "an object",     "a key"};
  return kNames[static_cast<size_t>(kind)];
}

double JsonValue::number() const { return parse_decimal(token()).value_or(0); }

std::string JsonValue::string() const {
  std::string text;
  decode(token(), [&](std::string_view bytes, size_t) { text += bytes; });
  return text;
}

std::vector<uint32_t> JsonValue::offsets() const {
  std::vector<uint32_t> list;
  decode(token(), [&](std::string_view bytes, size_t at) {
    list.insert(list.end(), bytes.size(), node().begin + static_cast<uint32_t>(at));
  });
  list.push_back(node().end - 1);
  return list;
}

std::string JsonValue::compact() const {
  std::string text;
  const auto list = [&](char open, char close, const auto& parts, const auto& put) {
    text += open;
    for (const auto& part : parts) {
      if (text.size() > 1) text += ',';
      put(part);
    }
    text += close;
  };
  if (kind() == JsonKind::array) {
    list('[', ']', items(), [&](const JsonValue& item) { text += item.compact(); });
  } else if (kind() == JsonKind::object) {
    list('{', '}', members(),
         [&](const JsonMember& member) { text += member.at.compact() + ':' + member.value.compact(); });
  } else {
    text = token();
  }
  return text;
}

std::vector<JsonValue> JsonValue::items() const {
  std::vector<JsonValue> list;
  for (uint32_t i = index_ + 1; i < node().next; i = document_->nodes[i].next) list.emplace_back(*document_, i);
  return list;
}

std::vector<JsonMember> JsonValue::members() const {
  std::vector<JsonMember> list;
  for (uint32_t i = index_ + 1; i < node().next; i = document_->nodes[i + 1].next) {
    const JsonValue at(*document_, i);
    list.push_back({at.string(), at, JsonValue(*document_, i + 1)});
  }
  return list;
}

std::string quote_json(std::string_view text) {
  std::string quoted = "\"";
  for (char c : text) {
    switch (c) {
      case '"':
        quoted += "\\\"";
        continue;
      case '\\':
        quoted += "\\\\";
        continue;
      case '\n':
        quoted += "\\n";
        continue;
      case '\r':
        quoted += "\\r";
        continue;
      case '\t':
        quoted += "\\t";
        continue;
      default:
        break;
    }
    if (static_cast<unsigned char>(c) >= 0x20) {
      quoted += c;
      continue;
    }
    constexpr char kHex[] = "0123456789abcdef";
    quoted += "\\u00";
    quoted += kHex[c >> 4];
    quoted += kHex[c & 15];
  }
  return quoted + '"';
}

}  // namespace sinter
