// Poly nodes and control sources as IR: which params and voices there are, what a voice hears, how voices add up.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "lower_support.hpp"

using namespace sinter;
using namespace sinter::test;

namespace {

SettingValue text(const std::string& value) { return {.kind = SettingKind::text, .text = value}; }
SettingValue amount(double value) { return {.number = value}; }

using Settings = std::vector<std::pair<std::string, SettingValue>>;

Graph playing(const Graph& voice, Settings settings, std::vector<std::pair<std::string, std::string>> in = {}) {
  Graph graph;
  graph.definitions.push_back({.name = "voice", .body = voice});
  settings.insert(settings.begin(), {"of", text("voice")});
  graph.node("synth", "poly", std::move(in), std::move(settings));
  return graph;
}

uint32_t param(const Ir& ir, const std::string& id) {
  for (uint32_t i = 0; i < ir.params.size(); ++i)
    if (ir.params[i].id == id) return i;
  FAIL("no param ", id);
  return 0;
}

double of_text(const std::string& text) {
  Graph graph;
  graph.output("out", text);
  return first_sample(graph).at(0);
}

}  // namespace

TEST_CASE("where no host says otherwise the tempo is 120, beats count from 0, and controllers are 0") {
  struct {
    const char* text;
    double value;
  } const kRows[] = {{"bpm", 120},    {"beat", 0},     {"bar", 0},         {"playing", 1},          {"cc(74)", 0},
                     {"modwheel", 0}, {"1beats", 0.5}, {"-3 beats", -1.5}, {"bpm / 60 * 1beats", 1}};
  for (const auto& row : kRows) {
    INFO(row.text);
    CHECK(of_text(row.text) == row.value);
  }
}

TEST_CASE("sources are declared once, behind the patch's parameters, with ids that no parameter has") {
  Graph graph;
  GraphParam p;
  p.id = "p";
  graph.param(p).expr("a", "bpm + $p + cc(1) + modwheel").output("out", "a + 1beats + bpm + playing + cc(2)");
  const Ir ir = lowered(graph);
  std::vector<std::string> ids;
  for (const ParamDecl& decl : ir.params) ids.push_back(decl.id);
  REQUIRE(ids.size() == 5);
  CHECK(ids[0] == "p");
  std::sort(ids.begin(), ids.end());
  CHECK(ids == std::vector<std::string>{"bpm", "cc(1)", "cc(2)", "p", "playing"});
  for (const std::string& id : ids) CHECK((id == "p") == (ir.params[param(ir, id)].role == ControlRole::parameter));
  CHECK(ir.params[param(ir, "cc(2)")].number == 2);
}

TEST_CASE("the beat becomes a ramp before anything is computed of it, and the tempo stays a control") {
  Graph graph;
  graph.output("out", "frac(beat)").output("gain", "hold(bpm / 2)");
  const Ir ir = lowered(graph, false);
  CHECK(count_op(ir, Op::ramp) == 1);
  for (const Inst& inst : ir.insts)
    if (inst.op == Op::ramp) CHECK(ir[inst.arg[0]].op == Op::param);
  CHECK(std::ranges::any_of(ir.insts, [](const Inst& i) { return i.op == Op::hold && i.rate == Rate::control; }));
}

TEST_CASE("each voice has its own notes, and outputs are the sum of all voices") {
  Graph voice;
  voice.input("freq")
      .input("gate")
      .input("velocity")
      .output("out", "freq * gate")
      .output("pair", "stack(velocity, 10)");
  Graph graph = playing(voice, {{"voices", amount(3)}});
  graph.output("out", "synth").output("pair", "synth.pair");
  const Ir ir = lowered(graph);
  REQUIRE(ir.voices.size() == 1);
  CHECK(ir.voices[0].slot.key == "synth");
  CHECK(ir.voices[0].slot.voices == 3);
  CHECK(ir.voices[0].pressure == VoiceSlot::kUnused);
  CHECK(ir.voices[0].slot.choke == 0);
  CHECK(ir.voices[0].slot.level_probe < ir.probes.size());
  CHECK(ir.params[ir.voices[0].freq].lanes == 3);
  IrPlayer player(ir);
  player.set_lanes(ir.voices[0].freq, {100, 200, 400});
  player.set_lanes(ir.voices[0].gate, {1, 0, 1});
  player.set_lanes(ir.voices[0].velocity, {1, 2, 3});
  CHECK(player.step({}) == std::vector<double>{500, 6, 30});
}

