// PortAudio: finding devices, and one stream.
#include "sinter/host/audio_device.hpp"

#include <portaudio.h>
#if __has_include(<pa_jack.h>)
#include <pa_jack.h>
#define SINTER_JACK_NAME 1
#endif
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>

#include "lost_server.hpp"

namespace sinter::host {
namespace {

Error no_device(const std::string& message) { return {.code = Errc::no_device, .message = message}; }
Error usage(const std::string& message) { return {.code = Errc::usage, .message = message}; }

std::string lower(std::string_view text) {
  std::string all(text);
  std::transform(all.begin(), all.end(), all.begin(), [](unsigned char c) { return std::tolower(c); });
  return all;
}

// Drivers write to standard error whatever they find, straight from C; nobody can ask them all not to.
class QuietStderr {
 public:
  explicit QuietStderr(bool quiet) {
    if (!quiet) return;
    std::fflush(stderr);
    const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nowhere < 0) return;
    kept_ = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    if (kept_ >= 0) dup2(nowhere, STDERR_FILENO);
    close(nowhere);
  }
  ~QuietStderr() {
    if (kept_ < 0) return;
    dup2(kept_, STDERR_FILENO);
    close(kept_);
  }
  QuietStderr(const QuietStderr&) = delete;
  QuietStderr& operator=(const QuietStderr&) = delete;

 private:
  int kept_ = -1;
};

// What PortAudio says; where the fault is the driver's, what that says.
std::string reason(PaError error) {
  const PaHostErrorInfo* host = error == paUnanticipatedHostError ? Pa_GetLastHostErrorInfo() : nullptr;
  return host && host->errorText && *host->errorText ? host->errorText : Pa_GetErrorText(error);
}

// A running JACK server holds the hardware, and somebody has started it: it goes first.
const PaHostApiInfo* preferred_api() {
  const PaHostApiIndex jack = Pa_HostApiTypeIdToHostApiIndex(paJACK);
  const PaHostApiInfo* info = jack >= 0 ? Pa_GetHostApiInfo(jack) : nullptr;
  if (info && info->deviceCount > 0) return info;
  const PaHostApiIndex usual = Pa_GetDefaultHostApi();
  return usual >= 0 ? Pa_GetHostApiInfo(usual) : nullptr;
}

class PortAudioSystem final : public AudioSystem {
 public:
  explicit PortAudioSystem(bool verbose) : verbose_(verbose) {}
  ~PortAudioSystem() override {
    close_stream();
    const QuietStderr quiet(!verbose_);
    const LostServer lost(lost_);
    Pa_Terminate();
  }

  void list();
  const std::vector<AudioDevice>& devices() const override { return devices_; }
  Result<StreamInfo> open_stream(const StreamRequest& request, AudioClient& client) override;
  std::optional<Error> start() override {
    const QuietStderr quiet(!verbose_);
    const PaError error = Pa_StartStream(stream_);
    if (error != paNoError) return no_device("the device does not start: " + reason(error));
    started_ = true;
    return {};
  }
  bool active() const override { return stream_ && Pa_IsStreamActive(stream_) == 1; }
  void close_stream() override {
    if (!stream_) return;
    // Nobody but the driver stops a stream here: one that has stopped has lost its device.
    lost_ = started_ && !active();
    const QuietStderr quiet(!verbose_);
    const LostServer lost(lost_);
    Pa_CloseStream(stream_);
    stream_ = nullptr;
    started_ = false;
  }

 private:
  static int callback(const void* inputs, void* outputs, unsigned long frames, const PaStreamCallbackTimeInfo*,
                      PaStreamCallbackFlags flags, void* self) noexcept {
    auto* system = static_cast<PortAudioSystem*>(self);
    const bool xrun = flags & (paInputUnderflow | paInputOverflow | paOutputUnderflow | paOutputOverflow);
    system->client_->audio(static_cast<const float* const*>(inputs), static_cast<float* const*>(outputs),
                           static_cast<uint32_t>(frames), xrun);
    return paContinue;
  }
  Result<int> pick(const std::string& text, bool output) const;
  Result<StreamInfo> described(const StreamRequest& request, int input, int output, PaError opened) const;

