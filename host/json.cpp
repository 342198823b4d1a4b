// JSON output through RapidJSON.
#include "sinter/host/json.hpp"

#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

#include <cmath>
#include <cstdio>

#include "sinter/host/command.hpp"
#include "sinter/host/terminal.hpp"

namespace sinter::host {

struct Json::Writer {
  rapidjson::StringBuffer buffer;
  rapidjson::PrettyWriter<rapidjson::StringBuffer> to{buffer};
  std::vector<bool> is_object;
  Writer() { to.SetIndent(' ', 2); }
};

Json::Json() : writer_(std::make_unique<Writer>()) {}
Json::~Json() = default;

Json& Json::object() {
  writer_->to.StartObject();
  writer_->is_object.push_back(true);
  return *this;
}
Json& Json::array() {
  writer_->to.StartArray();
  writer_->is_object.push_back(false);
  return *this;
}
Json& Json::end() {
  if (writer_->is_object.back()) writer_->to.EndObject();
  else writer_->to.EndArray();
  writer_->is_object.pop_back();
  return *this;
}
Json& Json::key(std::string_view name) {
  writer_->to.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
  return *this;
}
Json& Json::value(std::string_view text) {
  writer_->to.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
  return *this;
}
Json& Json::value(double number) {
  if (!std::isfinite(number)) return null();
  writer_->to.Double(number);
  return *this;
}
Json& Json::value(uint64_t number) {
  writer_->to.Uint64(number);
  return *this;
}
Json& Json::value(bool flag) {
  writer_->to.Bool(flag);
  return *this;
}
Json& Json::null() {
  writer_->to.Null();
  return *this;
}
std::string Json::text() const { return std::string(writer_->buffer.GetString(), writer_->buffer.GetSize()) + "\n"; }

// Inside strings line ends are escaped: each one here is layout, with the indentation after it.
std::string Json::line() const {
  std::string all;
  bool indent = false;
  for (const char* at = writer_->buffer.GetString(); *at; ++at) {
    indent = *at == '\n' || (indent && *at == ' ');
    if (!indent) all += *at;
  }
  return all;
}

void write_errors(Json& json, std::string_view key, const std::vector<Error>& errors) {
  json.key(key).array();
  for (const Error& error : errors) {
    json.object().field("code", error_name(error.code)).field("message", error.message);
    if (!error.where.empty()) json.field("where", error.where);
    json.field("warning", error.warning);
    if (!error.place.file.empty()) json.field("file", error.place.file);
    if (error.place.line) json.field("line", error.place.line).field("column", error.place.column);
    json.field("mend", error_mend(error.code)).end();
  }
  json.end();
}

int fail(const std::vector<Error>& errors, bool json) {
  print_errors(errors);
  if (json) {
    Json out;
    out.object().field("ok", false);
    write_errors(out, "errors", errors);
    std::fputs(out.end().text().c_str(), stdout);
  }
  return exit_code(errors);
}

}  // namespace sinter::host
