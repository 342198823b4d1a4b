// Maps between lane layouts by relane, stack and select: a number of insts that does not depend on how many copies
// there are, except where several channels of several copies inside several copies meet.
#include "lower_lanes.hpp"

namespace sinter::lowering {
namespace {

// Insts of a selection grow with the rows only, those of pieces with rows and columns.
Signal transpose_by_selection(Signal x, uint32_t rows, uint32_t columns) {
  Builder& b = *x.build;
  const uint32_t lanes = rows * columns;
  Signal column = b.relane(b.lane(columns), {.repeat = rows}, lanes);
  Signal row = b.op(Op::isub, b.lane(lanes), b.op(Op::imul, column, b.integer(static_cast<int32_t>(rows))));
  Signal result;
  for (uint32_t r = 0; r < rows; ++r) {
    Signal from = b.relane(x, {.offset = r * columns, .repeat = rows}, lanes);
    result = r == 0 ? from : b.select(b.op(Op::ieq, row, b.integer(static_cast<int32_t>(r))), from, result);
  }
  return result;
}

}  // namespace

Signal number(const Term& term) { return term.truth ? select(term.signal, 1.0, 0.0) : term.signal; }

Signal truth(const Term& term) {
  if (term.truth) return term.signal;
  Builder& b = *term.signal.build;
  return b.op(Op::ne, term.signal, b.constant(0));
}

Signal repeat(Signal x, uint32_t times) {
  if (times == 1 || x.lanes() == 1) return x;
  return x.build->stack(std::vector<Signal>(times, x));
}

Signal spread(Signal x, uint32_t channels, uint32_t copies) {
  const uint32_t lanes = channels * copies;
  if (x.lanes() == lanes) return x;
  if (x.lanes() == 1) return x.build->relane(x, {.stride = 0}, lanes);
  return repeat(x, channels);
}

Signal transpose(Signal x, uint32_t rows, uint32_t columns, uint32_t block) {
  if (rows == 1 || columns == 1 || x.lanes() == 1) return x;
  Builder& b = *x.build;
  if (block == 1 && rows < columns) return transpose_by_selection(x, rows, columns);
  std::vector<Signal> parts;
  for (uint32_t c = 0; c < columns; ++c) {
    if (block == 1) {
      parts.push_back(b.relane(x, {.offset = c, .stride = columns}, rows));
      continue;
    }
    for (uint32_t r = 0; r < rows; ++r) parts.push_back(b.relane(x, {.offset = (r * columns + c) * block}, block));
  }
  return b.stack(parts);
}

Signal CompositeLanes::in(Signal x, uint32_t channels, uint32_t width) const {
  if (count == 1 || x.lanes() == 1) return x;
  // [width][count][outer] inside. What is as wide as one port goes to every copy; a part that has no channels of its
  // own yet stays that way.
  if (channels == 1) return repeat(x, count);
  x = spread(x, channels, outer);
  if (channels == width * count) return transpose(x, count, width, outer);
  return transpose(repeat(x, count), count, width, outer);
}

Signal CompositeLanes::out(Signal x, uint32_t width) const {
  if (count == 1 || width == 1 || x.lanes() == 1) return x;
  return transpose(spread(x, width, count * outer), width, count, outer);
}

Signal NodeLanes::in(Signal x, uint32_t channels, uint32_t width, bool first, uint32_t run) const {
  Builder& b = *x.build;
  if (linked) {
    // Only the first port says how wide the node is; a mono signal elsewhere meets it as one lane.
    const uint32_t lanes = first ? count : width > 1 ? width : channels;
    if (x.lanes() > 1) x = b.relane(spread(x, channels, outer), {.offset = run, .stride = outer}, channels);
    return x.lanes() == lanes ? x : b.relane(x, {.stride = 0}, lanes);
  }
  if (x.lanes() == 1) return width == 1 ? x : b.relane(x, {.stride = 0}, width * instances());
  if (channels == 1) {
    // outer copies, one channel: [outer] to [outer][count][width]
    return plain ? repeat(x, count) : b.relane(x, {.repeat = count * width}, width * instances());
  }
  x = spread(x, channels, outer);
  if (channels != width * count) x = repeat(x, count);
  return plain ? x : transpose(x, count * width, outer, 1);
}

Signal NodeLanes::out(const std::vector<Signal>& runs, uint32_t width) const {
  Builder& b = *runs[0].build;
  if (!linked) {
    Signal x = runs[0];
    return plain || x.lanes() == 1 ? x : transpose(x, outer, count * width, 1);
  }
  if (runs.size() == 1) return runs[0];
  std::vector<Signal> parts;
  for (Signal part : runs) parts.push_back(spread(part, width, 1));
  return transpose(b.stack(parts), outer, width, 1);
}

}  // namespace sinter::lowering
