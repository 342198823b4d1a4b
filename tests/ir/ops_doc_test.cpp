// docs/ir.md is what the op table says.
#include "sinter/ir/ops_doc.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "sinter/ir/ir.hpp"

using namespace sinter;

TEST_CASE("docs/ir.md is made from the op table") {
  const std::string path = std::string(SINTER_SOURCE_DIR) + "/docs/ir.md", made = ops_markdown();
  if (std::getenv("SINTER_BLESS")) std::ofstream(path, std::ios::binary) << made;
  std::ifstream file(path, std::ios::binary);
  std::stringstream kept;
  kept << file.rdbuf();
  CHECK_MESSAGE(kept.str() == made, "run SINTER_BLESS=1 test_ir and commit docs/ir.md");
}

TEST_CASE("the example of docs/ir.md parses and is valid") {
  const std::string text = ops_markdown();
  const size_t begin = text.find("```\n") + 4, end = text.find("```", begin);
  const Result<Ir> ir = parse_ir(text.substr(begin, end - begin));
  if (!ir) FAIL(format(ir.error()));
  CHECK(verify(*ir).empty());
}

TEST_CASE("every op is found by its name") {
  for (uint32_t i = 0; i < kOpCount; ++i) {
    Op op{};
    CHECK(parse_op(info(static_cast<Op>(i)).name, op));
    CHECK(op == static_cast<Op>(i));
    CHECK_FALSE(info(op).doc.empty());
  }
  Op op{};
  CHECK_FALSE(parse_op("no_such_op", op));
}
