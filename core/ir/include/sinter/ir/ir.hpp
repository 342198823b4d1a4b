// The IR: hash-consed pure SSA of one sample step. State is prev/next, a delay line is push/tap, so it has no cycles.
//
// A value has a type, a rate, a clock (integer multiple of the base rate) and lanes: the number of instances that share
// this one body. Two values of 1 and n lanes meet by spreading the one. Compile time depends on insts, never on lanes.
#pragma once

#include <bit>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sinter/base/error.hpp"
#include "sinter/base/voices.hpp"

namespace sinter {

inline constexpr uint32_t kGridFrames = 64;        ///< control cells start at multiples of this many base frames
inline constexpr uint32_t kMaxValues = 1'000'000;  ///< limit on insts
inline constexpr uint32_t kMaxLanes = 65'536;      ///< limit on instances of one value

enum class Op : uint8_t {
#define SINTER_OP(name, sig, flags, meaning, x86, doc) name,
#include "sinter/ir/ops.def"
#undef SINTER_OP
};
#define SINTER_OP(name, sig, flags, meaning, x86, doc) +1
inline constexpr uint32_t kOpCount = 0
#include "sinter/ir/ops.def"
    ;
#undef SINTER_OP

/// How arguments and result of an op are typed; the letters are explained in ops.def. C is an immediate shift count.
enum class Signature : uint8_t {
  R_RR,
  R_R,
  R_RRR,
  M_RR,
  M_MM,
  M_M,
  T_MTT,
  I_II,
  I_IC,
  M_II,
  I_R,
  F_I,
  D_I,
  F_D,
  D_F,
  I_F,
  I_D,
  D_D,
  X
};

struct OpInfo {
  std::string_view name;
  Signature signature;
  bool commutative;
  uint8_t arity;  ///< value arguments; structural ops: see their doc
  std::string_view doc;
};
const OpInfo& info(Op op);
/// False where no op has this name.
bool parse_op(std::string_view name, Op& op);

enum class Type : uint8_t { f32, f64, i32, mask };
enum class Rate : uint8_t { constant, control, sample };  ///< ordered: a result has its arguments' largest
std::string_view name(Type type);
std::string_view name(Rate rate);
/// Bytes of one element in memory: f64 8, the rest 4.
constexpr uint32_t size_of(Type type) { return type == Type::f64 ? 8 : 4; }

/// A value is the index of the inst that makes it.
struct Value {
  uint32_t index = UINT32_MAX;
  bool valid() const { return index != UINT32_MAX; }
  friend bool operator==(Value, Value) = default;
};

struct Inst {
  Op op{};
  Type type{};
  Rate rate{};
  uint8_t clock = 1;     ///< multiple of the base rate; 1 for constants and controls
  bool exact = false;    ///< never contracted into an fma: error-free transformations rely on its own rounding
  bool entered = false;  ///< may be used by sample code as it is: sample rate, made by hold, or made of such values
  uint32_t lanes = 1;
  Value arg[3];       ///< stack and call: arg[0].index is an offset into Ir::pool, arg[1].index the count
  uint32_t imm2 = 0;  ///< second immediate: shift count, tap minimum, output index
  uint64_t imm = 0;   ///< literal bits, or the index that the op's doc names
  friend bool operator==(const Inst&, const Inst&) = default;
};

/// The lane map of a relane: lane l reads lane offset + (l / repeat) · stride. Packed in Inst::imm, 20 bits each.
struct Relane {
  uint32_t offset = 0, stride = 1, repeat = 1;
  uint32_t source(uint32_t l) const { return offset + l / repeat * stride; }
  uint64_t pack() const { return offset | uint64_t{stride} << 20 | uint64_t{repeat} << 40; }
  static Relane unpack(uint64_t imm) {
    return {uint32_t(imm & 0xfffff), uint32_t(imm >> 20 & 0xfffff), uint32_t(imm >> 40 & 0xfffff)};
  }
};

/// One remembered value per lane. The key "instance path/channel-free name" survives edits of the patch.
struct StateDecl {
  std::string key;
  Type type = Type::f32;
  uint8_t clock = 1;
  uint32_t lanes = 1;
  uint64_t init = 0;  ///< bits of the value after reset
};

/// A delay line per lane. Taps read 1 … max_delay samples back (0 with the push as argument).
struct LineDecl {
  std::string key;
  Type type = Type::f32;
  uint8_t clock = 1;
  uint32_t lanes = 1;
  uint32_t max_delay = 1;  ///< local samples
};

/// A table of numbers; `writable` ones start as `data` (or zeros) at reset and belong to the state.
struct TableDecl {
  std::string key;
  uint32_t size = 0;   ///< elements per lane
  uint32_t lanes = 1;  ///< 1: shared by all lanes
  bool writable = false;
  std::vector<float> data;
};

struct InputDecl {
  std::string name;
  uint32_t channels = 1;
};
struct OutputDecl {
  std::string name;
  uint32_t channels = 1;
};
/// A source of control values: what the IR needs of a parameter (texts and units stay in the graph), the transport,
/// controllers, the notes of voices.
struct ParamDecl {
  std::string id;
  double initial = 0, minimum = 0, maximum = 1;
  double smooth_seconds = 0;  ///< time of the linear glide to a new value
  ControlRole role = ControlRole::parameter;
  uint32_t number = 0;  ///< controller number, or index into Ir::voices
  uint32_t lanes = 1;   ///< voices of a poly node, else 1
};
struct ProbeDecl {
  std::string key;
  uint32_t lanes = 1;
};

class ExternalType;  // engine/external.hpp: how an External node is made and what it promises
/// One External call: the factory is shared, its instances belong to a prepared program.
struct CallDecl {
  std::string key;
  std::shared_ptr<const ExternalType> type;
  std::vector<uint32_t> input_lanes, output_lanes;
};

/// A poly node: its settings as the engine wants them, without offsets, which the plan fills in, and the params
/// (indices into Ir::params, UINT32_MAX where not declared) and probes that belong to it.
struct VoiceDecl {
  VoiceSlot slot;
  uint32_t freq = UINT32_MAX, gate = UINT32_MAX, velocity = UINT32_MAX, off_velocity = UINT32_MAX,
           pressure = UINT32_MAX, timbre = UINT32_MAX, bend = UINT32_MAX, note = UINT32_MAX, restart = UINT32_MAX,
           open = UINT32_MAX;
};

/// How the patch wants a node to run: its "strategy". A wish: what cannot be honoured runs as the plan thinks best.
enum class Wish : uint8_t {
  automatic,      ///< as the plan thinks best
  serial,         ///< one sample at a time
  time_parallel,  ///< its recurrences solved in a time-parallel loop, whichever way
  block,          ///< Solution::constant
  scan,           ///< Solution::varying
  lanes,          ///< StepKind::lanes
};
inline constexpr uint32_t kWishCount = 6;
/// As patches write it: auto, serial, time_parallel, block, scan, lanes.
std::string_view name(Wish wish);
/// False where no wish has this name.
bool parse_wish(std::string_view name, Wish& wish);

/// The wish for one instance path and all that is inside of it, unless something inside has a wish of its own.
struct StrategyWish {
  std::string path;
  Wish wish{};
};

/// Where a value came from: an instance path such as "reverb/comb1"; index into Ir::origins.
struct Ir {
  double sample_rate = 48'000;   ///< of clock 1
  Type real = Type::f32;         ///< type of audio: f32, or f64 in an f64 compilation
  std::vector<Inst> insts;       ///< arguments come before uses
  std::vector<Value> pool;       ///< arguments of stack and call
  std::vector<Value> roots;      ///< next, push, table_set, call, output, probe in program order: what must happen
  std::vector<uint32_t> origin;  ///< per inst: index into origins
  std::vector<std::string> origins;
  std::vector<StrategyWish> wishes;  ///< one per path at most
  std::vector<StateDecl> states;
  std::vector<LineDecl> lines;
  std::vector<TableDecl> tables;
  std::vector<InputDecl> inputs;
  std::vector<OutputDecl> outputs;
  std::vector<ParamDecl> params;
  std::vector<ProbeDecl> probes;
  std::vector<CallDecl> calls;
  std::vector<VoiceDecl> voices;
  std::vector<ScopeSlot> scopes;  ///< composite instances of more than one copy, outer ones first
  uint32_t latency_frames = 0;    ///< of its nodes that look ahead; External calls add their own

