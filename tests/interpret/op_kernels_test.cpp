// Every op of the table, by the per-sample kernels and by the row kernels of every instruction set, against evaluate().
#include <doctest/doctest.h>

#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <string>

#include "entry.hpp"
#include "rows.hpp"
#include "sinter/base/fp_mode.hpp"
#include "values.hpp"

using namespace sinter;
using namespace sinter::interpret;
using namespace sinter::test;

namespace {

constexpr uint32_t kRow = kRowSamples;

/// Up to one row of operand triples, as literals.
struct Batch {
  uint64_t a[kRow] = {}, b[kRow] = {}, c[kRow] = {};
  uint32_t count = 0;
};

/// A row in memory, with room for the widest elements.
struct Row {
  alignas(64) uint8_t bytes[kRow * 8] = {};

  void put(Type type, const uint64_t* literals) {
    for (uint32_t i = 0; i < kRow; ++i) std::memcpy(bytes + i * size_of(type), &literals[i], size_of(type));
  }
  uint64_t get(Type type, uint32_t i) const {
    uint64_t literal = 0;
    std::memcpy(&literal, bytes + i * size_of(type), size_of(type));
    return literal;
  }
};

/// Calls visit(batch) for all pairs of operands, or for random triples where there are three.
template <class F>
void for_batches(Op op, const Typing& typing, F&& visit) {
  const uint32_t arity = info(op).arity;
  const std::vector<uint64_t> first = operands(typing.first, 200, 1), others = operands(typing.others, 200, 2);
  Random random(static_cast<uint64_t>(op));
  Batch batch;
  const auto add = [&](uint64_t a, uint64_t b, uint64_t c) {
    batch.a[batch.count] = a;
    batch.b[batch.count] = b;
    batch.c[batch.count] = c;
    if (++batch.count < kRow) return;
    visit(batch);
    batch.count = 0;
  };
  const auto pick = [&](const std::vector<uint64_t>& from) {
    return from[random.below(static_cast<uint32_t>(from.size()))];
  };
  if (arity == 3) {
    for (uint64_t i = 0; i < scaled(20'000); ++i) add(pick(first), pick(others), pick(others));
  } else if (arity == 2) {
    for (uint64_t a : first)
      for (uint64_t b : others) add(a, b, 0);
  } else {
    for (uint64_t a : first) add(a, 0, 0);
    for (uint64_t i = 0; i < scaled(20'000); ++i)
      add(typing.first == Type::mask  ? pick(first)
          : typing.first == Type::f64 ? random.next()
                                      : random.next() & 0xffffffffu,
          0, 0);
  }
  if (batch.count) visit(batch);
}

void run_scalar(Op op, const Typing& typing, uint32_t count, uint32_t lanes, Row rows[4]) {
  Entry entry{.kernel = op_kernel(op, typing.others), .lanes = lanes, .imm = count};
  entry.result = {0, Area{0}, 0};
  entry.a = {0, Area{1}, static_cast<uint16_t>(size_of(typing.first))};
  entry.b = {0, Area{2}, static_cast<uint16_t>(size_of(typing.others))};
  entry.c = {0, Area{3}, static_cast<uint16_t>(size_of(typing.others))};
  Context context;
  for (uint32_t i = 0; i < kAreas; ++i) context.area[i] = rows[i].bytes;
  with_audio_fp([&] { entry.kernel(entry, context); });
}

// False where the set has no kernel of its own.
bool run_row(const RowSet& set, Op op, const Typing& typing, uint32_t count, uint32_t samples, Row rows[4]) {
  RowOp row{
      .kernel = set.find(op, typing.others), .r = 0, .a = 1, .b = 2, .c = 3, .count = static_cast<int32_t>(count)};
  if (!row.kernel) return false;
  uint8_t* registers[] = {rows[0].bytes, rows[1].bytes, rows[2].bytes, rows[3].bytes};
  const RowContext context{.reg = registers, .samples = samples};
  with_audio_fp([&] { row.kernel(row, context); });
  return true;
}

// True where all results of the batch are evaluate()'s.
template <class Run>
bool agrees(const std::string& executor, Op op, const Typing& typing, uint32_t count, const Batch& batch, Run&& run) {
  Row rows[4];
  rows[1].put(typing.first, batch.a);
  rows[2].put(typing.others, batch.b);
  rows[3].put(typing.others, batch.c);
  if (!run(rows)) return true;
  ran_on(executor, batch.count);
  for (uint32_t i = 0; i < batch.count; ++i) {
    const uint64_t expected = evaluate(op, typing.result, typing.others, count, batch.a[i], batch.b[i], batch.c[i]);
    const uint64_t got = rows[0].get(typing.result, i);
    if (same(typing.result, expected, got)) continue;
    char numbers[160];
    std::snprintf(numbers, sizeof numbers,
                  "on %" PRIx64 " %" PRIx64 " %" PRIx64 " (count %u) gives %" PRIx64 ", not %" PRIx64, batch.a[i],
                  batch.b[i], batch.c[i], count, got, expected);
    FAIL_CHECK(executor << ": " << info(op).name << " of " << name(typing.others) << " " << numbers);
    return false;
  }
  return true;
}

}  // namespace

TEST_CASE("every op gives the bits of its meaning on every executor") {
  const RowSet* sets[kMaxRowSets];
  const uint32_t set_count = available_row_sets(sets, kMaxRowSets);
  for (uint32_t o = 0; o < kOpCount; ++o) {
    const Op op = static_cast<Op>(o);
    for (const Typing& typing : typings(info(op).signature)) {
      for (uint32_t count :
           info(op).signature == Signature::I_IC ? std::vector<uint32_t>{0, 1, 7, 23, 31} : std::vector<uint32_t>{0}) {
        for_batches(op, typing, [&](const Batch& batch) {
          agrees("reference", op, typing, count, batch, [&](Row* rows) {
            run_scalar(op, typing, count, batch.count, rows);
            return true;
          });
          for (uint32_t s = 0; s < set_count; ++s)
            agrees(std::string("interpreter ") + sets[s]->name, op, typing, count, batch,
                   [&](Row* rows) { return run_row(*sets[s], op, typing, count, batch.count, rows); });
        });
      }
    }
  }
  if (set_count < kMaxRowSets) skipped("row kernels of wider instruction sets", "this processor lacks them");
}

TEST_CASE("every op without an f64 has a row kernel, fma where the set has one") {
  const RowSet* sets[kMaxRowSets];
  const uint32_t set_count = available_row_sets(sets, kMaxRowSets);
  for (uint32_t s = 0; s < set_count; ++s)
    for (uint32_t o = 0; o < kOpCount; ++o) {
      const Op op = static_cast<Op>(o);
      for (const Typing& typing : typings(info(op).signature)) {
        const bool wide = typing.result == Type::f64 || typing.first == Type::f64 || typing.others == Type::f64;
        if (op == Op::fma && s == 0) continue;
        CHECK_MESSAGE((sets[s]->find(op, typing.others) != nullptr) == !wide, sets[s]->name, " ", info(op).name, " ",
                      name(typing.others));
      }
    }
}
