// The passes that pipeline.cpp lists, each in the file of its name.
#pragma once

#include "sinter/passes/passes.hpp"

namespace sinter {

bool fold_constants(Ir& ir, const PassContext& context);
bool simplify(Ir& ir, const PassContext& context);
bool hash_cons(Ir& ir, const PassContext& context);
bool drop_dead(Ir& ir, const PassContext& context);
bool drop_idle(Ir& ir, const PassContext& context);
bool fuse_mul_add(Ir& ir, const PassContext& context);

}  // namespace sinter
