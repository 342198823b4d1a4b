// What stands around the class: how to use it, the compiler's modes, helpers, tables, parameters.
#include <algorithm>

#include "class_text.hpp"

namespace sinter::exporting {
namespace {

constexpr std::string_view kPromises =
    R"(// All functions are for one thread, or take turns. process() is noexcept and neither allocates, locks nor calls the
// system. Any way to cut time into calls gives the same bits, those of Sinter's strict mode; Patch::exact() tells
// whether the build keeps to that. The object is large: make it with new, or as a static.
)";

constexpr std::string_view kIncludes = R"(#pragma once

#include <array>
#include <cfloat>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#if defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__
#define SINTER_PATCH_FAST
#endif
#if defined(__FAST_MATH__) || defined(__ASSOCIATIVE_MATH__) || defined(_M_FP_FAST) || defined(SINTER_PATCH_FAST)
#error "this header needs IEEE arithmetic: compile it without -ffast-math, -Ofast or /fp:fast"
#endif
static_assert(FLT_EVAL_METHOD == 0, "float has to be computed as float: on x86 with SSE: -msse2 -mfpmath=sse");

#if defined(__SSE2__) || defined(_M_X64)
#include <immintrin.h>
#define SINTER_PATCH_SSE 1
#else
#define SINTER_PATCH_SSE 0
#endif

// No multiply-add may be rounded once where the patch says twice: GCC is told by its options, others by a pragma.
#if defined(__clang__)
#define SINTER_PATCH_STRICT _Pragma("STDC FP_CONTRACT OFF")
#elif defined(_MSC_VER)
#define SINTER_PATCH_STRICT __pragma(fp_contract(off))
#else
#define SINTER_PATCH_STRICT
#endif
#if defined(__GNUC__)
#define SINTER_PATCH_APART [[gnu::noinline]]
#define SINTER_PATCH_FLOAT(function) __builtin_##function##f
#define SINTER_PATCH_DOUBLE(function) __builtin_##function
#else
#define SINTER_PATCH_APART __declspec(noinline)
#define SINTER_PATCH_FLOAT(function) std::function
#define SINTER_PATCH_DOUBLE(function) std::function
#endif
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC push_options
#pragma GCC optimize("fp-contract=off", "no-math-errno")
#endif
)";

constexpr std::string_view kEnd = R"(
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC pop_options
#endif
#undef SINTER_PATCH_SSE
#undef SINTER_PATCH_STRICT
#undef SINTER_PATCH_APART
#undef SINTER_PATCH_FLOAT
#undef SINTER_PATCH_DOUBLE
)";

// The mode is that of Sinter: denormals are zero, nearest, exceptions masked.
constexpr std::string_view kMode =
    R"(// Denormals are zero for its lifetime. A processor without such a mode computes them, which may be slow and differs
// where numbers are smaller than 1.2e-38.
class FlushDenormals {
 public:
#if SINTER_PATCH_SSE
  FlushDenormals() noexcept : saved_(_mm_getcsr()) { _mm_setcsr(0x9fc0u); }
  ~FlushDenormals() { _mm_setcsr(saved_); }

 private:
  unsigned saved_;
#elif defined(__aarch64__) && defined(__GNUC__)
  FlushDenormals() noexcept {
    asm volatile("mrs %0, fpcr" : "=r"(saved_));
    asm volatile("msr fpcr, %0" ::"r"(std::uint64_t{1} << 24));
  }
  ~FlushDenormals() { asm volatile("msr fpcr, %0" ::"r"(saved_)); }

 private:
  std::uint64_t saved_ = 0;
#elif defined(__arm__) && defined(__ARM_FP) && defined(__GNUC__)
  FlushDenormals() noexcept {
    asm volatile("vmrs %0, fpscr" : "=r"(saved_));
    asm volatile("vmsr fpscr, %0" ::"r"(std::uint32_t{1} << 24));
  }
  ~FlushDenormals() { asm volatile("vmsr fpscr, %0" ::"r"(saved_)); }

 private:
  std::uint32_t saved_ = 0;
#else
  FlushDenormals() noexcept {}
  ~FlushDenormals() {}
#endif

 public:
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;
};
)";

std::string plural(uint32_t count, const std::string& one) {
  return count == 1 ? "1 " + one : number(count) + " " + one + "s";
}

