// See op_text.hpp.
#include "op_text.hpp"

#include <cassert>

#include "cpp_text.hpp"

namespace sinter::exporting {
namespace {

struct Helper {
  std::string_view name;
  std::string_view text;
};

// In an order in which each may call those before it.
constexpr Helper kHelpers[] = {
    {"bits_of", R"(inline std::int32_t bits_of(float a) noexcept {
  std::int32_t word;
  std::memcpy(&word, &a, sizeof word);
  return word;
}
)"},
    {"from_bits", R"(inline float from_bits(std::int32_t a) noexcept {
  float value;
  std::memcpy(&value, &a, sizeof value);
  return value;
}
)"},
    {"bits_of_double", R"(inline std::uint64_t bits_of_double(double a) noexcept {
  std::uint64_t word;
  std::memcpy(&word, &a, sizeof word);
  return word;
}
)"},
    {"double_of", R"(inline double double_of(std::uint64_t a) noexcept {
  double value;
  std::memcpy(&value, &a, sizeof value);
  return value;
}
)"},
    {"minimum",
     R"(// a < b ? a : b, and so b where either is not a number. On x86 the instruction of that meaning, which flushes too.
#if SINTER_PATCH_SSE
inline float minimum(float a, float b) noexcept { return _mm_cvtss_f32(_mm_min_ss(_mm_set_ss(a), _mm_set_ss(b))); }
inline double minimum(double a, double b) noexcept { return _mm_cvtsd_f64(_mm_min_sd(_mm_set_sd(a), _mm_set_sd(b))); }
#else
template <class T>
T minimum(T a, T b) noexcept { return a < b ? a : b; }
#endif
)"},
    {"maximum", R"(// a > b ? a : b, in the same way.
#if SINTER_PATCH_SSE
inline float maximum(float a, float b) noexcept { return _mm_cvtss_f32(_mm_max_ss(_mm_set_ss(a), _mm_set_ss(b))); }
inline double maximum(double a, double b) noexcept { return _mm_cvtsd_f64(_mm_max_sd(_mm_set_sd(a), _mm_set_sd(b))); }
#else
template <class T>
T maximum(T a, T b) noexcept { return a > b ? a : b; }
#endif
)"},
    {"square_root", R"(inline float square_root(float a) noexcept { return SINTER_PATCH_FLOAT(sqrt)(a); }
inline double square_root(double a) noexcept { return SINTER_PATCH_DOUBLE(sqrt)(a); }
)"},
    {"absolute", R"(inline float absolute(float a) noexcept { return SINTER_PATCH_FLOAT(fabs)(a); }
inline double absolute(double a) noexcept { return SINTER_PATCH_DOUBLE(fabs)(a); }
)"},
    {"round_down", R"(inline float round_down(float a) noexcept { return SINTER_PATCH_FLOAT(floor)(a); }
inline double round_down(double a) noexcept { return SINTER_PATCH_DOUBLE(floor)(a); }
)"},
    {"round_up", R"(inline float round_up(float a) noexcept { return SINTER_PATCH_FLOAT(ceil)(a); }
inline double round_up(double a) noexcept { return SINTER_PATCH_DOUBLE(ceil)(a); }
)"},
    {"round_to_zero", R"(inline float round_to_zero(float a) noexcept { return SINTER_PATCH_FLOAT(trunc)(a); }
inline double round_to_zero(double a) noexcept { return SINTER_PATCH_DOUBLE(trunc)(a); }
)"},
    {"round_to_even", R"(inline float round_to_even(float a) noexcept { return SINTER_PATCH_FLOAT(nearbyint)(a); }
inline double round_to_even(double a) noexcept { return SINTER_PATCH_DOUBLE(nearbyint)(a); }
)"},
    {"multiply_add", R"(// Rounded once.
inline float multiply_add(float a, float b, float c) noexcept { return std::fma(a, b, c); }
inline double multiply_add(double a, double b, double c) noexcept { return std::fma(a, b, c); }
)"},
    {"wrap", R"(// Integers wrap around.
inline std::int32_t wrap(std::uint32_t a) noexcept { return static_cast<std::int32_t>(a); }
inline std::uint32_t bits(std::int32_t a) noexcept { return static_cast<std::uint32_t>(a); }
)"},
    {"to_int", R"(// Towards zero; the smallest integer where the value does not fit or is not a number.
inline std::int32_t to_int(float a) noexcept {
  return a >= -2147483648.0f && a < 2147483648.0f ? static_cast<std::int32_t>(a) : -2147483647 - 1;
}
inline std::int32_t to_int(double a) noexcept {
  return a > -2147483649.0 && a < 2147483648.0 ? static_cast<std::int32_t>(a) : -2147483647 - 1;
}
)"},
    {"exponent", R"(inline std::int32_t exponent(double a) noexcept {
  return static_cast<std::int32_t>(bits_of_double(a) >> 52 & 0x7ff) - 1023;
}
)"},
    {"mantissa", R"(inline double mantissa(double a) noexcept {
  return double_of((bits_of_double(a) & 0x000fffffffffffffu) | 0x3ff0000000000000u);
}
)"},
    {"power_of_two", R"(inline double power_of_two(std::int32_t a) noexcept {
  return double_of(std::uint64_t{(static_cast<std::uint32_t>(a) + 1023u) & 0x7ffu} << 52);
}
)"},
    {"clamp_index", R"(inline std::size_t clamp_index(std::int32_t index, std::int32_t last) noexcept {
  return static_cast<std::size_t>(index < 0 ? 0 : index < last ? index : last);
}
)"},
    {"clamp_delay",
     R"(inline std::uint32_t clamp_delay(std::int32_t wanted, std::int32_t least, std::int32_t most) noexcept {
  return static_cast<std::uint32_t>(wanted < least ? least : wanted < most ? wanted : most);
}
)"},
    {"scrub", R"(// What is not finite would never leave a recurrence again.
inline void scrub(float& state) noexcept {
  std::uint32_t word;
  std::memcpy(&word, &state, sizeof word);
  if ((word & 0x7f800000u) == 0x7f800000u) state = 0;
}
inline void scrub(double& state) noexcept {
  std::uint64_t word;
  std::memcpy(&word, &state, sizeof word);
  if ((word & 0x7ff0000000000000u) == 0x7ff0000000000000u) state = 0;
}
template <class T, std::size_t N>
void scrub(T (&states)[N]) noexcept {
  for (T& state : states) scrub(state);
}
)"},
};