  bool verbose_;
  bool started_ = false, lost_ = false;
  std::vector<AudioDevice> devices_;
  PaStream* stream_ = nullptr;
  AudioClient* client_ = nullptr;
  StreamInfo info_;
};

void PortAudioSystem::list() {
  const PaHostApiInfo* preferred = preferred_api();
  for (int index = 0; index < Pa_GetDeviceCount(); ++index) {
    const PaDeviceInfo* info = Pa_GetDeviceInfo(index);
    const PaHostApiInfo* api = Pa_GetHostApiInfo(info->hostApi);
    devices_.push_back({.index = index,
                        .name = info->name,
                        .api = api->name,
                        .inputs = static_cast<uint32_t>(std::max(info->maxInputChannels, 0)),
                        .outputs = static_cast<uint32_t>(std::max(info->maxOutputChannels, 0)),
                        .rate = info->defaultSampleRate,
                        .input_latency = info->defaultLowInputLatency,
                        .output_latency = info->defaultLowOutputLatency,
                        .default_input = preferred && preferred->defaultInputDevice == index,
                        .default_output = preferred && preferred->defaultOutputDevice == index});
  }
}

Result<int> PortAudioSystem::pick(const std::string& text, bool output) const {
  if (!text.empty()) return find_device(devices_, text, output);
  for (const AudioDevice& device : devices_)
    if (output ? device.default_output : device.default_input) return device.index;
  if (!output) return -1;
  return no_device(devices_.empty() ? "there is no audio device; `sinter devices` says what to do"
                                    : "there is no device that plays");
}

PaStreamParameters parameters(const AudioDevice& device, uint32_t channels, bool output) {
  PaStreamParameters all{};
  all.device = device.index;
  all.channelCount = static_cast<int>(channels);
  all.sampleFormat = paFloat32 | paNonInterleaved;
  all.suggestedLatency = output ? device.output_latency : device.input_latency;
  return all;
}

Result<StreamInfo> PortAudioSystem::open_stream(const StreamRequest& request, AudioClient& client) {
  close_stream();
  const Result<int> output = pick(request.output, true);
  if (!output) return output.errors();
  const Result<int> input = request.inputs ? pick(request.input, false) : Result<int>(-1);
  if (!input) return input.errors();
  const AudioDevice& out = devices_[static_cast<size_t>(*output)];
  info_ = {.output = out.name, .api = out.api, .outputs = std::min(request.outputs, out.outputs)};
  const PaStreamParameters to = parameters(out, info_.outputs, true);
  PaStreamParameters from{};
  if (*input >= 0) {
    const AudioDevice& in = devices_[static_cast<size_t>(*input)];
    info_.input = in.name;
    info_.inputs = std::min(request.inputs, in.inputs);
    from = parameters(in, info_.inputs, false);
  }
  info_.rate = request.rate > 0 ? request.rate : out.rate;
  client_ = &client;
  const QuietStderr quiet(!verbose_);
  const PaError opened = Pa_OpenStream(&stream_, *input >= 0 ? &from : nullptr, &to, info_.rate, request.block,
                                       paClipOff | paDitherOff, callback, this);
  if (opened != paNoError) stream_ = nullptr;
  return described(request, *input, *output, opened);
}

Result<StreamInfo> PortAudioSystem::described(const StreamRequest& request, int input, int output,
                                              PaError opened) const {
  const AudioDevice& device = devices_[static_cast<size_t>(output)];
  const std::string names = input >= 0 && info_.input != device.name
                                ? "'" + info_.input + "' with '" + device.name + "'"
                                : "'" + device.name + "'";
  if (opened == paInvalidSampleRate && request.rate > 0)
    return usage(names + " (" + device.api + ") does not run at " + std::to_string(std::lround(request.rate)) +
                 " Hz; its own rate is " + std::to_string(std::lround(device.rate)) + " Hz");
  if (opened == paBadIODeviceCombination)
    return usage(names + " cannot be used together; choose --in and --out of one kind, see `sinter devices`");
  if (opened != paNoError)
    return no_device("cannot open " + names + " (" + device.api + "): " + reason(opened) +
                     "; it may be busy or gone, see `sinter devices`");
  StreamInfo info = info_;
  if (const PaStreamInfo* stream = Pa_GetStreamInfo(stream_)) {
    info.input_latency = stream->inputLatency;
    info.output_latency = stream->outputLatency;
    // Some drivers tell 44,099.98: the difference is the clock's, not a rate of its own.
    if (std::fabs(stream->sampleRate - info.rate) > 1) info.rate = stream->sampleRate;
  }
  return info;
}

std::string listed(const std::vector<const AudioDevice*>& devices) {
  std::string all;
  for (const AudioDevice* device : devices)
    all += (all.empty() ? "" : ", ") + std::to_string(device->index) + " '" + device->name + "' (" + device->api + ")";
  return all;
}

}  // namespace

Result<int> find_device(const std::vector<AudioDevice>& devices, std::string_view text, bool output) {
  const std::string word = output ? "plays" : "records";
  const auto usable = [&](const AudioDevice& device) { return (output ? device.outputs : device.inputs) > 0; };
  int number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed == std::errc() && end == text.data() + text.size()) {
    for (const AudioDevice& device : devices)
      if (device.index == number && usable(device)) return number;
    return usage("device " + std::string(text) + " is none that " + word + "; see `sinter devices`");
  }
  std::vector<const AudioDevice*> whole, part;
  for (const AudioDevice& device : devices) {
    if (!usable(device)) continue;
    const std::string full = lower(device.api + ": " + device.name);
    if (lower(device.name) == lower(text) || full == lower(text)) whole.push_back(&device);
    if (full.find(lower(text)) != std::string::npos) part.push_back(&device);
  }
  const std::vector<const AudioDevice*>& found = whole.empty() ? part : whole;
  if (found.size() == 1) return found[0]->index;
  if (found.empty())
    return no_device("no device that " + word + " has '" + std::string(text) + "' in its name; see `sinter devices`");
  return usage("'" + std::string(text) + "' is in the name of several devices: " + listed(found) + "; give a number");
}

Result<std::unique_ptr<AudioSystem>> AudioSystem::open(bool verbose) {
  const QuietStderr quiet(!verbose);
#ifdef SINTER_JACK_NAME
  PaJack_SetClientName("sinter");
#endif
  if (const PaError error = Pa_Initialize(); error != paNoError)
    return no_device("the system's audio does not start: " + reason(error));
  auto system = std::make_unique<PortAudioSystem>(verbose);
  system->list();
  return std::unique_ptr<AudioSystem>(std::move(system));
}

}  // namespace sinter::host
