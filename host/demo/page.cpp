// demo.html: one file with sounds, pictures, figures and listings inside.
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <array>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>

#include "demo.hpp"
#include "sinter/bench/measure.hpp"
#include "sinter/host/audio_reader.hpp"
#include "sinter/host/dot.hpp"
#include "spectrogram.hpp"

namespace sinter::host {
namespace {

using Json = rapidjson::Writer<rapidjson::StringBuffer>;

std::string base64(const uint8_t* bytes, size_t count) {
  static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((count + 2) / 3 * 4);
  for (size_t at = 0; at < count; at += 3) {
    uint32_t word = uint32_t{bytes[at]} << 16;
    if (at + 1 < count) word |= uint32_t{bytes[at + 1]} << 8;
    if (at + 2 < count) word |= bytes[at + 2];
    for (int digit = 0; digit < 4; ++digit)
      text += at + static_cast<size_t>(digit) > count ? '=' : kDigits[word >> (18 - 6 * digit) & 63];
  }
  return text;
}

void string(Json& json, const char* key, const std::string& value) {
  json.Key(key);
  json.String(value.c_str(), static_cast<rapidjson::SizeType>(value.size()));
}
void number(Json& json, const char* key, double value) {
  json.Key(key);
  json.Double(value);
}

std::string file_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void sound(Json& json, const char* key, const std::string& path) {
  json.Key(key);
  json.StartObject();
  const std::string bytes = file_bytes(path);
  string(json, "source",
         "data:audio/flac;base64," + base64(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()));
  std::vector<float> mono;
  double rate = 48'000;
  if (auto reader = AudioReader::open(path)) {
    rate = (*reader)->sample_rate();
    const uint32_t channels = (*reader)->channels();
    std::vector<std::vector<float>> rows(channels, std::vector<float>(4096));
    std::vector<float*> pointers;
    for (auto& row : rows) pointers.push_back(row.data());
    for (;;) {
      const Result<uint32_t> got = (*reader)->read(pointers.data(), 4096);
      if (!got || *got == 0) break;
      for (uint32_t f = 0; f < *got; ++f) {
        float sum = 0;
        for (auto& row : rows) sum += row[f];
        mono.push_back(sum / static_cast<float>(channels));
      }
    }
  }
  const Spectrogram picture = make_spectrogram(mono, rate, 560, 150);
  json.Key("spectrogram");
  json.StartObject();
  number(json, "width", picture.width);
  number(json, "height", picture.height);
  string(json, "levels", base64(picture.levels.data(), picture.levels.size()));
  json.EndObject();
  json.EndObject();
}

// The drawing by Graphviz, without its XML header.
std::string drawing(const DemoResult& result) {
  const std::string dot = dot_text(result.graph, standard_nodes(), &result.report);
  const std::string path = std::filesystem::temp_directory_path() / ("sinter-" + result.item.patch + ".dot");
  std::ofstream(path) << dot;
  std::string svg;
  if (FILE* pipe = ::popen(("dot -Tsvg '" + path + "' 2>/dev/null").c_str(), "r")) {
    std::array<char, 4096> buffer;
    while (const size_t count = std::fread(buffer.data(), 1, buffer.size(), pipe)) svg.append(buffer.data(), count);
    ::pclose(pipe);
  }
  std::filesystem::remove(path);
  const size_t begin = svg.find("<svg");
  return begin == std::string::npos ? "<p>Install graphviz to see the graph here.</p>" : svg.substr(begin);
}

std::string fused_text(const DemoResult& result) {
  std::string text;
  uint32_t index = 0;
  for (const StepReport& step : result.report.steps) {
    text += (text.empty() ? "Loop " : " Loop ") + std::to_string(index++) + " (" + std::string(name(step.kind)) + "): ";
    for (size_t n = 0; n < step.nodes.size(); ++n) text += (n ? " + " : "") + step.nodes[n];
    text += ".";
  }
  return text;
}

void nodes(Json& json, const DemoResult& result) {
  // Listing lines go to the node whose inst they came from.
  std::map<std::string, std::vector<const ListingLine*>> lines;
  const Ir& ir = result.compiled.ir;
  for (const ListingLine& line : result.compiled.listing)
    if (line.inst < ir.size()) lines[ir.origins[ir.origin[line.inst]]].push_back(&line);
  json.Key("nodes");
  json.StartArray();
  for (const NodeReport& node : result.report.nodes) {
    json.StartObject();
    string(json, "path", node.path);
    string(json, "type", node.type);
    string(json, "strategy", std::string(name(node.strategy)));
    string(json, "why", node.why);
    number(json, "ops", node.ops);
    number(json, "lanes", node.lanes);
    json.Key("listing");
    json.StartArray();
    uint32_t last = UINT32_MAX;
    for (const ListingLine* line : lines[node.path]) {
      const auto add = [&](const std::string& text, bool is_ir) {
        json.StartObject();
        string(json, "text", text);
        json.Key("ir");
        json.Bool(is_ir);
        json.EndObject();
      };
      if (line->inst != last) {
        const Inst& inst = ir.insts[line->inst];
        std::string text = "; %" + std::to_string(line->inst) + " = " + std::string(info(inst.op).name);
        for (uint32_t a = 0; a < arg_count(ir, inst); ++a) text += " %" + std::to_string(arg(ir, inst, a).index);
        add(text, true);
      }
      last = line->inst;
      add(line->text, false);
    }
    json.EndArray();
    json.EndObject();
  }
  json.EndArray();
}

void item(Json& json, const DemoResult& result) {
  json.StartObject();
  string(json, "name", result.graph.name);
  string(json, "description", result.graph.meta.description);
  string(json, "recording", std::filesystem::path(result.item.recording).filename());
  string(json, "backend", result.backend);
  uint32_t ops = 0;
  for (const NodeReport& node : result.report.nodes) ops += node.ops;
  number(json, "node_count", static_cast<double>(result.graph.nodes.size()));
  number(json, "op_count", ops);
  number(json, "step_count", static_cast<double>(result.report.steps.size()));
  number(json, "compile_us", result.compile_us);
  number(json, "ns", result.ns(result.backend));
  number(json, "gcc_ns", result.speeds.back().ns_per_frame);
  json.Key("speeds");
  json.StartArray();
  for (const Speed& speed : result.speeds) {
    json.StartObject();
    string(json, "name", speed.name);
    number(json, "ns", speed.ns_per_frame);
    number(json, "realtime", 1e9 / result.sample_rate / speed.ns_per_frame);
    json.Key("native");
    json.Bool(speed.native);
    json.EndObject();
  }
  json.EndArray();
  string(json, "fused", fused_text(result));
  json.Key("colours");
  json.StartObject();
  for (const Strategy strategy :
       {Strategy::control, Strategy::time_parallel, Strategy::serial, Strategy::woven, Strategy::external})
    string(json, std::string(name(strategy)).c_str(), strategy_colour(strategy));
  json.EndObject();
  string(json, "svg", drawing(result));
  sound(json, "before", result.before);
  sound(json, "after", result.after);
  nodes(json, result);
  json.EndObject();
}

}  // namespace

Result<bool> write_page(const std::vector<DemoResult>& results, const std::string& page_template,
                        const std::string& path) {
  rapidjson::StringBuffer buffer;
  Json json(buffer);
  json.StartObject();
  string(json, "version", std::string("Sinter ") + version());
  string(json, "machine", measuring::processor_name());
  char date[32];
  const std::time_t now = std::time(nullptr);
  std::strftime(date, sizeof date, "%Y-%m-%d", std::localtime(&now));
  string(json, "date", date);
  number(json, "block", 512);
  json.Key("items");
  json.StartArray();
  for (const DemoResult& result : results) item(json, result);
  json.EndArray();
  json.EndObject();

  std::string page = file_bytes(page_template);
  const std::string mark = "__DATA__";
  const size_t at = page.find(mark);
  if (at == std::string::npos)
    return Error{Errc::cannot_read, page_template, "the page template is missing or has no place for data"};
  // "</" inside a script element would end it.
  std::string data;
  for (size_t i = 0; i < buffer.GetSize(); ++i) {
    const char c = buffer.GetString()[i];
    data += c;
    if (c == '<' && i + 1 < buffer.GetSize() && buffer.GetString()[i + 1] == '/') data += '\\';
  }
  page.replace(at, mark.size(), data);
  std::ofstream file(path, std::ios::binary);
  file << page;
  if (!file.flush()) return Error{Errc::cannot_write, path, "the page cannot be written"};
  return true;
}

}  // namespace sinter::host
