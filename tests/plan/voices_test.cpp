// What the layout says of voices, control sources and copies of composites.
#include <doctest/doctest.h>

#include "sinter/ir/builder.hpp"
#include "sinter/sinter.hpp"

using namespace sinter;

namespace {

// A parameter and two poly nodes of 4 and 2 voices, whose sources are ramps of output 0 and 1; output 2 mixes both.
Ir with_voices(double glide = 0) {
  Ir ir;
  for (const char* name : {"a", "b", "both"}) ir.outputs.push_back({name, 1});
  ir.params.push_back({.id = "level", .initial = 1});
  const auto source = [&](uint32_t number, uint32_t lanes, const char* id) {
    ir.params.push_back({.id = id, .maximum = 20'000, .role = ControlRole::voice, .number = number, .lanes = lanes});
    return static_cast<uint32_t>(ir.params.size() - 1);
  };
  const auto poly = [&](const char* key, uint32_t voices) {
    VoiceDecl decl;
    decl.slot.key = key;
    decl.slot.voices = voices;
    decl.slot.glide_seconds = glide;
    decl.slot.key_hz.assign(128, 440);
    return decl;
  };
  ir.voices = {poly("synth", 4), poly("bass", 2)};
  ir.voices[0].freq = source(0, 4, "synth/freq");
  ir.voices[0].gate = source(0, 4, "synth/gate");
  ir.voices[1].freq = source(1, 2, "bass/freq");
  Builder build(ir);
  const Signal level = build.param(0), freq = build.param(1), gate = build.param(2), bass = build.param(3);
  build.output(0, build.sum(build.enter(freq * gate)));
  build.output(1, build.sum(build.enter(bass)) * build.enter(level));
  build.output(2, build.enter(build.extract(bass, 0) + build.extract(gate, 1)));
  return ir;
}

Layout layout_of(const Ir& ir) {
  REQUIRE(verify(ir).empty());
  Result<Plan> plan = make_plan(ir);
  REQUIRE(plan);
  return plan->layout;
}

}  // namespace

TEST_CASE("a voice's control sources have a lane each in the control area, and its slot says where") {
  const Layout layout = layout_of(with_voices());
  REQUIRE(layout.params.size() == 4);
  CHECK(layout.params[1].lanes == 4);
  CHECK(layout.params[1].role == ControlRole::voice);
  CHECK(layout.params[3].number == 1);
  for (size_t p = 1; p < layout.params.size(); ++p)
    CHECK(layout.params[p].offset >= layout.params[p - 1].offset + 8 * layout.params[p - 1].lanes);
  REQUIRE(layout.voices.size() == 2);
  const VoiceSlot &synth = layout.voices[0], &bass = layout.voices[1];
  CHECK(synth.freq == layout.params[1].offset);
  CHECK(synth.gate == layout.params[2].offset);
  CHECK(synth.velocity == VoiceSlot::kUnused);
  CHECK(synth.moved_by == (param_group(1) | param_group(2)));
  CHECK(bass.freq == layout.params[3].offset);
  CHECK(bass.gate == VoiceSlot::kUnused);
  CHECK(bass.moved_by == param_group(3));
}

TEST_CASE("a ramp knows the first poly node whose notes it depends on, and 0 where there is none") {
  const Ir ir = with_voices();
  const Layout layout = layout_of(ir);
  uint32_t seen = 0;
  for (const RampSlot& ramp : layout.ramps) {
    const bool level = ramp.moved_by == param_group(0), bass = ramp.moved_by == param_group(3);
    CHECK(ramp.voices == (level ? 0 : bass ? 2 : 1));
    seen |= 1u << ramp.voices;
  }
  CHECK(seen == 7);
}

TEST_CASE("what decides a poly node's notes changes the cones of what they set") {
  const Layout before = layout_of(with_voices()), after = layout_of(with_voices(0.1));
  for (size_t o = 0; o < 3; ++o) CHECK(before.outputs[o].cone != after.outputs[o].cone);
  Ir other = with_voices();
  other.voices[0].slot.choke = 1;
  const Layout choked = layout_of(other);
  CHECK(choked.outputs[0].cone != before.outputs[0].cone);
  CHECK(choked.outputs[1].cone == before.outputs[1].cone);
}

TEST_CASE("composites of several copies are scopes, outer ones first, inner ones counting the outer ones in") {
  const auto composite = [](const char* name, const Graph& body) {
    Definition definition;
    definition.name = name;
    definition.body = body;
    return definition;
  };
  Graph inner, outer, graph;
  inner.input("in").expr("z", "in + prev(z) * 0.5").output("out", "z");
  outer.input("in").node("part", "inner", {{"in", "in"}}).output("out", "sum(part)");
  outer.nodes[0].channels = 3;
  graph.input("in").node("many", "outer", {{"in", "in"}}).node("once", "inner", {{"in", "in"}});
  graph.nodes[0].channels = 2;
  graph.output("out", "sum(many) + once");
  graph.definitions = {composite("inner", inner), composite("outer", outer)};
  const Result<Compiled> made = compile_patch(graph, {});
  if (!made) FAIL(format(made.error()));
  const std::vector<ScopeSlot>& scopes = made->plan.layout.scopes;
  REQUIRE(scopes.size() == 2);
  CHECK(scopes[0].path == "many");
  CHECK(scopes[0].copies == 2);
  CHECK(scopes[1].path == "many/part");
  CHECK(scopes[1].copies == 6);
  for (const StateSlot& state : made->plan.layout.states)
    CHECK(state.lanes == (state.key.starts_with("many/part/") ? 6 : 1));
}
