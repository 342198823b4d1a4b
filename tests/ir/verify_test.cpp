// Each rule of the verifier, broken once.
#include <doctest/doctest.h>

#include <string>

#include "sinter/ir/builder.hpp"

using namespace sinter;

namespace {

constexpr std::string_view kHeader = R"(sample_rate 48000
real f32
input 0 "in" channels=1
input 1 "wide" channels=4
output 0 "out" channels=1
param 0 "p" initial=0.5 minimum=0 maximum=1 smooth_seconds=0
state 0 "z" f32 clock=1 lanes=1 init=0
line 0 "l" f32 clock=1 lanes=1 max_delay=100
table 0 "t" size=2 lanes=1 writable=0 data=[1,2]
table 1 "w" size=2 lanes=1 writable=1 data=[]
%0 = input f32 sample input=0
%1 = input f32 sample lanes=4 input=1
%2 = param f64 control param=0
%3 = prev f32 sample state=0
%4 = next f32 sample state=0 %0
%5 = push f32 sample line=0 %0
%6 = constant f32 constant 2
%7 = constant i32 constant 3
%8 = constant f64 constant 2
%9 = output f32 sample output=0 %0
)";

struct Broken {
  std::string_view inst;  // %10 and the lines after it
  std::string_view says;  // part of the message; empty: the inst is valid
};

