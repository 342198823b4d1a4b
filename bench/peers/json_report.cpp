// What a run found, as JSON: every contender with its times.
#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

#include <cmath>

#include "report.hpp"

namespace sinter::peers {
namespace {

class Json {
 public:
  std::string finish() { return std::string(buffer_.GetString(), buffer_.GetSize()) + "\n"; }
  void open() { writer_.StartObject(); }
  void close() { writer_.EndObject(); }
  void open_list(const char* key) {
    writer_.Key(key);
    writer_.StartArray();
  }
  void close_list() { writer_.EndArray(); }
  void text(const char* key, const std::string& value) {
    writer_.Key(key);
    element(value);
  }
  void element(const std::string& value) {
    writer_.String(value.c_str(), static_cast<rapidjson::SizeType>(value.size()));
  }
  // JSON has no infinity: equal signals are null.
  void number(const char* key, double value) {
    writer_.Key(key);
    if (std::isfinite(value)) writer_.Double(value);
    else writer_.Null();
  }
  void count(const char* key, uint32_t value) {
    writer_.Key(key);
    writer_.Uint(value);
  }
  void flag(const char* key, bool value) {
    writer_.Key(key);
    writer_.Bool(value);
  }

 private:
  rapidjson::StringBuffer buffer_;
  rapidjson::PrettyWriter<rapidjson::StringBuffer> writer_{buffer_};
};

void add(Json& json, const Contender& one, const std::vector<uint32_t>& blocks) {
  static constexpr const char* kSides[] = {"sinter", "jit", "compiled"};
  json.open();
  json.text("side", kSides[static_cast<size_t>(one.side)]);
  json.text("name", one.name);
  json.number("compile_ms", one.compile_ms);
  json.number("difference_db", one.difference_db);
  json.open_list("ns_per_frame");
  for (size_t block = 0; block < one.timings.size(); ++block) {
    json.open();
    json.count("block", blocks[block]);
    json.number("median", one.timings[block].median);
    json.number("minimum", one.timings[block].minimum);
    json.close();
  }
  json.close_list();
  json.close();
}

void add(Json& json, const PairResult& result, const std::vector<uint32_t>& blocks) {
  json.open();
  json.text("name", result.pair.name);
  json.text("title", result.pair.title);
  json.flag("yardstick", result.pair.yardstick);
  json.flag("spectrum", result.pair.spectrum);
  json.number("f64_difference_db", result.f64_db);
  if (!result.pair.why.empty()) json.text("why", result.pair.why);
  if (!result.problem.empty()) json.text("problem", result.problem);
  json.open_list("ratios");
  for (size_t block = 0; block < blocks.size(); ++block) {
    if (result.ratio(block) == 0) continue;
    json.open();
    json.count("block", blocks[block]);
    json.text("sinter", result.best(Side::sinter, block)->name);
    json.text("faust", result.best_faust(block)->name);
    json.number("best_faust_over_best_sinter", result.ratio(block));
    json.close();
  }
  json.close_list();
  json.open_list("contenders");
  for (const Contender& one : result.contenders) add(json, one, blocks);
  json.close_list();
  json.close();
}

}  // namespace

std::string json_report(const Report& report) {
  Json json;
  json.open();
  json.text("processor", report.processor);
  json.text("compilers", report.compilers);
  json.number("sample_rate", report.sample_rate);
  json.open_list("geometric_means");
  for (size_t block = 0; block < report.blocks.size(); ++block) {
    json.open();
    json.count("block", report.blocks[block]);
    json.number("best_faust_over_best_sinter", report.mean_ratio(block));
    json.number("best_libfaust_over_best_sinter", report.mean_ratio(block, true));
    json.close();
  }
  json.close_list();
  json.open_list("pairs");
  for (const PairResult& result : report.results) add(json, result, report.blocks);
  json.close_list();
  json.open_list("remarks");
  for (const std::string& remark : report.remarks) json.element(remark);
  json.close_list();
  json.close();
  return json.finish();
}

}  // namespace sinter::peers
