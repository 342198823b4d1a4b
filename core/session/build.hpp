// From what was given to set_patch to a program, in pieces: reading, then one tier after the other.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "sinter/session/session.hpp"

namespace sinter {

struct PatchText {
  std::string text, file_name, folder;
};
struct PatchPath {
  std::string path;
};
using PatchSource = std::variant<PatchText, PatchPath, std::shared_ptr<const Graph>>;

/// A patch that was read, and the files it came from and names (also where it could not be read).
struct ReadPatch {
  std::shared_ptr<const Graph> graph;  ///< null where there are errors
  std::vector<Error> errors, warnings;
  std::vector<std::string> files;  ///< absolute
};
/// Throws std::bad_alloc. Control thread.
ReadPatch read_source(const PatchSource& source, const NodeLibrary& library);

/// The compilation of one graph at one sample rate, lowered once for all tiers.
class Build {
 public:
  /// `stop` is polled while compiling, next to the budget; it must outlive the build.
  Build(std::shared_ptr<const Graph> graph, const SessionOptions& options, double sample_rate,
        const std::function<bool()>& stop);

  struct Tier {
    std::shared_ptr<const Program> program;
    std::string backend;
    double seconds = 0;
    uint64_t code_bytes = 0;
    bool last = true;             ///< no better one follows
    std::vector<Error> warnings;  ///< of the patch, with the first tier
  };
  /// The next tier, or, with `best`, the last one at once. Errors: of the patch; cancelled (stop or budget);
  /// no_machine_code, where the mode wants it and there is none. Throws std::bad_alloc.
  Result<Tier> next(bool best = false);

  const std::shared_ptr<const Graph>& graph() const { return graph_; }

 private:
  using Clock = std::chrono::steady_clock;
  Result<Tier> compile_for(const Backend& backend, bool last);
  Result<Compiled> program_for(const Backend& backend);
  Result<Tier> without_machine_code(const std::vector<Error>& errors);
  std::optional<std::vector<Error>> lower_once();
  const Backend* machine_code() const;
  Error stopped() const;

  std::shared_ptr<const Graph> graph_;
  const SessionOptions& options_;
  double sample_rate_;
  const std::function<bool()>& stop_;
  std::function<bool()> poll_;
  Clock::duration spent_{};  ///< compiling, in finished pieces
  Clock::time_point began_;  ///< of this piece
  bool late_ = false;        ///< the budget is used up
  std::optional<Ir> lowered_;
  std::optional<Ir> passed_;  ///< been through the passes, without fused multiply-adds
  std::vector<Error> warnings_;
  bool quick_done_ = false;
};

}  // namespace sinter