struct Call {
  Op op;
  std::string_view helper;
};
constexpr Call kCalls[] = {
    {Op::min, "minimum"},         {Op::max, "maximum"},         {Op::sqrt, "square_root"},
    {Op::abs, "absolute"},        {Op::floor, "round_down"},    {Op::ceil, "round_up"},
    {Op::trunc, "round_to_zero"}, {Op::round, "round_to_even"}, {Op::fma, "multiply_add"},
    {Op::to_int, "to_int"},       {Op::bits_of, "bits_of"},     {Op::from_bits, "from_bits"},
    {Op::exponent, "exponent"},   {Op::mantissa, "mantissa"},   {Op::power_of_two, "power_of_two"},
};

struct Infix {
  Op op;
  std::string_view sign;
};
constexpr Infix kInfix[] = {
    {Op::add, " + "},       {Op::sub, " - "},      {Op::mul, " * "},  {Op::div, " / "},  {Op::lt, " < "},
    {Op::le, " <= "},       {Op::eq, " == "},      {Op::ne, " != "},  {Op::iand, " & "}, {Op::ior, " | "},
    {Op::mask_and, " && "}, {Op::mask_or, " || "}, {Op::ixor, " ^ "}, {Op::ilt, " < "},  {Op::ieq, " == "},
};

}  // namespace

void OpText::need(std::string_view helper) {
  for (uint32_t i = 0; i < std::size(kHelpers); ++i)
    if (kHelpers[i].name == helper) {
      needed_ |= 1u << i;
      return;
    }
  assert(!"no such helper");
}

std::string OpText::helpers() const {
  std::string text;
  for (uint32_t i = 0; i < std::size(kHelpers); ++i)
    if (needed_ >> i & 1) text += std::string(text.empty() ? "" : "\n") + std::string(kHelpers[i].text);
  return text;
}

std::string OpText::expression(const Inst& inst, const std::array<std::string, 3>& args) {
  const auto& [a, b, c] = args;
  for (const Infix& infix : kInfix)
    if (infix.op == inst.op) return a + std::string(infix.sign) + b;
  for (const Call& call : kCalls) {
    if (call.op != inst.op) continue;
    need(call.helper);
    if (inst.op == Op::exponent || inst.op == Op::mantissa) need("bits_of_double");
    if (inst.op == Op::power_of_two || inst.op == Op::mantissa) need("double_of");
    return "detail::" + std::string(call.helper) + "(" + a + (b.empty() ? "" : ", " + b) + (c.empty() ? "" : ", " + c) +
           ")";
  }
  const auto wrapped = [&](const std::string& sign) {
    need("wrap");
    return "detail::wrap(detail::bits(" + a + ")" + sign + "detail::bits(" + b + "))";
  };
  const auto shifted = [&](const std::string& sign) {
    need("wrap");
    return "detail::wrap(detail::bits(" + a + ")" + sign + number(inst.imm2) + ")";
  };
  switch (inst.op) {
    case Op::neg:
      return "-(" + a + ")";
    case Op::mask_not:
      return "!" + a;
    case Op::select:
      return a + " ? " + b + " : " + c;
    case Op::iadd:
      return wrapped(" + ");
    case Op::isub:
      return wrapped(" - ");
    case Op::imul:
      return wrapped(" * ");
    case Op::ishl:
      return shifted(" << ");
    case Op::ushr:
      return shifted(" >> ");
    case Op::ishr:
      return a + " >> " + number(inst.imm2);
    case Op::to_int_round:
      need("to_int"), need("round_to_even");
      return "detail::to_int(detail::round_to_even(" + a + "))";
    default:
      break;
  }
  assert(inst.op == Op::to_f32 || inst.op == Op::to_f64 || inst.op == Op::narrow || inst.op == Op::widen);
  return "static_cast<" + std::string(type_name(inst.type)) + ">(" + a + ")";
}

}  // namespace sinter::exporting