TEST_CASE("a note on a voice whose gate is open gives one 0 sample wherever it falls") {
  Graph voice;
  voice.input("gate").output("out", "gate");
  Graph graph = playing(voice, {{"voices", amount(2)}});
  graph.output("out", "synth");
  const Ir ir = lowered(graph);
  IrPlayer player(ir);
  const auto next = [&] { return player.step({}).at(0); };
  CHECK(next() == 0);
  player.set_lanes(ir.voices[0].gate, {1, 1});
  CHECK(next() == 2);
  player.set_lanes(ir.voices[0].restart, {1, 0});
  CHECK(next() == 1);
  CHECK(next() == 2);
  player.set_lanes(ir.voices[0].restart, {2, 1});
  CHECK(next() == 0);
  CHECK(next() == 2);
}

TEST_CASE("other inputs and params of a voice are the poly's, and a wide input goes to every voice as it is") {
  Graph voice;
  GraphParam depth;
  depth.id = "depth";
  depth.maximum = 10;
  voice.input("note").input("in", 2).param(depth).output("out", "$depth * in + 0 * note");
  Graph graph = playing(voice, {{"voices", amount(2)}}, {{"in", "in"}});
  graph.nodes[0].forward_params = true;
  depth.fallback = 5;
  graph.input("in", 2).param(depth).output("out", "synth");
  CHECK(first_sample(graph, {1, 3}) == std::vector<double>{10, 30});
  graph.nodes[0].inputs[0].expr = *parse_expr("stack(in, in)");
  CHECK(first_error(graph).starts_with("channel_mismatch"));
}

TEST_CASE("'done' is heard by the engine alone, and a bare id is the first output that sounds") {
  Graph voice;
  voice.input("gate").output("done", "1 - gate").output("left", "2").output("right", "stack(3, 4)");
  Graph graph = playing(voice, {{"voices", amount(4)}});
  graph.output("out", "synth").output("right", "synth.right");
  const Ir ir = lowered(graph);
  CHECK(IrPlayer(ir).step({}) == std::vector<double>{8, 12, 16});
  REQUIRE(ir.voices[0].slot.done_probe < ir.probes.size());
  CHECK(ir.probes[ir.voices[0].slot.done_probe].lanes == 4);
  CHECK(ir.voices[0].slot.level_probe == VoiceSlot::kUnused);
  graph.nodes[0].settings.push_back({"steal", {.kind = SettingKind::choice, .text = "quietest"}});
  const Ir quiet = lowered(graph);
  REQUIRE(quiet.voices[0].slot.level_probe < quiet.probes.size());
  CHECK(quiet.probes[quiet.voices[0].slot.level_probe].lanes == 4);
}

TEST_CASE("all outputs of a voice but 'done' are multiplied by whether it is open, and heard as they are then") {
  Graph voice;
  voice.input("gate").output("done", "1").output("pair", "stack(0 * gate - 20, 10)").output("out", "1 + 0 * gate");
  Graph graph = playing(voice, {{"voices", amount(3)}, {"steal", {.kind = SettingKind::choice, .text = "quietest"}}});
  graph.output("pair", "synth").output("out", "synth.out");
  const Ir ir = lowered(graph);
  const VoiceDecl& decl = ir.voices[0];
  CHECK(ir.params[decl.open].initial == 1);
  IrPlayer player(ir);
  CHECK(player.step({}) == std::vector<double>{-60, 30, 3});
  player.set_lanes(decl.open, {1, 0, 0.5});
  CHECK(player.step({}) == std::vector<double>{-30, 15, 1.5});
  const auto probed = [&](uint32_t probe) {
    for (const Value root : ir.roots)
      if (ir[root].op == Op::probe && ir[root].imm == probe) return ir[root].arg[0];
    return Value{};
  };
  CHECK(player.lanes(probed(decl.slot.level_probe)) == std::vector<double>{20, 0, 10});
  CHECK(player.lanes(probed(decl.slot.done_probe)) == std::vector<double>{1, 1, 1});
}

