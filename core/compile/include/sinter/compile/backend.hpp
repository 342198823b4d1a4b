// What a code generator is to the compiler: it turns a Plan into an Executor. jit/ has one for x86; more are one file
// each.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sinter/base/error.hpp"
#include "sinter/engine/program.hpp"
#include "sinter/ir/ir.hpp"
#include "sinter/plan/plan.hpp"

namespace sinter {

/// A listing line of generated code and the inst it came from (UINT32_MAX: the frame around it).
struct ListingLine {
  uint32_t inst = UINT32_MAX;
  std::string text;
};

struct Code {
  std::unique_ptr<const Executor> executor;
  uint64_t bytes = 0;                ///< machine code
  std::vector<ListingLine> listing;  ///< filled only where asked for
};

class Backend {
 public:
  virtual ~Backend() = default;
  virtual std::string_view name() const = 0;    ///< "interpreter", "sse", "avx2", "avx512"
  virtual bool available() const = 0;           ///< this processor and system can run what it makes
  virtual bool fuses_mul_add() const = 0;       ///< fast mode may use fma
  virtual uint32_t width() const { return 0; }  ///< f32 elements of a vector, for the plan; 0: recurrences are serial
  /// Control thread. Errc::cancelled once `cancelled`, which is polled, gives true. Null: never.
  virtual Result<Code> compile(const Ir& ir, const Plan& plan, bool want_listing,
                               const std::function<bool()>* cancelled = nullptr) const = 0;
};

}  // namespace sinter
