// The envelope follower.
#include "families.hpp"

namespace sinter::nodes {
namespace {

void follow(NodeBuild& b) {
  const bool rms = b.text("mode") == "rms";
  Signal attack = step_for(b, b["attack"]), release = step_for(b, b["release"]);
  Signal in = b["in"], level = b.state("level");
  Signal x = rms ? in * in : abs(in);
  Signal now = level + select(x > level, attack, release) * (x - level);
  b.set(level, now);
  b.out(rms ? sqrt(now) : now);
}

}  // namespace

std::vector<NodeDef> followers() {
  return {
      {.type = "follow",
       .category = Category::stateful,
       .inputs = {audio_in(), time_port("attack", 0.01, 60, "time constant while rising"),
                  time_port("release", 0.1, 60, "time constant while falling")},
       .settings = {{.name = "mode",
                     .kind = SettingKind::choice,
                     .choices = {"peak", "rms"},
                     .doc = "of |in|, or the root of the smoothed square"}},
       .doc = "Envelope: level += a · (x - level), a = 1 - exp(-1 / (time · sr)) with the attack time where x > level, "
              "else the release time.",
       .source = "D. Giannoulis, M. Massberg, J. D. Reiss, Digital dynamic range compressor design, J. Audio Eng. Soc. "
                 "60 (2012)",
       .lower = follow},
  };
}

}  // namespace sinter::nodes