  const Inst& operator[](Value v) const { return insts[v.index]; }
  Inst& operator[](Value v) { return insts[v.index]; }
  uint32_t size() const { return static_cast<uint32_t>(insts.size()); }
};

/// Number of value arguments an inst has, pool arguments included.
uint32_t arg_count(const Ir& ir, const Inst& inst);
/// The i-th value argument.
Value arg(const Ir& ir, const Inst& inst, uint32_t i);

inline bool is_root(Op op) {
  return op == Op::next || op == Op::push || op == Op::table_set || op == Op::call || op == Op::output ||
         op == Op::probe;
}

/// Literal of a constant inst in its own type.
inline float as_f32(uint64_t bits) { return std::bit_cast<float>(static_cast<uint32_t>(bits)); }
inline double as_f64(uint64_t bits) { return std::bit_cast<double>(bits); }
inline int32_t as_i32(uint64_t bits) { return static_cast<int32_t>(static_cast<uint32_t>(bits)); }
inline uint64_t bits_of(float v) { return std::bit_cast<uint32_t>(v); }
inline uint64_t bits_of(double v) { return std::bit_cast<uint64_t>(v); }
inline uint64_t bits_of(int32_t v) { return static_cast<uint32_t>(v); }

/// Checks every rule of the IR: order, types, rates, clocks, lanes, indices, roots. Empty where all hold. Any thread.
std::vector<Error> verify(const Ir& ir);

/// Text form, one inst a line; parse(print(ir)) gives an equal Ir (External calls excepted, which have no text). Any
/// thread.
std::string print(const Ir& ir);
Result<Ir> parse_ir(std::string_view text);

/// Evaluates an op of the table (not a structural one) on literals: constant folding and tests. Types as in the inst.
uint64_t evaluate(Op op, Type result, Type argument, uint32_t imm2, uint64_t a, uint64_t b, uint64_t c);

}  // namespace sinter