constexpr Broken kBroken[] = {
    {"%10 = add f32 sample %0, %6", ""},
    {"%10 = add f32 sample lanes=4 %0, %1", ""},
    {"%10 = add f32 sample %0, %7", "types do not fit"},
    {"%10 = add f64 sample %0, %0", "types do not fit"},
    {"%10 = iadd i32 constant %7, %6", "types do not fit"},
    {"%10 = lt f32 sample %0, %6", "types do not fit"},
    {"%10 = select f32 sample %0, %0, %6", "types do not fit"},
    {"%10 = mask_not mask sample %0", "types do not fit"},
    {"%10 = to_f64 f64 constant %6", "types do not fit"},
    {"%10 = narrow f32 constant %6", "types do not fit"},
    {"%10 = widen f64 constant %8", "types do not fit"},
    {"%10 = to_int i32 constant %7", "types do not fit"},
    {"%10 = add f32 constant %0, %6", "rate follows as sample"},
    {"%10 = add f32 sample %6, %6", "rate follows as constant"},
    {"%10 = add f64 control %2, %8", ""},
    {"%10 = add f64 sample %2, %8", "rate follows as control"},
    {"%10 = to_int i32 control %2\n%11 = frame i32 sample\n%12 = iadd i32 sample %10, %11", ""},
    {"%10 = lt mask control %2, %8\n%11 = select f32 sample %10, %0, %6", ""},
    {"%10 = widen f64 sample %0", "f64 at sample rate"},
    {"%10 = add f64 control %2, %8 entered", "has not entered"},
    {"%10 = add f32 sample lanes=4 %0, %0", "4 lanes where 1 follow"},
    {"%10 = add f32 sample %0, %1", "1 lanes where 4 follow"},
    {"%10 = relane f32 sample lanes=2 offset=0 stride=1 repeat=1 %1\n%11 = add f32 sample lanes=4 %1, %10",
     "has 2 lanes, not 1 or 4"},
    {"%10 = add f32 sample x3 %0, %6", "a clock is"},
    {"%10 = add f32 sample x2 %0, %6", "has clock 1"},
    {"%10 = add f32 constant x2 %6, %6", "only samples have a clock"},
    {"%10 = ishl i32 constant count=31 %7", ""},
    {"%10 = ishl i32 constant count=32 %7", "shift count"},
    {"%10 = input f32 sample input=2", "there is no input 2"},
    {"%10 = input f32 sample lanes=2 input=1", "2 lanes where 4 follow"},
    {"%10 = param f64 control param=1", "there is no param 1"},
    {"%10 = param f32 control param=0", "types do not fit"},
    {"%10 = prev f32 sample state=1", "there is no state 1"},
    {"%10 = prev f32 sample state=0", "read by two prevs"},
    {"%10 = next f32 sample state=0 %0", "two nexts"},
    {"%10 = push f32 sample line=0 %0", "two pushes"},
    {"%10 = push f32 sample line=1 %0", "there is no line 1"},
    {"%10 = tap f32 sample line=0 min=1 %7", ""},
    {"%10 = tap f32 sample line=0 min=0 %7, %5", ""},
    {"%10 = tap f32 sample line=0 min=0 %7", "reads the push, which is missing"},
    {"%10 = tap f32 sample line=0 min=0 %7, %0", "not the push of its line"},
    {"%10 = tap f32 sample line=0 min=101 %7", "longer than the line"},
    {"%10 = tap f32 sample line=0 min=1 %6", "a delay is i32"},
    {"%10 = tap f32 constant line=0 min=1 %7", "rate follows as sample"},
    {"%10 = table_get f32 constant table=0 %7", ""},
    {"%10 = table_get f32 constant table=0 %6", "an index is i32"},
    {"%10 = table_get f32 constant table=1 %7", "rate follows as sample"},
    {"%10 = table_set f32 sample table=0 %7, %0", "not writable"},
    {"%10 = table_set f32 sample table=1 %7, %0\n%11 = table_get f32 sample table=1 %7", "read after it was set"},
    {"%10 = ramp f32 sample %2", ""},
    {"%10 = hold f32 control %2", ""},
    {"%10 = ramp f32 sample x2 %2", ""},
    {"%10 = ramp f32 control %2", "rate follows as sample"},
    {"%10 = hold f32 sample %2", "rate follows as control"},
    {"%10 = ramp f64 sample %2", "types do not fit"},
    {"%10 = hold f32 sample %0", "types do not fit"},
    {"%10 = relane f32 sample lanes=4 offset=0 stride=1 repeat=1 %1", ""},
    {"%10 = relane f32 sample lanes=4 offset=1 stride=1 repeat=1 %1", "reads lane 4 of 4"},
    {"%10 = relane f32 sample lanes=8 offset=0 stride=1 repeat=2 %1", ""},
    {"%10 = relane f32 sample lanes=2 offset=0 stride=1 repeat=0 %1", "at least once"},
    {"%10 = stack f32 sample lanes=5 %0, %1", ""},
    {"%10 = stack f32 sample lanes=4 %0, %1", "4 lanes where its arguments have 5"},
    {"%10 = stack f32 sample lanes=2 %0, %7", "types do not fit"},
    {"%10 = fold f32 sample lanes=2 %1", ""},
    {"%10 = fold f32 sample lanes=4 %1", "fewer lanes"},
    {"%10 = upsample f32 sample x2 factor=2 %0", ""},
    {"%10 = upsample f32 sample x2 factor=4 %0", "clocks do not fit"},
    {"%10 = upsample f32 sample x3 factor=3 %0", "a factor is"},
    {"%10 = upsample f32 constant factor=2 %6", "only samples change their clock"},
    {"%10 = upsample f32 sample x2 factor=2 %0\n%11 = decimate f32 sample factor=2 %10\n%12 = add f32 sample %0, %11",
     ""},
    {"%10 = upsample f32 sample x2 factor=2 %0\n%11 = add f32 sample x2 %10, %0", "has clock 1"},
    {"%10 = output f32 sample output=0 %0", "written twice"},
    {"%10 = output f32 sample output=1 %0", "there is no output 1"},
    {"%10 = probe f32 sample probe=0 %0", "there is no probe 0"},
    {"%10 = constant mask constant 0x1", "all bits or none"},
    {"%10 = constant i32 constant 0x100000000", "no upper bits"},
};