TEST_CASE("settings reach the voices, and mono and legato have one") {
  Graph voice;
  voice.input("freq").output("out", "freq");
  Graph graph = playing(voice, {{"voices", amount(8)},
                                {"mode", {.kind = SettingKind::choice, .text = "legato"}},
                                {"glide", amount(0.25)},
                                {"bend_range", amount(12)},
                                {"mpe_bend_range", amount(24)},
                                {"notes", {.kind = SettingKind::numbers, .numbers = {36, 48}}},
                                {"choke", text("hats")}});
  graph.node("other", "poly", {}, {{"of", text("voice")}, {"choke", text("toms")}});
  graph.node("same", "poly", {}, {{"of", text("voice")}, {"choke", text("hats")}});
  graph.output("out", "synth + other + same");
  const Ir ir = lowered(graph);
  REQUIRE(ir.voices.size() == 3);
  const auto named = [&](const char* key) {
    return std::ranges::find_if(ir.voices, [&](const VoiceDecl& d) { return d.slot.key == key; })->slot;
  };
  const VoiceSlot slot = named("synth");
  CHECK(slot.voices == 1);
  CHECK(slot.mode == VoiceSlot::Mode::legato);
  CHECK(slot.glide_seconds == 0.25);
  CHECK(slot.bend_range == 12);
  CHECK(slot.mpe_bend_range == 24);
  CHECK(slot.lowest == 36);
  CHECK(slot.highest == 48);
  CHECK(slot.choke == named("same").choke);
  CHECK(slot.choke != named("other").choke);
  CHECK(named("other").voices == 16);
  CHECK(slot.key_hz.at(69) == 440);
}

TEST_CASE("a poly in a definition is one of its own in every node, but not in copies side by side") {
  Graph voice;
  voice.input("freq").output("out", "freq");
  Graph strings;
  strings.input("in").node("synth", "poly", {}, {{"of", text("voice")}}).output("out", "synth + in");
  Graph graph;
  graph.definitions = {{.name = "voice", .body = voice}, {.name = "strings", .body = strings}};
  graph.node("a", "strings", {{"in", "1"}}).node("b", "strings", {{"in", "2"}}).output("out", "a + b");
  const Ir ir = lowered(graph);
  REQUIRE(ir.voices.size() == 2);
  CHECK(ir.voices[0].slot.key == "a/synth");
  CHECK(ir.voices[1].slot.key == "b/synth");
  graph.nodes[0].channels = 2;
  CHECK(first_error(graph).starts_with("not_supported: the poly 'a/synth' lies in a composite that runs side by side"));
}

TEST_CASE("dead code removal keeps what voices are heard by") {
  Graph voice;
  voice.input("gate").output("out", "gate").output("done", "1 - gate");
  Graph graph = playing(voice, {});
  graph.output("out", "0 * synth");
  Result<Compiled> compiled = compile(graph, test_options(false));
  REQUIRE(bool(compiled));
  const VoiceSlot& slot = compiled->program->layout.voices.at(0);
  CHECK(compiled->program->layout.probes.at(slot.done_probe).key == "synth/voices.done");
}

TEST_CASE("freq, bend, pressure and timbre glide to what they will be, and what begins or ends a note jumps") {
  struct {
    const char* input;
    uint32_t VoiceDecl::*param;
    Op entry;
  } const rows[] = {{"freq", &VoiceDecl::freq, Op::ramp},         {"bend", &VoiceDecl::bend, Op::ramp},
                    {"pressure", &VoiceDecl::pressure, Op::ramp}, {"timbre", &VoiceDecl::timbre, Op::ramp},
                    {"velocity", &VoiceDecl::velocity, Op::hold}, {"off_velocity", &VoiceDecl::off_velocity, Op::hold},
                    {"note", &VoiceDecl::note, Op::hold},         {"gate", &VoiceDecl::gate, Op::hold},
                    {"gate", &VoiceDecl::open, Op::ramp}};
  for (const auto& row : rows) {
    CAPTURE(row.input);
    Graph voice;
    voice.input(row.input).expr("x", "0.5 * prev(x) + " + std::string(row.input)).output("out", "x");
    Graph graph = playing(voice, {});
    graph.output("out", "synth");
    const Ir ir = lowered(graph, false);
    uint32_t entries = 0;
    for (const Inst& inst : ir.insts) {
      if (inst.op != Op::ramp && inst.op != Op::hold) continue;
      const Inst& from = ir[inst.arg[0]];
      if (from.op != Op::param || from.imm != ir.voices[0].*row.param) continue;
      CHECK(inst.op == row.entry);
      ++entries;
    }
    CHECK(entries == 1);
  }
}

TEST_CASE("a tuning gives the keys their frequencies") {
  Graph voice;
  voice.input("freq").output("out", "freq");
  Graph graph = playing(voice, {{"tuning", {.kind = SettingKind::file, .text = "lib/fifths.scl"}}});
  graph.output("out", "synth");
  graph.folder = std::string(SINTER_SOURCE_DIR) + "/tests/graph/broken";
  const std::vector<double> keys = lowered(graph).voices[0].slot.key_hz;
  CHECK(keys.at(60) == doctest::Approx(261.6256));
  CHECK(keys.at(69) != 440);
}
