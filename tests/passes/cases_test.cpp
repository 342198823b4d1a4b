// Golden cases: an IR text, the pass it goes through, and what it becomes. SINTER_BLESS=1 rewrites the expectations.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "sinter/passes/passes.hpp"

using namespace sinter;

namespace {

constexpr std::string_view kExpect = "; expect\n";

struct Case {
  std::string head;  // comments and input, up to and with "; expect"
  std::string expected;
  std::string pass;
  bool fast = false;
};

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// "; pass: NAME strict|fast" is the first line.
Case parse_case(const std::string& text) {
  Case c;
  const size_t split = text.find(kExpect);
  REQUIRE(split != std::string::npos);
  c.head = text.substr(0, split + kExpect.size());
  c.expected = text.substr(split + kExpect.size());
  std::stringstream words(text);
  std::string semicolon, word, mode;
  words >> semicolon >> word >> c.pass >> mode;
  REQUIRE(word == "pass:");
  c.fast = mode == "fast";
  return c;
}

std::string run(const Case& c) {
  Result<Ir> ir = parse_ir(c.head);
  if (!ir) FAIL(format(ir.error()));
  for (const Error& error : verify(*ir)) FAIL_CHECK(format(error));
  const PassContext context{.strict = !c.fast, .fuse_mul_add = c.fast};
  if (c.pass == "all") return print(run_passes(std::move(*ir), context));
  const auto pass = std::find_if(pipeline().begin(), pipeline().end(), [&](const Pass& p) { return p.name == c.pass; });
  REQUIRE(pass != pipeline().end());
  const std::string before = print(*ir);
  const bool changed = pass->run(*ir, context);
  for (const Error& error : verify(*ir)) FAIL_CHECK(format(error));
  const std::string after = print(*ir);
  CHECK((before != after) == changed);
  return changed ? after : "; unchanged\n";
}

}  // namespace

TEST_CASE("each golden case goes through its pass as written") {
  const std::filesystem::path folder = std::string(SINTER_SOURCE_DIR) + "/tests/passes/cases";
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  CHECK(paths.size() >= 10);
  for (const auto& path : paths) {
    CAPTURE(path.filename().string());
    const Case c = parse_case(read(path));
    const std::string result = run(c);
    if (std::getenv("SINTER_BLESS")) std::ofstream(path, std::ios::binary) << c.head << result;
    else CHECK_MESSAGE(result == c.expected, "run SINTER_BLESS=1 test_passes and look at the difference");
  }
}

TEST_CASE("every pass has a golden case that it changes and one that it leaves") {
  const std::filesystem::path folder = std::string(SINTER_SOURCE_DIR) + "/tests/passes/cases";
  for (const Pass& pass : pipeline()) {
    CAPTURE(pass.name);
    int changed = 0, left = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      const Case c = parse_case(read(entry.path()));
      if (c.pass != pass.name) continue;
      ++(c.expected == "; unchanged\n" ? left : changed);
    }
    CHECK(changed > 0);
    CHECK(left > 0);
  }
}