struct BrokenDeclaration {
  std::string_view line, says;
};
constexpr BrokenDeclaration kDeclarations[] = {
    {"sample_rate 0", "sample rate"},
    {"sample_rate nan", "sample rate"},
    {"input 0 \"in\" channels=0", "the input 'in' has invalid lanes"},
    {"output 0 \"o\" channels=65537", "the output 'o' has invalid lanes"},
    {"output 0 \"o\" channels=1", "the output 'o' is never written"},
    {"param 0 \"p\" initial=2 minimum=0 maximum=1 smooth_seconds=0", "the param 'p' has invalid range"},
    {"state 0 \"s\" f32 clock=3 lanes=1 init=0", "the state 's' has invalid lanes or clock"},
    {"state 0 \"s\" f64 clock=1 lanes=1 init=0", "the state 's' has invalid type"},
    {"state 0 \"s\" f32 clock=1 lanes=1 init=0", "the state 's' has no next"},
    {"strategy \"a\" scan\nstrategy \"b\" auto\nstrategy \"a\" scan", "the strategy 'a' has invalid path: it has two"},
    {"line 0 \"l\" f32 clock=1 lanes=1 max_delay=0", "the line 'l' has invalid lanes, clock or delay"},
    {"line 0 \"l\" i32 clock=1 lanes=1 max_delay=1", "the line 'l' has invalid type"},
    {"table 0 \"t\" size=3 lanes=1 writable=0 data=[1,2]", "the table 't' has invalid number of elements"},
    {"table 0 \"t\" size=2 lanes=1 writable=0 data=[]", "the table 't' has invalid number of elements"},
};

Ir parsed(std::string_view text) {
  Result<Ir> ir = parse_ir(text);
  if (!ir) FAIL(format(ir.error()));
  return std::move(ir).value();
}

std::string messages(const Ir& ir) {
  std::string all;
  for (const Error& error : verify(ir)) {
    CHECK(error.code == Errc::ir_invalid);
    all += error.message + "\n";
  }
  return all;
}

}  // namespace

TEST_CASE("each rule for insts is told by the inst that breaks it") {
  for (const Broken& broken : kBroken) {
    CAPTURE(broken.inst);
    const Ir ir = parsed(std::string(kHeader) + std::string(broken.inst) + "\n");
    const std::vector<Error> errors = verify(ir);
    if (broken.says.empty()) {
      CHECK(messages(ir).empty());
      continue;
    }
    REQUIRE(errors.size() == 1);
    CHECK(errors[0].code == Errc::ir_invalid);
    CHECK_MESSAGE(errors[0].message.find(broken.says) != std::string::npos, errors[0].message);
    const size_t last = broken.inst.rfind('%', broken.inst.rfind('='));
    CHECK(errors[0].where == broken.inst.substr(last, broken.inst.find(' ', last) - last));
  }
}

TEST_CASE("each rule for declarations is told by the declaration that breaks it") {
  for (const BrokenDeclaration& broken : kDeclarations) {
    CAPTURE(broken.line);
    const std::string said = messages(parsed(std::string(broken.line) + "\n"));
    CHECK_MESSAGE(said.find(broken.says) != std::string::npos, said);
  }
}