template <class Decls>
void write_channels(Writer& out, const std::string& title, const Decls& decls) {
  uint32_t first = 0;
  for (const auto& decl : decls) {
    const std::string range =
        decl.channels > 1 ? number(first) + " to " + number(first + decl.channels - 1) : number(first);
    out.line("// " + title + " " + comment(decl.name) + ": channel " + range);
    first += decl.channels;
  }
}

std::string last_part(const std::string& name_space) {
  const size_t at = name_space.rfind(':');
  return at == std::string::npos ? name_space : name_space.substr(at + 1);
}

}  // namespace

void ClassText::write_introduction(Writer& out) const {
  std::string title = comment(texts_.name.empty() ? last_part(name_space_) : texts_.name);
  if (!texts_.author.empty()) title += ", by " + comment(texts_.author);
  if (!texts_.license.empty()) title += ". Licence: " + comment(texts_.license);
  out.line("// " + title + ".");
  if (!texts_.description.empty()) out.line("// " + comment(texts_.description));
  std::string rate = literal(ir_.sample_rate);
  if (rate.size() > 2 && rate.substr(rate.size() - 2) == ".0") rate.resize(rate.size() - 2);
  out.line("// Made by Sinter from the patch, for " + rate +
           " Hz and no other rate. C++17 and the standard library are");
  out.line("// all it needs.");
  out.line("//");
  const auto use = [&](std::string code, const std::string& why) {
    code.resize(std::max<size_t>(code.size() + 2, 48), ' ');
    out.line("//   " + code + "// " + why);
  };
  use(name_space_ + "::Patch patch;", "allocates, here and nowhere else");
  use("if (!patch.prepare(sample_rate)) return;", "false where the rate is another one");
  if (!parts_.parameters.empty()) {
    const std::string& id = ir_.params[parts_.parameters[0]].id;
    use("patch.set_parameter(" + name_space_ + "::" + Names().unique("param_", id) + ", value);",
        "glides where the patch does");
  }
  use("patch.process(in, out, frames);", plural(parts_.input_channels, "row") + " in, " +
                                             plural(parts_.output_channels, "row") + " out, any number of frames");
  out.line("//");
  write_channels(out, "Input", ir_.inputs);
  write_channels(out, "Output", ir_.outputs);
  out.block(kPromises);
}

void ClassText::write_parameters(Writer& out) const {
  if (parts_.parameters.empty()) return;
  out.line("struct Parameter {");
  out.line("  const char* id;");
  out.line("  double minimum, maximum, initial;");
  out.line("  const char* unit;");
  out.line("};");
  out.line();
  out.open("enum ParameterIndex : int");
  Names names;
  for (size_t k = 0; k < parts_.parameters.size(); ++k) {
    const ParamDecl& decl = ir_.params[parts_.parameters[k]];
    std::string choices;
    for (const ExportTexts::Param& text : texts_.params)
      if (text.id == decl.id)
        for (size_t c = 0; c < text.choices.size(); ++c)
          choices += (c ? ", " : "  // ") + number(c) + " " + comment(text.choices[c]);
    out.line(names.unique("param_", decl.id) + " = " + number(k) + "," + choices);
  }
  out.close(";");
  out.line();
}

// Hash-consed: equal data is one table already.
void ClassText::write_tables(Writer& out) const {
  for (size_t t = 0; t < ir_.tables.size(); ++t) {
    const TableDecl& decl = ir_.tables[t];
    if (decl.data.empty()) continue;
    std::vector<std::string> elements;
    for (const float x : decl.data) elements.push_back(literal(Type::f32, bits_of(x)));
    out.line();
    out.line("// " + comment(decl.key));
    out.list("inline constexpr float " + model_.tables[t] + "[" + number(decl.data.size()) + "] = ", elements, ";");
  }
}

std::string ClassText::page(const std::string& body) {
  Writer out;
  write_introduction(out);
  out.block(kIncludes);
  out.line();
  out.line("namespace " + name_space_ + " {");
  out.line("namespace detail {");
  out.line();
  out.block(kMode);
  const std::string helpers = ops_.helpers();
  if (!helpers.empty()) {
    out.line();
    out.block(helpers);
  }
  write_tables(out);
  out.line();
  out.line("}  // namespace detail");
  out.line();
  write_parameters(out);
  std::string text = out.take() + body + "\n}  // namespace " + name_space_ + "\n";
  return text + std::string(kEnd);
}

std::string ClassText::write() {
  Writer body;
  write_class(body);
  return page(body.take());
}

}  // namespace sinter::exporting
