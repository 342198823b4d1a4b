// docs/ir.md from the op table.
#include "sinter/ir/ops_doc.hpp"

#include "sinter/ir/ir.hpp"

namespace sinter {
namespace {

struct Section {
  Op first;
  std::string_view title;
};
constexpr Section kSections[] = {
    {Op::add, "Arithmetic on reals"},
    {Op::lt, "Comparison and choice"},
    {Op::iadd, "Integers: 32 bits, wrapping"},
    {Op::to_int, "Conversions"},
    {Op::constant, "Sources"},
    {Op::prev, "State"},
    {Op::relane, "Lanes, clocks and External nodes"},
};

constexpr std::string_view kSignatures[] = {"real × real → real",
                                            "real → real",
                                            "real × real × real → real",
                                            "real × real → mask",
                                            "mask × mask → mask",
                                            "mask → mask",
                                            "mask × any × any → any",
                                            "i32 × i32 → i32",
                                            "i32, count → i32",
                                            "i32 × i32 → mask",
                                            "real → i32",
                                            "i32 → f32",
                                            "i32 → f64",
                                            "f64 → f32",
                                            "f32 → f64",
                                            "f32 → i32",
                                            "f64 → i32",
                                            "f64 → f64",
                                            "structural"};

constexpr std::string_view kIntroduction = R"(# The IR

One sample step of a patch as pure SSA: each line makes one value of earlier ones, and nothing is ever changed. State is
`prev` and `next`, a delay line `push` and `tap`, so the step has no cycles. This page is made from the op table
(`core/ir/include/sinter/ir/ops.def`) by `ops_markdown()`; a test keeps the two equal.

## Text form

`sinter inspect PATCH --stage ir` prints it, golden tests are written in it, and `parse_ir()` reads it back to the bit.

```
sample_rate 48000
real f32
input 0 "in" channels=1
output 0 "out" channels=1
param 0 "gain" initial=0.5 minimum=0 maximum=1 smooth_seconds=0
%0 = input f32 sample input=0            ; a comment
%1 = param f64 control param=0
%2 = ramp f32 sample %1
%3 = mul f32 sample %0, %2
%4 = output f32 sample output=0 %3
```

A line is `%number = op type rate`, then where they are not 1 the clock (`x2`) and the lanes (`lanes=64`), the immediates,
the arguments, `exact` (never contracted into an fma), `entered` (an f64 that sample code may use as it is; implied for all
other types and for sample rate) and `@number`, the origin. A real literal is the shortest decimal that reads back as the
same number; NaN, denormals and −0 add their bits: `nan:0x7fc00000`. A `relane` has `offset= stride= repeat=`. External
calls print and cannot be read. `strategy "echo" scan` in the header is what a patch wishes for the node of that path.

## Rules

* A value's **type** is `f32`, `f64`, `i32` or `mask`. Its **rate** is the largest of its arguments' rates: `constant`,
  `control` or `sample`. Its **clock** is 1, 2, 4, 8 or 16 times the base rate; samples that meet have the same clock.
* **Lanes** are the instances that share one body. An argument has 1 lane, which is spread, or as many as the value.
* Constants and controls are f64. They enter sample code by `ramp` or `hold`, or as literals of the type of audio.
* A state has one `next` and at most one `prev`, which comes first; a line has at most one `push`; every output is written once.

`verify()` checks these and every rule of the single ops.

## Ops

Everything computes with denormals flushed. `min` and `max` are x86's. Commutative ops are marked with c.
)";

// A bar would end the cell of a Markdown table.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out;
}

}  // namespace

std::string ops_markdown() {
  std::string out(kIntroduction);
  for (uint32_t i = 0; i < kOpCount; ++i) {
    const OpInfo& op = info(static_cast<Op>(i));
    for (const Section& section : kSections)
      if (static_cast<uint32_t>(section.first) == i)
        out += "\n### " + std::string(section.title) + "\n\n| op | types | | meaning |\n|---|---|---|---|\n";
    out += "| `" + std::string(op.name) + "` | " + std::string(kSignatures[static_cast<size_t>(op.signature)]) + " | " +
           (op.commutative ? "c" : "") + " | " + cell(op.doc) + " |\n";
  }
  return out;
}

}  // namespace sinter