TEST_CASE("an Ir that no text can say is invalid too") {
  const Ir good = parsed(kHeader);
  REQUIRE(verify(good).empty());
  const auto broken = [&](auto&& change) {
    Ir ir = good;
    change(ir);
    return messages(ir);
  };
  const auto says = [](const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; };
  CHECK(says(broken([](Ir& ir) { ir.insts[4].arg[0] = {7}; }), "not made before it is used"));
  CHECK(says(broken([](Ir& ir) { ir.insts[4].arg[0] = {4}; }), "not made before it is used"));
  CHECK(says(broken([](Ir& ir) { ir.insts[4].arg[0] = {}; }), "not made before it is used"));
  CHECK(says(broken([](Ir& ir) { ir.insts[4].arg[1] = {0}; }), "more arguments"));
  CHECK(says(broken([](Ir& ir) { ir.insts[0].imm2 = 1; }), "second immediate"));
  CHECK(says(broken([](Ir& ir) { ir.insts[0].lanes = 0; }), "lanes"));
  CHECK(says(broken([](Ir& ir) { ir.insts[0].entered = false; }), "must say so"));
  CHECK(says(broken([](Ir& ir) { ir.insts[0].clock = 2; }), "inputs have clock 1"));
  CHECK(says(broken([](Ir& ir) { ir.origin[2] = 9; }), "origin"));
  CHECK(says(broken([](Ir& ir) { ir.origin.pop_back(); }), "an origin for each inst"));
  CHECK(says(broken([](Ir& ir) { ir.roots.pop_back(); }), "roots"));
  CHECK(says(broken([](Ir& ir) { ir.wishes = {{"a", static_cast<Wish>(6)}}; }), "the strategy 'a' has invalid value"));
  CHECK(says(broken([](Ir& ir) { ir.roots.push_back({0}); }), "roots"));
  CHECK(says(broken([](Ir& ir) { std::swap(ir.roots[0], ir.roots[1]); }), "roots"));
  CHECK(says(broken([](Ir& ir) {
               std::swap(ir.insts[3], ir.insts[4]), std::swap(ir.roots[0].index, ir.roots[0].index), ir.roots[0] = {3};
             }),
             "read after its next"));
  CHECK(says(broken([](Ir& ir) {
               ir.insts.push_back({.op = Op::stack, .type = Type::f32, .rate = Rate::sample, .entered = true});
               ir.insts.back().arg[0] = {0}, ir.insts.back().arg[1] = {1};
               ir.origin.push_back(0);
             }),
             "outside the pool"));
}

TEST_CASE("External calls are checked against their declaration") {
  Ir ir;
  ir.inputs = {{"in", 1}};
  ir.outputs = {{"out", 2}};
  Builder build(ir);
  const Signal call = build.call({"c", nullptr, {1, 3}, {2}}, {build.input(0), build.input(0)});
  build.output(0, build.call_output(call, 0));
  CHECK(messages(ir).empty());
  const auto broken = [&](auto&& change) {
    Ir copy = ir;
    change(copy);
    return messages(copy);
  };
  CHECK(broken([](Ir& x) { x.calls[0].input_lanes = {1}; }).find("has 1 inputs") != std::string::npos);
  CHECK(broken([](Ir& x) { x.calls[0].output_lanes = {1}; }).find("lanes differ") != std::string::npos);
  CHECK(broken([](Ir& x) { x.calls[0].output_lanes = {}; }).find("no output 0") != std::string::npos);
  CHECK(broken([](Ir& x) { x.calls.push_back(x.calls[0]); }).find("never called") != std::string::npos);
}

TEST_CASE("an f64 compilation lets f64 into sample code only where it has entered") {
  constexpr std::string_view kText = R"(real f64
input 0 "in" channels=1
output 0 "out" channels=1
param 0 "p" initial=0 minimum=0 maximum=1 smooth_seconds=0
%0 = input f64 sample input=0
%1 = param f64 control param=0
%2 = constant f64 constant 2
%3 = hold f64 control %1 entered
%4 = mul f64 control %3, %2 entered
%5 = mul f64 sample %0, %4
%6 = output f64 sample output=0 %5
)";
  CHECK(messages(parsed(kText)).empty());
  const auto swapped = [&](std::string_view from, std::string_view to) {
    std::string text(kText);
    text.replace(text.find(from), from.size(), to);
    return messages(parsed(text));
  };
  CHECK(swapped("%0, %4", "%0, %1").find("did not enter") != std::string::npos);
  CHECK(swapped("%3, %2 entered", "%3, %1 entered").find("did not enter") != std::string::npos);
  CHECK(swapped("%3, %2 entered", "%3, %2").find("must say so") != std::string::npos);
}
