// The configurations of Faust that are tried.
#include "configurations.hpp"

namespace sinter::peers {

// Scalar code, and the vector modes that were the fastest on one program or another. -mcd 0: short delays as ring
// buffers instead of copies, which often wins.
const std::vector<std::vector<std::string>>& jit_options() {
  static const std::vector<std::vector<std::string>> options = {{},
                                                                {"-mcd", "0"},
                                                                {"-vec", "-lv", "0"},
                                                                {"-vec", "-lv", "0", "-g"},
                                                                {"-vec", "-lv", "0", "-g", "-mcd", "0"},
                                                                {"-vec", "-lv", "1"},
                                                                {"-vec", "-lv", "1", "-vs", "128"}};
  return options;
}

const std::vector<NamedBuild>& static_builds() {
  static const std::vector<NamedBuild> builds = [] {
    const StaticBuild tried[] = {
        {"g++", {}, {}},
        {"g++", {"-mcd", "0"}, {}},
        {"g++", {"-vec", "-lv", "1"}, {}},
        {"g++", {"-vec", "-lv", "0", "-g"}, {}},
        {"g++", {}, {"-mprefer-vector-width=512"}},
        {"g++", {"-vec", "-lv", "0", "-g"}, {"-mprefer-vector-width=512"}},
        {"clang++", {}, {}},
        {"clang++", {"-mcd", "0"}, {}},
        {"clang++", {"-vec", "-lv", "1"}, {}},
        {"clang++", {"-vec", "-lv", "0", "-g"}, {}},
        {"clang++", {"-vec", "-lv", "0", "-g"}, {"-mprefer-vector-width=512", "-fveclib=libmvec"}},
    };
    std::vector<NamedBuild> installed;
    for (StaticBuild build : tried) {
      if (!is_installed(build.compiler)) continue;
      std::vector<std::string> words = build.faust_options;
      words.insert(words.end(), build.compiler_flags.begin(), build.compiler_flags.end());
      build.compiler_flags.insert(build.compiler_flags.begin(), {"-O3", "-march=native", "-ffast-math"});
      installed.push_back({std::move(words), std::move(build)});
    }
    return installed;
  }();
  return builds;
}

const StaticBuild& truth_build() {
  static const StaticBuild build = {"g++", {"-double"}, {"-O2", "-ffp-contract=off"}};
  return build;
}

}  // namespace sinter::peers
